import { part } from "../api.ts";
import { given, textOption, textOptions } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";
import { usageFailure } from "../failure.ts";

const REGISTRY: OptionSpec = {
  type: "string",
  value: "NAME",
  what: "Only in this registry; in all when left out.",
};
const COLUMNS = ["registry", "advisory", "type", "isInForce", "expiresAt", "comment", "setBy", "setAt"];
const SCORES_COUNT = 4;

function pathOf({ options }: CommandContext, advisory: string): string {
  const registry = textOption(options, "registry");
  const place = registry === undefined ? "" : `/registries/${part(registry)}`;
  return `${place}/assessments/${part(advisory)}`;
}

/** Null: never; undefined: as the type says. */
function untilOf({ options }: CommandContext): string | null | undefined {
  const text = textOption(options, "until");
  if (text === undefined) return undefined;
  if (text === "never") return null;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw usageFailure(`"${text}" is no time; write a day such as 2027-03-31, or never.`);
}

async function assess(context: CommandContext): Promise<void> {
  const { words, options, api, print } = context;
  const [advisory = ""] = words;
  const [type, comment] = [textOption(options, "as"), textOption(options, "comment")];
  if (type === undefined) {
    throw usageFailure("Say as what: --as monitor, remediate, contain, or a type of your own.");
  }
  if (comment === undefined) {
    throw usageFailure('Say why, such as --comment "We never call that function".');
  }
  const body = given({ type, comment, until: untilOf(context) });
  const result = await api.call<{ expiresAt: string | null }>("PUT", pathOf(context, advisory), body);
  const end = result.expiresAt === null ? "" : ` until ${result.expiresAt}`;
  print.done(`${advisory} is assessed as ${type}${end}.`, result);
}

async function list({ api, print }: CommandContext): Promise<void> {
  print.list(await api.list("/assessments"), COLUMNS);
}

async function remove(context: CommandContext): Promise<void> {
  const [advisory = ""] = context.words;
  await context.api.call("DELETE", pathOf(context, advisory));
  context.print.done(`${advisory} counts as not assessed.`, { advisory, removed: true });
}

async function types({ api, print }: CommandContext): Promise<void> {
  print.list(await api.list("/assessment-types"), ["name", "colour", "severity", "days", "isBuiltIn"]);
}

function daysOf({ options }: CommandContext): number | undefined {
  const text = textOption(options, "days");
  if (text === undefined || /^[1-9]\d*$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usageFailure(`"${text}" is no number of days.`);
}

async function setType(context: CommandContext): Promise<void> {
  const { words, options, api, print } = context;
  const [name = ""] = words;
  const body = given({
    severity: textOption(options, "severity"),
    colour: textOption(options, "colour"),
    days: daysOf(context),
  });
  const result = await api.call("PUT", `/assessment-types/${part(name)}`, body);
  print.done(`Advisories can be assessed as ${name}.`, result);
}

async function removeType({ words: [name = ""], api, print }: CommandContext): Promise<void> {
  await api.call("DELETE", `/assessment-types/${part(name)}`);
  print.done(`${name} is gone.`, { name, removed: true });
}

async function risk(context: CommandContext): Promise<void> {
  const { api, print, options } = context;
  const before = await api.call<Record<string, unknown>>("GET", "/risk-profile");
  const changes = given({
    scores: scoresOf(context),
    epssRaise: numberOrNever(context, "epss-raise"),
    exploitedLeast: numberOrNever(context, "exploited-least") ?? undefined,
    unknownAs: textOption(options, "unknown-as"),
    automatic: automaticOf(context),
  });
  if (Object.keys(changes).length === 0) return print.one(before);
  const profile = await api.call<Record<string, unknown>>("PUT", "/risk-profile", { ...before, ...changes });
  print.done("Advisories are sorted by the new profile.", profile);
}

function scoresOf({ options }: CommandContext): number[] | undefined {
  const text = textOption(options, "scores");
  const scores = text?.split(",").map(Number);
  if (scores === undefined || (scores.length === SCORES_COUNT && !scores.some(Number.isNaN))) return scores;
  throw usageFailure("--scores takes the least scores of the categories 2, 3, 4 and 5, such as 2,4,7,9.");
}

function automaticOf({ options }: CommandContext): Record<string, string> | undefined {
  const texts = textOptions(options, "automatic");
  if (texts === undefined || texts.includes("none")) return texts && {};
  const pairs = texts.map((text) => /^([1-5])=(.+)$/.exec(text));
  if (pairs.includes(null)) {
    throw usageFailure("--automatic is a category and a type, such as 1=monitor, or none.");
  }
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
}

function numberOrNever({ options }: CommandContext, name: string): number | null | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  if (text === "never") return null;
  const value = Number(text);
  if (!Number.isNaN(value)) return value;
  throw usageFailure(`--${name} takes a number, not "${text}".`);
}

/** `entrepot assess`, `entrepot assessments …`. */
export const ASSESS_COMMANDS: readonly ClientCommand[] = [
  {
    name: "assess",
    summary: "Say what becomes of an advisory: monitor, remediate or contain.",
    words: ["<advisory>"],
    options: {
      as: { type: "string", value: "TYPE", what: "monitor, remediate, contain, or a type of your own." },
      comment: { type: "string", value: "TEXT", what: "Why." },
      registry: REGISTRY,
      until: {
        type: "string",
        value: "TIME",
        what: "When it ends, such as 2027-03-31, or never; as the type says when left out.",
      },
    },
    run: assess,
  },
  {
    name: "assessments list",
    summary: "List what was assessed, as what, and until when.",
    words: [],
    options: {},
    run: list,
  },
  {
    name: "assessments remove",
    summary: "Let an advisory count as not assessed again.",
    words: ["<advisory>"],
    options: { registry: REGISTRY },
    run: remove,
  },
  {
    name: "assessments types",
    summary: "List as what advisories can be assessed.",
    words: [],
    options: {},
    run: types,
  },
  {
    name: "assessments set-type",
    summary: "Make a type up, or change one.",
    words: ["<type>"],
    options: {
      severity: {
        type: "string",
        value: "WORD",
        what: "Counts instead of the advisory's own; none: it does not count at all.",
      },
      days: { type: "string", value: "DAYS", what: "How long such an assessment lasts." },
      colour: { type: "string", value: "#RRGGBB", what: "How it is shown." },
    },
    run: setType,
  },
  {
    name: "assessments remove-type",
    summary: "Remove a type that was made up and is not in use.",
    words: ["<type>"],
    options: {},
    run: removeType,
  },
  {
    name: "advisories risk",
    summary: "Show or change by what advisories are sorted into the risk categories 1 to 5.",
    words: [],
    options: {
      "scores": { type: "string", value: "A,B,C,D", what: "Least scores of the categories 2, 3, 4 and 5." },
      "epss-raise": { type: "string", value: "0..1", what: "EPSS percentile that raises by one, or never." },
      "exploited-least": { type: "string", value: "1..5", what: "Least category of what is exploited." },
      "automatic": {
        type: "string",
        multiple: true,
        value: "N=TYPE",
        what: "As what those of a category count that nobody assessed; may be repeated, or none.",
      },
      "unknown-as": { type: "string", value: "WORD", what: "Severity of what has none." },
    },
    run: risk,
  },
];
