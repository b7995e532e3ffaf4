import { parseArgs } from "node:util";
import { sealEvents, verifyTrail, type Verification } from "../audit/index.ts";
import { loadConfig, type ProcessInputs } from "../config/index.ts";
import type { Database } from "../db/index.ts";
import { openCommandStorage } from "./open-storage.ts";

/** How `entrepot verify` is written. */
export const VERIFY_USAGE = `Usage: entrepot verify [--head HASH] [--json] [--data FOLDER] [--config FILE]
Checks that no event of the audit trail was changed, removed or inserted, and that each change has its own,
whether or not the server runs. Seals what is not sealed yet. Exits with 1 when something is wrong, and
names the first event that does not fit, or the first change without one.
  --head HASH   also check that this hash, which an earlier run printed, is still in the trail: without
                it a trail whose end was cut off, or that was written anew, cannot be told from a whole one
Works on the database named by the configuration.
`;

const HASH = /^[0-9a-f]{64}$/;
const PROGRESS_EVENTS = 100_000;
const OPTIONS = {
  head: { type: "string" },
  json: { type: "boolean", default: false },
  data: { type: "string" },
  config: { type: "string" },
} as const;

/** Runs `entrepot verify`; gives the exit code. */
export async function runVerifyCommand(inputs: ProcessInputs): Promise<number> {
  const words = wordsOf(inputs.argv);
  if (typeof words === "string") {
    process.stderr.write(`entrepot: ${words}\n${VERIFY_USAGE}`);
    return 2;
  }
  const config = loadConfig({ ...inputs, argv: words.configWords });
  const storage = await openCommandStorage(config, { makesDatabase: false, usesBlobs: false });
  try {
    const result = await verifyTrail(storage.db, {
      isSealed: await isSealed(storage.db),
      wantedHead: words.head,
      onProgress: (events) => {
        const isDue = events > 0 && events % PROGRESS_EVENTS === 0;
        if (isDue) process.stderr.write(`${events} events fit so far\n`);
      },
    });
    const isWhole = result.fault === null && result.hasWantedHead !== false;
    process.stdout.write(words.json ? `${JSON.stringify({ isWhole, ...result })}\n` : textOf(result));
    return isWhole ? 0 : 1;
  } finally {
    await storage.close();
  }
}

/** Seals what a server left; says why when the database did not let it, which is no reason not to look. */
async function isSealed(db: Database): Promise<boolean> {
  try {
    await sealEvents(db);
    return true;
  } catch (error) {
    process.stderr.write(`entrepot: the end of the trail could not be sealed: ${String(error)}\n`);
    return false;
  }
}

interface Words {
  head: string | null;
  json: boolean;
  configWords: string[];
}

/** The words of the command, or what is wrong with them. */
function wordsOf(argv: readonly string[]): Words | string {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS });
    const { head = null, json, ...places } = values;
    if (head !== null && !HASH.test(head)) return "--head takes a hash as this command prints it.";
    return { head, json, configWords: Object.entries(places).map(([name, value]) => `--${name}=${value}`) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("ERR_PARSE_ARGS_") !== true) throw error;
    return message;
  }
}

function textOf({ events, unsealed, head, fault, hasWantedHead }: Verification): string {
  const lines = [`events that fit: ${events}`, `head: ${head}`];
  if (unsealed > 0) lines.push(`not sealed yet: ${unsealed}`);
  if (fault !== null) {
    const what = fault.of === "event" ? "does not fit" : "has no event";
    lines.push(`The ${fault.of} ${fault.seq} (${fault.kind}, ${fault.at}) ${what}. ${fault.reason}`);
  }
  if (hasWantedHead === false) {
    lines.push(
      "The hash given with --head is not in the trail: its end was cut off, or it was written anew.",
    );
  } else if (fault === null) {
    lines.push("The audit trail is whole.");
  }
  return `${lines.join("\n")}\n`;
}
