import { part } from "../api.ts";
import { given, switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { ONLY_REGISTRY, versionPath } from "./version-path.ts";

const COLUMNS = ["registry", "name", "version", "status", "reason", "setBy", "setAt"];
const REFUSED_COLUMNS = ["at", "registry", "name", "version", "rule", "principal", "reason"];
const REFUSED_SHOWN = 50;

async function hold(context: CommandContext): Promise<void> {
  const {
    words: [word = ""],
    options,
    api,
    print,
  } = context;
  const reason = textOption(options, "reason");
  if (reason === undefined) {
    throw usageFailure(
      'Give the reason, such as --reason "being looked at"; people who are refused read it.',
    );
  }
  const result = await api.call("PUT", `${versionPath(context, word)}/status`, { status: "held", reason });
  print.done(`${word} is held; entrepot release ${word} ends that.`, result);
}

async function release(context: CommandContext): Promise<void> {
  const {
    words: [word = ""],
    options,
    api,
    print,
  } = context;
  const days = textOption(options, "days");
  const body = given({
    reason: textOption(options, "reason"),
    days: days === undefined ? undefined : Number(days),
  });
  const done = await api.call("POST", `${versionPath(context, word)}/release`, body);
  const text =
    done["released"] === "status"
      ? `${word} is held no longer.`
      : `Made the exception ${String(done["exception"])} from the rule ${String(done["rule"])} for ${word}.`;
  print.done(text, done);
}

async function discard(context: CommandContext): Promise<void> {
  const {
    words: [word = ""],
    options,
    api,
    print,
  } = context;
  const reason = textOption(options, "reason");
  if (reason === undefined || textOption(options, "registry") === undefined) {
    throw usageFailure("Name the registry and the reason: --registry NAME --reason TEXT.");
  }
  const done = await api.call("POST", `${versionPath(context, word)}/discard`, { reason });
  print.done(`${word} is blocked, and what was kept of it goes.`, done);
}

async function list(context: CommandContext): Promise<void> {
  const { options, api, print } = context;
  if (switchOption(options, "refused") === true) return await listRefused(context);
  const registry = textOption(options, "registry");
  const items = await api.list("/statuses");
  const held = items.filter((item) => item["status"] === "held");
  const here = held.filter(
    (item) => registry === undefined || ["*", registry].includes(String(item["registry"])),
  );
  print.list(here, COLUMNS);
}

async function listRefused({ options, api, print }: CommandContext): Promise<void> {
  const registry = textOption(options, "registry");
  const place = registry === undefined ? "" : `/registries/${part(registry)}`;
  const { items } = await api.call<{ items: object[] }>(
    "GET",
    `${place}/decisions?outcome=refused&limit=${REFUSED_SHOWN}`,
  );
  print.list(items, REFUSED_COLUMNS);
}

/** `entrepot hold`, `release`, `discard` and `holds`. */
export const HOLD_COMMANDS: readonly ClientCommand[] = [
  {
    name: "hold",
    summary: "Hold a version until somebody has looked at it.",
    words: ["<package@version>"],
    options: {
      registry: ONLY_REGISTRY,
      reason: { type: "string", value: "TEXT", what: "Why; shown to who is refused." },
    },
    run: hold,
  },
  {
    name: "release",
    summary: "Let a version go that was held by hand, or by a rule: then an exception is made.",
    words: ["<package@version>"],
    options: {
      registry: { ...ONLY_REGISTRY, what: "In this registry; needed where a rule holds it." },
      reason: { type: "string", value: "TEXT", what: "Why; needed where a rule holds it." },
      days: { type: "string", value: "N", what: "How long the exception holds; 30 when left out." },
    },
    run: release,
  },
  {
    name: "discard",
    summary: "Block a version of an upstream and give up its cached tarball.",
    words: ["<package@version>"],
    options: {
      registry: { ...ONLY_REGISTRY, what: "In this registry." },
      reason: { type: "string", value: "TEXT", what: "Why; shown to who is refused." },
    },
    run: discard,
  },
  {
    name: "holds",
    summary: "List what is held by hand, or what rules refused lately.",
    words: [],
    options: {
      registry: { ...ONLY_REGISTRY, what: "Only in this registry." },
      refused: { type: "boolean", what: `The last ${REFUSED_SHOWN} refusals instead, by rule.` },
    },
    run: list,
  },
];
