import { part } from "../api.ts";
import { textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { versionWord } from "./package-word.ts";
import { ONLY_REGISTRY, versionPath } from "./version-path.ts";

const SETTABLE = ["blocked", "allowed", "deprecated", "unlisted"];

async function set(context: CommandContext): Promise<void> {
  const {
    words: [status = "", word = ""],
    options,
    api,
    print,
  } = context;
  if (!SETTABLE.includes(status)) {
    throw usageFailure(`A status is blocked, allowed, deprecated or unlisted, not "${status}".`);
  }
  const path = `${versionPath(context, word)}/status`;
  const reason = textOption(options, "reason");
  if (reason === undefined && status !== "unlisted") {
    throw usageFailure(
      'Give the reason, such as --reason "it steals tokens"; people who are refused or warned will read it.',
    );
  }
  const result = await api.call("PUT", path, { status, reason: reason ?? "" });
  print.done(`${word} is ${status}.`, result);
}

async function clear(context: CommandContext): Promise<void> {
  const {
    words: [word = ""],
    options,
    api,
    print,
  } = context;
  const status = textOption(options, "status");
  const query = status === undefined ? "" : `?status=${part(status)}`;
  await api.call("DELETE", `${versionPath(context, word)}/status${query}`);
  const done =
    status === undefined ? `${word} has no status any more.` : `${word} is not ${status} any more.`;
  print.done(done, { ...versionWord(word), cleared: true });
}

async function list({ api, print }: CommandContext): Promise<void> {
  print.list(await api.list("/statuses"), [
    "registry",
    "name",
    "version",
    "status",
    "reason",
    "setBy",
    "setAt",
  ]);
}

/** `entrepot status …`. */
export const STATUS_COMMANDS: readonly ClientCommand[] = [
  {
    name: "status set",
    summary: "Block a version, allow it whatever other rules say, have clients warn of it, or unlist it.",
    words: ["<blocked|allowed|deprecated|unlisted>", "<package@version>"],
    options: {
      registry: ONLY_REGISTRY,
      reason: { type: "string", value: "TEXT", what: "Why; shown to who is refused or warned." },
    },
    run: set,
  },
  {
    name: "status clear",
    summary: "Take away what was said of a version.",
    words: ["<package@version>"],
    options: {
      registry: ONLY_REGISTRY,
      status: {
        type: "string",
        value: "STATUS",
        what: "Only this one, such as deprecated; all when left out.",
      },
    },
    run: clear,
  },
  {
    name: "status list",
    summary: "List the versions that are blocked, held, allowed, deprecated or unlisted.",
    words: [],
    options: {},
    run: list,
  },
];
