import { part } from "../api.ts";
import { confirm } from "../ask-secret.ts";
import { given, switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";

/** The path of an organization, with or without the `@` of its scope. */
export function organizationPath(name: string): string {
  return `/organizations/${part(name.replace(/^@/, ""))}`;
}

async function list({ api, print }: CommandContext): Promise<void> {
  print.list(await api.list("/organizations"), ["name", "createdAt"]);
}

async function create({ words: [name = ""], api, print }: CommandContext): Promise<void> {
  const organization = await api.call("POST", "/organizations", { name });
  print.done(`Created the organization ${name}.`, organization);
}

async function remove({ words: [name = ""], options, api, print, io }: CommandContext): Promise<void> {
  const question = `Delete the organization ${name} with its teams and what was granted to them?`;
  await confirm(io, { yes: switchOption(options, "yes") === true, question });
  await api.call("DELETE", organizationPath(name));
  print.done(`Deleted the organization ${name}.`, { name, deleted: true });
}

async function members({ words: [name = ""], api, print }: CommandContext): Promise<void> {
  print.list(await api.list(`${organizationPath(name)}/members`), ["user", "role", "addedAt"]);
}

async function set({ words: [name = "", user = ""], options, api, print }: CommandContext): Promise<void> {
  const path = `${organizationPath(name)}/members/${part(user)}`;
  const member = await api.call("PUT", path, given({ role: textOption(options, "role") }));
  print.done(`${user} is ${String(member["role"])} of ${name}.`, member);
}

async function removeMember({ words: [name = "", user = ""], api, print }: CommandContext): Promise<void> {
  await api.call("DELETE", `${organizationPath(name)}/members/${part(user)}`);
  print.done(`Removed ${user} from ${name}.`, { organization: name, user, removed: true });
}

const MEMBER = ["<organization>", "<user>"];

/** `entrepot org …`. */
export const ORG_COMMANDS: readonly ClientCommand[] = [
  { name: "org list", summary: "List the organizations.", words: [], options: {}, run: list },
  {
    name: "org create",
    summary: "Create an organization, named like the scope of its packages; you are its owner.",
    words: ["<name>"],
    options: {},
    run: create,
  },
  {
    name: "org delete",
    summary: "Delete an organization and its teams.",
    words: ["<name>"],
    options: { yes: { type: "boolean", what: "Do not ask." } },
    run: remove,
  },
  {
    name: "org members",
    summary: "List the members of an organization.",
    words: ["<name>"],
    options: {},
    run: members,
  },
  {
    name: "org set",
    summary: "Add a user to an organization, or change what they are in it.",
    words: MEMBER,
    options: {
      role: {
        type: "string",
        value: "ROLE",
        what: "owner, admin or developer; a new member is a developer when left out.",
      },
    },
    run: set,
  },
  {
    name: "org remove",
    summary: "Remove a member, from all teams too.",
    words: MEMBER,
    options: {},
    run: removeMember,
  },
];
