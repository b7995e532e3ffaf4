import { part } from "../api.ts";
import { confirm } from "../ask-secret.ts";
import { given, switchOption, textOption, textOptions } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";
import { usageFailure } from "../failure.ts";

const SETTINGS: Readonly<Record<string, OptionSpec>> = {
  "description": { type: "string", value: "TEXT", what: "What it is for." },
  "anonymous-read": {
    type: "boolean",
    what: "Let anyone read without a credential; --no-anonymous-read closes it.",
  },
  "host": { type: "string", value: "NAME", what: "Host name that serves it at its root; empty for none." },
  "allow-overwrite": {
    type: "boolean",
    what: "Let whoever may overwrite publish a version again with other content; --no-allow-overwrite ends it.",
  },
  "refusal-status": {
    type: "string",
    value: "403|404",
    what: "HTTP status of reads that policy refuses; 403 unless set.",
  },
  "audit": {
    type: "string",
    value: "own|off|forward",
    what: "Where audits are answered from: this server's advisories, nowhere, or another registry.",
  },
  "audit-upstream": { type: "string", value: "NAME", what: "Upstream that audits are forwarded to." },
  "audit-url": { type: "string", value: "URL", what: "Registry that audits are forwarded to instead." },
  "frozen": {
    type: "boolean",
    what: "Let nothing be published, tagged, deprecated or removed; --no-frozen ends it.",
  },
  "protected": {
    type: "boolean",
    what: "Take nothing that another registry server sends on; --no-protected ends it.",
  },
  "active": { type: "boolean", what: "Answer requests; --no-active switches it off." },
  "group": {
    type: "string",
    multiple: true,
    value: "NAME",
    what: "Group that rules and keys can be about; repeat for all.",
  },
  "upstream": { type: "string", multiple: true, value: "NAME", what: "Upstream to ask; repeat in order." },
};

function settingsOf({ options }: CommandContext): Record<string, unknown> {
  const host = textOption(options, "host");
  const status = textOption(options, "refusal-status");
  return given({
    description: textOption(options, "description"),
    anonymousRead: switchOption(options, "anonymous-read"),
    host: host === "" ? null : host,
    active: switchOption(options, "active"),
    frozen: switchOption(options, "frozen"),
    protected: switchOption(options, "protected"),
    allowOverwrite: switchOption(options, "allow-overwrite"),
    refusalStatus: status === undefined ? undefined : Number(status),
    audit: textOption(options, "audit"),
    auditUpstream: textOption(options, "audit-upstream"),
    auditUrl: textOption(options, "audit-url"),
  });
}

async function list({ api, print }: CommandContext): Promise<void> {
  print.list(await api.list("/registries"), [
    "name",
    "kind",
    "anonymousRead",
    "active",
    "upstreams",
    "description",
  ]);
}

async function show({ words: [name = ""], api, print }: CommandContext): Promise<void> {
  print.one(await api.call("GET", `/registries/${part(name)}`));
}

async function create(context: CommandContext): Promise<void> {
  const {
    words: [name = ""],
    api,
    print,
  } = context;
  let registry = await api.call<Record<string, unknown>>("POST", "/registries", {
    name,
    ...given({ kind: textOption(context.options, "kind") }),
    ...settingsOf(context),
  });
  const upstreams = textOptions(context.options, "upstream");
  if (upstreams !== undefined) {
    registry = await api.call("PUT", `/registries/${part(name)}/upstreams`, { upstreams });
  }
  registry = await setGroups(context, name, registry);
  print.done(`Created the registry ${name}.`, registry);
}

async function setGroups(
  { options, api }: CommandContext,
  name: string,
  registry: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const groups = textOptions(options, "group");
  if (groups === undefined) return registry;
  return await api.call("PUT", `/registries/${part(name)}/groups`, { groups });
}

async function change(context: CommandContext): Promise<void> {
  const {
    words: [name = ""],
    api,
    print,
  } = context;
  const settings = settingsOf(context);
  const upstreams = textOptions(context.options, "upstream");
  const groups = textOptions(context.options, "group");
  if (Object.keys(settings).length === 0 && upstreams === undefined && groups === undefined) {
    throw usageFailure("There is nothing to change.");
  }
  let registry: Record<string, unknown> = {};
  if (Object.keys(settings).length > 0) {
    registry = await api.call("PATCH", `/registries/${part(name)}`, settings);
  }
  if (upstreams !== undefined) {
    registry = await api.call("PUT", `/registries/${part(name)}/upstreams`, { upstreams });
  }
  registry = await setGroups(context, name, registry);
  print.done(`Changed the registry ${name}.`, registry);
}

async function remove({ words: [name = ""], options, api, print, io }: CommandContext): Promise<void> {
  const question = `Delete the registry ${name} with all packages published to it?`;
  await confirm(io, { yes: switchOption(options, "yes") === true, question });
  await api.call("DELETE", `/registries/${part(name)}`);
  print.done(`Deleted the registry ${name}.`, { name, deleted: true });
}

/** `entrepot registry …`. */
export const REGISTRY_COMMANDS: readonly ClientCommand[] = [
  { name: "registry list", summary: "List the registries.", words: [], options: {}, run: list },
  { name: "registry show", summary: "Show one registry.", words: ["<name>"], options: {}, run: show },
  {
    name: "registry create",
    summary: "Create a registry.",
    words: ["<name>"],
    options: {
      kind: {
        type: "string",
        value: "standard|firewall",
        what: "firewall: with the rules against vulnerabilities and licences in force.",
      },
      ...SETTINGS,
    },
    run: create,
  },
  {
    name: "registry change",
    summary: "Change a registry.",
    words: ["<name>"],
    options: SETTINGS,
    run: change,
  },
  {
    name: "registry delete",
    summary: "Delete a registry and what was published to it.",
    words: ["<name>"],
    options: { yes: { type: "boolean", what: "Do not ask." } },
    run: remove,
  },
];
