import { part } from "../api.ts";
import { given, textOption, textOptions } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec, OptionValues } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { packageWord } from "./package-word.ts";

interface ListEntry {
  packages: string;
  range: string;
  reason: string;
}

interface PolicyDocument {
  profile: string | null;
  rules: { rule: string; packages: string | null; options: { entries?: ListEntry[] } }[];
}

const REGISTRY: OptionSpec = {
  type: "string",
  value: "NAME",
  what: "In this registry; for the whole workspace when left out.",
};
const PACKAGE: OptionSpec = {
  type: "string",
  value: "PATTERN",
  what: "Only for this name, @scope/* or prefix-*.",
};
const LISTS = ["deny-list", "allow-only"];

function placeOf(options: OptionValues): string {
  const registry = textOption(options, "registry");
  return registry === undefined ? "/policy" : `/registries/${part(registry)}/policy`;
}

async function show({ options, api, print }: CommandContext): Promise<void> {
  const name = textOption(options, "package");
  const query = name === undefined ? "" : `?package=${part(name)}`;
  const policy = await api.call<{ rules: object[]; profile: string; warnings?: unknown }>(
    "GET",
    `${placeOf(options)}${query}`,
  );
  if (print.asJson) return print.one(policy);
  print.list(policy.rules, ["rule", "mode", "options", "from"]);
  print.done(`The profile is ${policy.profile}.`, policy);
}

/** Sets the member of a path such as `fastTrack.hours`; values are JSON, and text where they are not. */
function optionsOf(options: OptionValues): Record<string, unknown> | undefined {
  const words = textOptions(options, "option");
  if (words === undefined) return undefined;
  const found = new Map<string, unknown>();
  for (const word of words) {
    const [path, text] = splitOnce(word, "=");
    const [name, member] = splitOnce(path, ".");
    if (text === undefined || name === "") throw usageFailure(`--option takes name=value, not "${word}".`);
    found.set(
      name,
      member === undefined ? valueOf(text) : withMember(found.get(name), member, valueOf(text)),
    );
  }
  return Object.fromEntries(found);
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}

function withMember(before: unknown, name: string, value: unknown): Record<string, unknown> {
  const held = typeof before === "object" && before !== null ? before : {};
  return Object.fromEntries([...Object.entries(held), [name, value]]);
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function bodyOf({ words: [, mode], options }: CommandContext): Record<string, unknown> {
  const chosen = given({ mode, options: optionsOf(options) });
  if (Object.keys(chosen).length === 0) {
    throw usageFailure("Say what to choose: off, shadow or enforce, or --option name=value.");
  }
  return { ...chosen, packages: textOption(options, "package") ?? null };
}

async function set(context: CommandContext): Promise<void> {
  const {
    words: [rule = ""],
    options,
    api,
    print,
  } = context;
  const done = await api.call("PUT", `${placeOf(options)}/rules/${part(rule)}`, bodyOf(context));
  print.done(`The rule ${rule} is on ${String(done["mode"])}${placeText(options)}.`, done);
}

function placeText(options: OptionValues): string {
  const [registry, name] = [textOption(options, "registry"), textOption(options, "package")];
  return `${name === undefined ? "" : ` for ${name}`}${registry === undefined ? "" : ` in ${registry}`}`;
}

async function unset({ words: [rule = ""], options, api, print }: CommandContext): Promise<void> {
  const name = textOption(options, "package");
  const query = name === undefined ? "" : `?packages=${part(name)}`;
  const done = await api.call("DELETE", `${placeOf(options)}/rules/${part(rule)}${query}`);
  print.done(
    `Nothing is chosen for ${rule}${placeText(options)} any more: it is on ${String(done["mode"])}.`,
    done,
  );
}

async function setProfile({ words: [profile = ""], options, api, print }: CommandContext): Promise<void> {
  if (!["standard", "strict", "none"].includes(profile)) {
    throw usageFailure(`A profile is standard or strict, or none to take it away; not "${profile}".`);
  }
  const body = { profile: profile === "none" ? null : profile };
  const done = await api.call("PUT", `${placeOf(options)}/profile`, body);
  print.done(`The profile is ${String(done["profile"])}${placeText(options)}.`, done);
}

async function exportAll({ options, api, io }: CommandContext): Promise<void> {
  const document = await api.call("GET", `${placeOf(options)}/document`);
  io.out(`${JSON.stringify(document, null, 2)}\n`);
}

async function importAll({ options, api, print, io }: CommandContext): Promise<void> {
  const text = await io.readInput();
  const document = valueOf(text);
  if (typeof document !== "object" || document === null) {
    throw usageFailure("Give the policy as JSON: entrepot policy import < policy.json.");
  }
  const done = await api.call("PUT", `${placeOf(options)}/document`, document);
  print.done(`The policy${placeText(options)} is as the file says.`, done);
}

function listNamed(word: string | undefined): string {
  if (word !== undefined && LISTS.includes(word)) return word;
  throw usageFailure(`There are the lists ${LISTS.join(" and ")}, not "${word ?? ""}".`);
}

async function entriesOf({ options, api }: CommandContext, list: string): Promise<ListEntry[]> {
  const { rules } = await api.call<PolicyDocument>("GET", `${placeOf(options)}/document`);
  const own = rules.find(({ rule, packages }) => rule === list && packages === null);
  return own?.options.entries ?? [];
}

async function changeList(
  context: CommandContext,
  change: (entries: readonly ListEntry[], entry: ListEntry) => ListEntry[],
): Promise<void> {
  const {
    words: [listWord, word = ""],
    options,
    api,
    print,
  } = context;
  const list = listNamed(listWord);
  const { name: packages, range } = packageWord(word);
  const entry = { packages, range, reason: textOption(options, "reason") ?? "" };
  const entries = change(await entriesOf(context, list), entry);
  const done = await api.call("PUT", `${placeOf(options)}/rules/${list}`, { options: { entries } });
  print.done(
    `The ${list}${placeText(options)} has ${entries.length} entries and is on ${String(done["mode"])}.`,
    done,
  );
}

function isSame(one: ListEntry, other: ListEntry): boolean {
  return one.packages === other.packages && one.range === other.range;
}

async function addEntry(context: CommandContext): Promise<void> {
  await changeList(context, (entries, entry) => [...entries.filter((one) => !isSame(one, entry)), entry]);
}

async function removeEntry(context: CommandContext): Promise<void> {
  await changeList(context, (entries, entry) => {
    const kept = entries.filter((one) => !isSame(one, entry));
    if (kept.length < entries.length) return kept;
    throw usageFailure(`${entry.packages}@${entry.range} is not in the list; write it as it is there.`);
  });
}

/** `entrepot policy …`. */
export const POLICY_COMMANDS: readonly ClientCommand[] = [
  {
    name: "policy show",
    summary: "Show every rule as it stands.",
    words: [],
    options: {
      registry: REGISTRY,
      package: { ...PACKAGE, value: "NAME", what: "As it stands for this package." },
    },
    run: show,
  },
  {
    name: "policy set",
    summary: "Choose the mode or the options of a rule.",
    words: ["<rule>", "[off|shadow|enforce]"],
    options: {
      registry: REGISTRY,
      package: PACKAGE,
      option: {
        type: "string",
        multiple: true,
        value: "NAME=VALUE",
        what: "Option of the rule, such as hours=24 or fastTrack.hours=2; repeat for more.",
      },
    },
    run: set,
  },
  {
    name: "policy unset",
    summary: "Take back what was chosen for a rule.",
    words: ["<rule>"],
    options: { registry: REGISTRY, package: PACKAGE },
    run: unset,
  },
  {
    name: "policy add",
    summary: "Put versions on the deny-list or on allow-only.",
    words: ["<deny-list|allow-only>", "<package@range>"],
    options: { registry: REGISTRY, reason: { type: "string", value: "TEXT", what: "Why." } },
    run: addEntry,
  },
  {
    name: "policy remove",
    summary: "Take versions off a list.",
    words: ["<deny-list|allow-only>", "<package@range>"],
    options: { registry: REGISTRY },
    run: removeEntry,
  },
  {
    name: "policy profile",
    summary: "Choose the profile: standard, strict, or none of its own.",
    words: ["<standard|strict|none>"],
    options: { registry: REGISTRY },
    run: setProfile,
  },
  {
    name: "policy export",
    summary: "Print what is chosen here as JSON.",
    words: [],
    options: { registry: REGISTRY },
    run: exportAll,
  },
  {
    name: "policy import",
    summary: "Choose what the JSON of the standard input says, and nothing else.",
    words: [],
    options: { registry: REGISTRY },
    run: importAll,
  },
];
