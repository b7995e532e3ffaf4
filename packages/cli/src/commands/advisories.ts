import { createReadStream } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { part } from "../api.ts";
import { given, switchOption, textOption, textOptions } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";
import { CommandFailure, EXIT, usageFailure } from "../failure.ts";
import { readText } from "../read-text.ts";
import { packageWord } from "./package-word.ts";

const RECORD_BYTES_MAX = 200_000;
const POLL_MS = 500;
const WAIT_MS_MAX = 30 * 60 * 1000;
const COLUMNS = ["package", "id", "kind", "severity", "score", "risk", "summary", "withdrawnAt", "feed"];

interface Page {
  items: Record<string, unknown>[];
}

async function status({ api, print, io }: CommandContext): Promise<void> {
  const { feeds, alarms, ...rest } = await api.call<{
    feeds: Record<string, unknown>[];
    alarms: string[];
  }>("GET", "/advisories/status");
  if (print.asJson) return print.one({ ...rest, feeds, alarms });
  print.one(rest);
  io.out("\n");
  print.list(feeds, ["name", "kind", "records", "checkedAt", "newestAt", "failedAt", "failure"]);
  for (const alarm of alarms) io.err(`Alarm: ${alarm}\n`);
}

async function sync({ options, api, print }: CommandContext): Promise<void> {
  const body = given({
    full: switchOption(options, "full"),
    acceptShrink: switchOption(options, "accept-shrink"),
  });
  const job = await api.call<{ id: string }>("POST", "/advisories/sync", body);
  if (switchOption(options, "wait") !== true) {
    return print.done(
      "The feeds are asked in the background; entrepot advisories status tells how it went.",
      job,
    );
  }
  const lines = await linesOfEnded({ api }, job.id);
  print.done(lines.join("\n"), { ...job, lines });
}

async function linesOfEnded({ api }: Pick<CommandContext, "api">, id: string): Promise<string[]> {
  for (let waitedMs = 0; waitedMs < WAIT_MS_MAX; waitedMs += POLL_MS) {
    const { items } = await api.call<{ items: { id: string; state: string; lastError: string | null }[] }>(
      "GET",
      "/jobs?kind=sync-advisories&limit=200",
    );
    const job = items.find((one) => one.id === id);
    if (job?.state === "failed") throw new CommandFailure(EXIT.refused, job.lastError ?? "The sync failed.");
    if (job?.state === "done") {
      const lines = await api.call<{ items: { text: string }[] }>("GET", `/jobs/${part(id)}/lines`);
      return lines.items.map(({ text }) => text);
    }
    await delay(POLL_MS);
  }
  throw new CommandFailure(
    EXIT.refused,
    "The sync takes very long; entrepot advisories status tells how it went.",
  );
}

/** Ids begin with capitals and a hyphen, which the names of packages do not. */
function isId(word: string): boolean {
  return /^[A-Z][A-Z0-9]*-\S+$/.test(word) && !word.includes("@");
}

async function showWord(context: CommandContext, word: string, at: string | undefined): Promise<void> {
  const { api, print } = context;
  const query = new URLSearchParams(at === undefined ? {} : { at });
  if (!isId(word)) {
    const { name, range } = packageWord(word);
    query.set("package", name);
    if (range !== "*") query.set("version", range);
    const { items } = await api.call<Page>("GET", `/advisories?${query.toString()}`);
    return print.list(print.asJson ? items : items.map(withCategory), COLUMNS);
  }
  const text = query.toString();
  const { items } = await api.call<Page>("GET", `/advisories/${part(word)}${text === "" ? "" : `?${text}`}`);
  if (print.asJson) return print.list(items, COLUMNS);
  for (const { packages, ...advisory } of items) {
    const names = (packages as { name: string }[]).map(({ name }) => name);
    const { reasons } = (advisory["risk"] ?? {}) as Risk;
    print.one({ ...withCategory(advisory), riskReasons: reasons ?? [], packages: names });
  }
}

interface Risk {
  category?: number;
  reasons?: string[];
}

function withCategory(advisory: Record<string, unknown>): Record<string, unknown> {
  const { category } = (advisory["risk"] ?? {}) as Risk;
  return { ...advisory, risk: category ?? null };
}

async function show(context: CommandContext): Promise<void> {
  await showWord(context, context.words[0] ?? "", undefined);
}

async function showAt(context: CommandContext): Promise<void> {
  await showWord(context, context.words[1] ?? "", context.words[0]);
}

async function add(context: CommandContext): Promise<void> {
  const { words, options, api, print, io } = context;
  const file = textOption(options, "file");
  const isBoth = file !== undefined && words.length > 0;
  if (isBoth) throw usageFailure("A record from a file names its package itself.");
  const body = file === undefined ? shortOf(context) : { osv: await osvOf(context, file) };
  const result = await api.call<{ id: string }>("POST", "/advisories/own", body);
  if (!print.asJson) io.out(`${result.id}\n`);
  else print.one(result);
}

function shortOf({ words: [word], options }: CommandContext): Record<string, unknown> {
  if (word === undefined) throw usageFailure("Name the package, or give a record with --file.");
  const { name, range } = packageWord(word);
  const summary = textOption(options, "summary");
  if (summary === undefined) {
    throw usageFailure('Say what it is about, such as --summary "It sends tokens to a stranger".');
  }
  return given({
    id: textOption(options, "id"),
    package: name,
    range: range === "*" ? undefined : range,
    summary,
    severity: textOption(options, "severity"),
    malware: switchOption(options, "malware"),
    aliases: textOptions(options, "alias"),
    url: textOption(options, "url"),
  });
}

async function osvOf({ io }: CommandContext, file: string): Promise<unknown> {
  const text = await readText(io, file === "-" ? file : resolve(io.folder, file), RECORD_BYTES_MAX);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw usageFailure(`${file} is not JSON.`);
  }
}

async function remove({ words: [id = ""], api, print }: CommandContext): Promise<void> {
  await api.call("DELETE", `/advisories/own/${part(id)}`);
  print.done(`${id} is gone.`, { id, removed: true });
}

async function list({ api, print }: CommandContext): Promise<void> {
  const { items } = await api.call<Page>("GET", "/advisories/own");
  print.list(items, ["id", "kind", "packages", "summary", "createdBy", "updatedAt"]);
}

async function epochs({ api, print }: CommandContext): Promise<void> {
  const { items } = await api.call<Page>("GET", "/advisories/epochs");
  print.list(items, ["epoch", "createdAt", "origin", "createdBy", "advisories", "packages"]);
}

async function rollback({ words: [word = ""], api, print }: CommandContext): Promise<void> {
  const epoch = Number(word);
  if (!Number.isInteger(epoch) || epoch < 1) throw usageFailure(`"${word}" is not the number of an epoch.`);
  const result = await api.call("POST", "/advisories/rollback", { epoch });
  print.done(
    `What feeds said in epoch ${epoch} counts again, until entrepot advisories sync is run.`,
    result,
  );
}

async function exportBundle({ words: [file = ""], api, print, io }: CommandContext): Promise<void> {
  const path = resolve(io.folder, file);
  const target = await open(path, "wx", 0o600).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw usageFailure(code === "EEXIST" ? `${file} is there already.` : `${file} cannot be written.`);
  });
  let sizeBytes = 0;
  try {
    await api.download("/advisories/bundle", async (bytes) => {
      sizeBytes += bytes.length;
      await target.writeFile(bytes);
    });
  } catch (error) {
    await target.close();
    await rm(path);
    throw error;
  }
  await target.close();
  print.done(`${file} has ${sizeBytes} bytes.`, { file: path, sizeBytes });
}

async function importBundle({ words: [file = ""], options, api, print, io }: CommandContext): Promise<void> {
  const path = resolve(io.folder, file);
  await stat(path).catch(() => {
    throw usageFailure(`${file} cannot be read.`);
  });
  const query = new URLSearchParams();
  const trust = textOption(options, "trust");
  if (trust !== undefined) query.set("trust", trust);
  if (switchOption(options, "accept-shrink") === true) query.set("acceptShrink", "true");
  if (switchOption(options, "accept-older") === true) query.set("acceptOlder", "true");
  const bytes = Readable.toWeb(createReadStream(path)) as unknown as ReadableStream<Uint8Array>;
  const text = query.toString();
  const result = await api.upload(`/advisories/bundle${text === "" ? "" : `?${text}`}`, bytes);
  print.done(
    `${String(result["advisories"])} advisories are in force, of ${String(result["bundleCreatedAt"])}.`,
    result,
  );
}

const SHRINK: OptionSpec = { type: "boolean", what: "Takes a feed that has become empty or much smaller." };

/** `entrepot advisories …`. */
export const ADVISORY_COMMANDS: readonly ClientCommand[] = [
  {
    name: "advisories status",
    summary: "Show the feeds of advisories, how old they are, and what is wrong with them.",
    words: [],
    options: {},
    run: status,
  },
  {
    name: "advisories sync",
    summary: "Ask the feeds for what is new; ends the hold of a rollback.",
    words: [],
    options: {
      "full": { type: "boolean", what: "Reads every feed whole." },
      "accept-shrink": SHRINK,
      "wait": { type: "boolean", what: "Waits for the end and shows what was said." },
    },
    run: sync,
  },
  {
    name: "advisories show",
    summary: "Show what is known of a package, a version of it, or by an id such as CVE-2021-23337.",
    words: ["<package[@version]|id>"],
    options: {},
    run: show,
  },
  {
    name: "advisories at",
    summary: "Show what was known at a time, such as 2026-05-01.",
    words: ["<time>", "<package[@version]|id>"],
    options: {},
    run: showAt,
  },
  {
    name: "advisories add",
    summary: "Write an advisory of your own; it counts at once.",
    words: ["[package[@range]]"],
    options: {
      summary: { type: "string", value: "TEXT", what: "One line that says what is wrong." },
      severity: { type: "string", value: "WORD", what: "none, low, moderate, high or critical." },
      malware: { type: "boolean", what: "The versions are malicious." },
      alias: { type: "string", multiple: true, value: "ID", what: "Another id of it; may be repeated." },
      url: { type: "string", value: "URL", what: "Page with details." },
      id: { type: "string", value: "ID", what: "Its id; made up when left out." },
      file: {
        type: "string",
        value: "FILE",
        what: "A record in OSV's format instead; - reads it from input.",
      },
    },
    run: add,
  },
  {
    name: "advisories list",
    summary: "List the advisories that were written here.",
    words: [],
    options: {},
    run: list,
  },
  {
    name: "advisories remove",
    summary: "Take an advisory that was written here away.",
    words: ["<id>"],
    options: {},
    run: remove,
  },
  {
    name: "advisories epochs",
    summary: "List the states of the data that are kept.",
    words: [],
    options: {},
    run: epochs,
  },
  {
    name: "advisories rollback",
    summary: "Let what feeds said in a former epoch count again, and hold that.",
    words: ["<epoch>"],
    options: {},
    run: rollback,
  },
  {
    name: "advisories export",
    summary: "Write all feeds into one signed file, for a server without a network.",
    words: ["<file>"],
    options: {},
    run: exportBundle,
  },
  {
    name: "advisories import",
    summary: "Take the feeds of a signed file over.",
    words: ["<file>"],
    options: {
      "trust": { type: "string", value: "FINGERPRINT", what: "One more key to trust, this time." },
      "accept-shrink": SHRINK,
      "accept-older": { type: "boolean", what: "Takes a file that is older than the last one." },
    },
    run: importBundle,
  },
];
