import { part } from "../api.ts";
import { given, switchOption, textOption, textOptions } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { packageWord } from "./package-word.ts";

/** An exception or a request, as the API answers it. */
interface Shown extends Record<string, unknown> {
  id: string;
  state: string;
  packages: string;
  range: string;
  expiresAt: string | null;
}

const LIST_COLUMNS = [
  "id",
  "registry",
  "packages",
  "range",
  "rules",
  "state",
  "owner",
  "expiresAt",
  "reason",
];
const WISH: Readonly<Record<string, OptionSpec>> = {
  registry: { type: "string", value: "NAME", what: "Only in this registry; in all when left out." },
  rule: {
    type: "string",
    multiple: true,
    value: "RULE",
    what: "Rule to lift; repeat for more. All that can be lifted when left out, known malware never among them.",
  },
  reason: { type: "string", value: "TEXT", what: "Why; it stays with the exception." },
  days: { type: "string", value: "N", what: "How many days it holds, 365 at most." },
  until: {
    type: "string",
    value: "DATE",
    what: "When it ends instead: YYYY-MM-DD, or a moment of ISO 8601.",
  },
};
const NOTE: Readonly<Record<string, OptionSpec>> = {
  note: { type: "string", value: "TEXT", what: "What to tell whoever asked." },
};
const FILTERS: Readonly<Record<string, OptionSpec>> = {
  registry: { type: "string", value: "NAME", what: "Only what holds in this registry." },
  package: { type: "string", value: "NAME", what: "Only what can concern this package." },
  owner: { type: "string", value: "USER", what: "Only of this user." },
};

function daysOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = Number(text);
  if (days > 0) return days;
  throw usageFailure("--days takes a number of days.");
}

function wishOf({ words: [word = ""], options }: CommandContext): Record<string, unknown> {
  const { name, range } = packageWord(word);
  const reason = textOption(options, "reason");
  if (reason === undefined) {
    throw usageFailure('Give the reason, such as --reason "it has the fix we wait for".');
  }
  return given({
    registry: textOption(options, "registry"),
    packages: name,
    range,
    rules: textOptions(options, "rule"),
    reason,
    days: daysOf(textOption(options, "days")),
    until: textOption(options, "until"),
  });
}

function lasts({ expiresAt }: Shown): string {
  return expiresAt === null ? "" : ` until ${expiresAt}`;
}

async function add(context: CommandContext): Promise<void> {
  const { options, api, print } = context;
  const wish = { ...wishOf(context), ...(switchOption(options, "never") === true ? { never: true } : {}) };
  const made = await api.call<Shown>("POST", "/exceptions", wish);
  const what = `${made.packages}@${made.range}`;
  const text = made.state === "approved" ? `${what} may pass${lasts(made)}` : `${what} waits for approval`;
  print.done(`${text}: exception ${made.id}.`, made);
}

async function ask(context: CommandContext): Promise<void> {
  const { api, print } = context;
  const made = await api.call<Shown>("POST", "/exception-requests", wishOf(context));
  print.done(
    `Asked for ${made.packages}@${made.range}: request ${made.id}. entrepot notices tells what is decided.`,
    made,
  );
}

function queryOf({ options }: CommandContext, more: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(more);
  for (const name of [...Object.keys(FILTERS), "state"]) {
    const value = textOption(options, name);
    if (value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function listing(more: Readonly<Record<string, string>>): ClientCommand["run"] {
  return async (context) => {
    const { api, print } = context;
    print.list(await api.list(`/exceptions${queryOf(context, more)}`), LIST_COLUMNS);
  };
}

async function show({ words: [id = ""], api, print }: CommandContext): Promise<void> {
  print.one(await api.call("GET", `/exceptions/${part(id)}`));
}

async function approve({ words: [id = ""], options, api, print }: CommandContext): Promise<void> {
  const body = given({ note: textOption(options, "note"), days: daysOf(textOption(options, "days")) });
  const done = await api.call<Shown>("POST", `/exceptions/${part(id)}/approve`, body);
  const what = `${done.packages}@${done.range}`;
  print.done(done.state === "approved" ? `${what} may pass${lasts(done)}.` : `You agreed to ${what}.`, done);
}

function ending(verb: "reject" | "revoke", text: string): ClientCommand["run"] {
  return async ({ words: [id = ""], options, api, print }) => {
    const body = given({ note: textOption(options, "note") });
    print.done(`${text} ${id}.`, await api.call<Shown>("POST", `/exceptions/${part(id)}/${verb}`, body));
  };
}

/** `entrepot exception …`. */
export const EXCEPTION_COMMANDS: readonly ClientCommand[] = [
  {
    name: "exception add",
    summary: "Let versions pass although a rule is against them, for some time.",
    words: ["<package@range>"],
    options: { ...WISH, never: { type: "boolean", what: "It does not end; for administrators." } },
    run: add,
  },
  {
    name: "exception list",
    summary: "List exceptions and requests, the newest first.",
    words: [],
    options: {
      ...FILTERS,
      state: { type: "string", value: "STATE", what: "requested, approved, rejected, revoked or ended." },
    },
    run: listing({}),
  },
  {
    name: "exception show",
    summary: "Show one exception or request.",
    words: ["<id>"],
    options: {},
    run: show,
  },
  {
    name: "exception revoke",
    summary: "End an exception.",
    words: ["<id>"],
    options: NOTE,
    run: ending("revoke", "Ended the exception"),
  },
];

/** `entrepot request …`; a word that is none of its actions is a package. */
export const REQUEST_COMMANDS: readonly ClientCommand[] = [
  {
    name: "request list",
    summary: "List requests that wait for a decision.",
    words: [],
    options: FILTERS,
    run: listing({ state: "requested" }),
  },
  {
    name: "request approve",
    summary: "Agree to a request; known malware needs two people.",
    words: ["<id>"],
    options: { ...NOTE, days: { type: "string", value: "N", what: "For fewer days than was asked for." } },
    run: approve,
  },
  {
    name: "request reject",
    summary: "Say no to a request.",
    words: ["<id>"],
    options: NOTE,
    run: ending("reject", "Rejected the request"),
  },
  {
    name: "request withdraw",
    summary: "Take back a request of your own.",
    words: ["<id>"],
    options: {},
    run: ending("revoke", "Took back the request"),
  },
  {
    name: "request",
    summary: "Ask for versions that a rule refuses.",
    words: ["<package@range>"],
    options: WISH,
    run: ask,
  },
];
