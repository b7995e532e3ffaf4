import { parseArgs } from "node:util";

const FLAGS = {
  "only": { type: "string" },
  "peers": { type: "string" },
  "seconds": { type: "string" },
  "rounds": { type: "string" },
  "packages": { type: "string" },
  "grow-to": { type: "string" },
  "documents": { type: "string" },
  "workload": { type: "string" },
  "lockfile": { type: "string" },
  "subject": { type: "string" },
  "server-core": { type: "string" },
  "client-core": { type: "string" },
  "per-core-second": { type: "boolean" },
  "quick": { type: "boolean" },
  "json": { type: "boolean" },
  "list": { type: "boolean" },
  "help": { type: "boolean", short: "h" },
};

export const USAGE = `npm run bench -- [options]

  --only a,b          scenarios to run (--list names them)
  --peers a,b         competitors: entrepot, node-http, nginx, verdaccio
  --seconds N         length of one throughput measurement (3; with --quick 1)
  --rounds N          rounds in which all competitors are measured in turn (3; with --quick 1)
  --quick             short runs and small counts: proves that everything works, not how fast it is
  --packages N        packages in the store for "start" (1000; with --quick 100)
  --grow-to N         packages at the far end of "growth" (5000; with --quick 300)
  --documents N       documents for "distinct-reads" (10000; with --quick 500)
  --workload id       recorded install for "replay": large or small (large; with --quick small)
  --lockfile DIR      folder with package.json and a lockfile; switches "real-install" on
  --subject id        the competitor whose ratios are printed (entrepot)
  --server-core N     core of the servers (0)      --client-core N   core of everything else (1)
  --per-core-second   count answers per second of the server's own processor time: on a machine that is busy
                      with other work these ratios still hold, where those of answers per second do not
  --json              print the result as JSON instead of the table
  --list              list the scenarios and competitors and stop
`;

/**
 * @typedef {object} Options
 * @property {string[] | null} only
 * @property {string[]} peers
 * @property {number} seconds       length of one throughput measurement
 * @property {number} warmSeconds   length of the warm-up before the first of them
 * @property {number} rounds
 * @property {number} packages
 * @property {number} growTo
 * @property {number} documents
 * @property {string} workload
 * @property {string | null} lockfile
 * @property {string} subject
 * @property {number} serverCore
 * @property {number} clientCore
 * @property {boolean} perCoreSecond
 * @property {boolean} quick
 * @property {boolean} json
 * @property {boolean} list
 * @property {boolean} help
 */

/**
 * Reads the command line. Throws an `Error` whose text names the flag and what it takes.
 *
 * @param {string[]} argv  what follows the script's name
 * @returns {Options}
 */
export function readOptions(argv) {
  const { values } = parseArgs({ args: argv, options: FLAGS, allowPositionals: false });
  const quick = values.quick === true;
  return {
    ...counts(values, quick),
    ...texts(values, quick),
    warmSeconds: quick ? 1 : 2,
    quick,
    perCoreSecond: values["per-core-second"] === true,
    json: values.json === true,
    list: values.list === true,
    help: values.help === true,
  };
}

function counts(values, quick) {
  return {
    seconds: count(values, "seconds", quick ? 1 : 3),
    rounds: count(values, "rounds", quick ? 1 : 3),
    packages: count(values, "packages", quick ? 100 : 1_000),
    growTo: count(values, "grow-to", quick ? 300 : 5_000),
    documents: count(values, "documents", quick ? 500 : 10_000),
    serverCore: count(values, "server-core", 0),
    clientCore: count(values, "client-core", 1),
  };
}

function texts(values, quick) {
  return {
    only: values.only === undefined ? null : list(values.only),
    peers: list(values.peers ?? "entrepot,node-http,nginx,verdaccio"),
    workload: values.workload ?? (quick ? "small" : "large"),
    lockfile: values.lockfile ?? null,
    subject: values.subject ?? "entrepot",
  };
}

function list(text) {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function count(values, flag, fallback) {
  if (values[flag] === undefined) return fallback;
  const number = Number(values[flag]);
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${flag} takes a whole number`);
  return number;
}
