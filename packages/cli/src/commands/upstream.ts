import { part } from "../api.ts";
import { askSecret, confirm } from "../ask-secret.ts";
import { given, switchOption, textOption, textOptions } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";
import { usageFailure } from "../failure.ts";

const SETTINGS: Readonly<Record<string, OptionSpec>> = {
  "token-stdin": { type: "boolean", what: "Take a token to send to it from standard input." },
  "username": { type: "string", value: "NAME", what: "User name to send to it, with a password." },
  "password-stdin": { type: "boolean", what: "Take that password from standard input." },
  "allowed-host": {
    type: "string",
    multiple: true,
    value: "NAME",
    what: "Further host its tarballs may come from.",
  },
  "fresh-seconds": {
    type: "string",
    value: "N",
    what: "How long a document is served without asking again.",
  },
  "timeout-ms": { type: "string", value: "N", what: "How long to wait for an answer." },
  "trust-publish-times": {
    type: "boolean",
    what: "Believe when it says versions were published; --no-trust-publish-times counts from their first sight here.",
  },
};

async function credentialOf({ options, io }: CommandContext): Promise<Record<string, unknown>> {
  const username = textOption(options, "username");
  const takesToken = switchOption(options, "token-stdin") === true;
  const takesPassword = switchOption(options, "password-stdin") === true;
  if (takesToken && (username !== undefined || takesPassword)) {
    throw usageFailure("Give a token, or a user name with a password.");
  }
  if (username === undefined && takesPassword) throw usageFailure("--password-stdin needs --username.");
  if (takesToken) {
    return { token: await askSecret(io, { fromInput: true, question: "Token", option: "token-stdin" }) };
  }
  if (username === undefined) return {};
  const question = `Password of ${username} at the upstream`;
  const password = await askSecret(io, { fromInput: takesPassword, question, option: "password-stdin" });
  return { username, password };
}

async function settingsOf(context: CommandContext): Promise<Record<string, unknown>> {
  const { options } = context;
  return given({
    ...(await credentialOf(context)),
    allowedHosts: textOptions(options, "allowed-host"),
    freshSeconds: numberOption(context, "fresh-seconds"),
    timeoutMs: numberOption(context, "timeout-ms"),
    trustPublishTimes: switchOption(options, "trust-publish-times"),
  });
}

function numberOption({ options }: CommandContext, name: string): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw usageFailure(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}

async function list({ api, print }: CommandContext): Promise<void> {
  const upstreams = await api.list("/upstreams");
  const shown = print.asJson
    ? upstreams
    : upstreams.map((upstream) => ({
        ...upstream,
        health: healthText(upstream["health"] as Health | undefined),
      }));
  print.list(shown, ["name", "url", "hasCredential", "freshSeconds", "health"]);
}

interface Health {
  /** Milliseconds since 1970, as is the other. */
  failingSince?: number | null;
  refusesUntil?: number | null;
}

function healthText({ failingSince, refusesUntil }: Health = {}): string {
  if (typeof refusesUntil === "number") return `closed until ${timeText(refusesUntil)}`;
  return typeof failingSince === "number" ? `failing since ${timeText(failingSince)}` : "ok";
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

async function add(context: CommandContext): Promise<void> {
  const {
    words: [name = "", url = ""],
    api,
    print,
  } = context;
  const upstream = await api.call("POST", "/upstreams", { name, url, ...(await settingsOf(context)) });
  print.done(`Added the upstream ${name}.`, upstream);
}

async function change(context: CommandContext): Promise<void> {
  const {
    words: [name = ""],
    options,
    api,
    print,
  } = context;
  const token = switchOption(options, "credential") === false ? null : undefined;
  const settings = { ...given({ url: textOption(options, "url"), token }), ...(await settingsOf(context)) };
  if (Object.keys(settings).length === 0) throw usageFailure("There is nothing to change.");
  const upstream = await api.call("PATCH", `/upstreams/${part(name)}`, settings);
  print.done(`Changed the upstream ${name}.`, upstream);
}

async function remove({ words: [name = ""], options, api, print, io }: CommandContext): Promise<void> {
  const question = `Remove the upstream ${name} from every registry?`;
  await confirm(io, { yes: switchOption(options, "yes") === true, question });
  await api.call("DELETE", `/upstreams/${part(name)}`);
  print.done(`Removed the upstream ${name}.`, { name, removed: true });
}

async function upstreamsOf({ words: [registry = ""], api }: CommandContext): Promise<string[]> {
  const { upstreams } = await api.call<{ upstreams: string[] }>("GET", `/registries/${part(registry)}`);
  return upstreams;
}

async function setUpstreams(context: CommandContext, upstreams: readonly string[]): Promise<void> {
  const {
    words: [registry = ""],
    api,
    print,
  } = context;
  const changed = await api.call("PUT", `/registries/${part(registry)}/upstreams`, { upstreams });
  const order = upstreams.length === 0 ? "no upstream" : upstreams.join(", then ");
  print.done(`The registry ${registry} asks ${order}.`, changed);
}

async function attach(context: CommandContext): Promise<void> {
  const {
    words: [, name = ""],
    options,
  } = context;
  const others = (await upstreamsOf(context)).filter((upstream) => upstream !== name);
  const isFirst = switchOption(options, "first") === true;
  await setUpstreams(context, isFirst ? [name, ...others] : [...others, name]);
}

async function detach(context: CommandContext): Promise<void> {
  const {
    words: [registry = "", name = ""],
  } = context;
  const upstreams = await upstreamsOf(context);
  if (!upstreams.includes(name)) {
    throw usageFailure(`The registry ${registry} does not ask the upstream ${name}.`);
  }
  await setUpstreams(
    context,
    upstreams.filter((upstream) => upstream !== name),
  );
}

async function filter({
  words: [registry = "", name = ""],
  options,
  api,
  print,
}: CommandContext): Promise<void> {
  const [allow, block] = [textOptions(options, "allow") ?? [], textOptions(options, "block") ?? []];
  const path = `/registries/${part(registry)}/upstreams/${part(name)}/filter`;
  const changed = await api.call("PUT", path, { allow, block });
  const allowed = allow.length === 0 ? "every name" : allow.join(", ");
  const blocked = block.length === 0 ? "" : ` but ${block.join(", ")}`;
  print.done(`The registry ${registry} asks ${name} for ${allowed}${blocked}.`, changed);
}

/** `entrepot upstream …`. */
export const UPSTREAM_COMMANDS: readonly ClientCommand[] = [
  { name: "upstream list", summary: "List the upstreams.", words: [], options: {}, run: list },
  {
    name: "upstream add",
    summary: "Add an upstream.",
    words: ["<name>", "<url>"],
    options: SETTINGS,
    run: add,
  },
  {
    name: "upstream change",
    summary: "Change an upstream.",
    words: ["<name>"],
    options: {
      ...SETTINGS,
      url: { type: "string", value: "URL", what: "Base URL; a credential is kept for the same origin only." },
      credential: { type: "boolean", what: "--no-credential forgets what is sent to it." },
    },
    run: change,
  },
  {
    name: "upstream remove",
    summary: "Remove an upstream.",
    words: ["<name>"],
    options: { yes: { type: "boolean", what: "Do not ask." } },
    run: remove,
  },
  {
    name: "upstream attach",
    summary: "Let a registry ask an upstream, after those it asks already.",
    words: ["<registry>", "<upstream>"],
    options: { first: { type: "boolean", what: "Ask it before the others." } },
    run: attach,
  },
  {
    name: "upstream detach",
    summary: "Let a registry no longer ask an upstream.",
    words: ["<registry>", "<upstream>"],
    options: {},
    run: detach,
  },
  {
    name: "upstream filter",
    summary: "Say for which names a registry asks an upstream; without options for all.",
    words: ["<registry>", "<upstream>"],
    options: {
      allow: {
        type: "string",
        multiple: true,
        value: "PATTERN",
        what: "Only for this name, @scope/* or prefix-*; repeat for more.",
      },
      block: {
        type: "string",
        multiple: true,
        value: "PATTERN",
        what: "Never for this one, whatever is allowed; repeat for more.",
      },
    },
    run: filter,
  },
];
