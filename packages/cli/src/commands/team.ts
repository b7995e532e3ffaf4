import { part } from "../api.ts";
import { given, textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { organizationPath } from "./org.ts";

const TEAM = "<organization:team>";
const DESCRIPTION = { type: "string", value: "TEXT", what: "What it is for." } as const;

/** Reads `organization:team`, as npm writes it. */
function teamOf(word: string): { teams: string; name: string } {
  const [organization = "", name = "", more] = word.split(":");
  if (organization === "" || name === "" || more !== undefined) {
    throw usageFailure(`A team is written organization:team, not "${word}".`);
  }
  return { teams: `${organizationPath(organization)}/teams`, name };
}

function pathOf(word: string): string {
  const { teams, name } = teamOf(word);
  return `${teams}/${part(name)}`;
}

async function list({ words: [organization = ""], api, print }: CommandContext): Promise<void> {
  print.list(await api.list(`${organizationPath(organization)}/teams`), ["name", "description", "createdAt"]);
}

async function create({ words: [word = ""], options, api, print }: CommandContext): Promise<void> {
  const { teams, name } = teamOf(word);
  const body = given({ name, description: textOption(options, "description") });
  print.done(`Created the team ${word}.`, await api.call("POST", teams, body));
}

async function change({ words: [word = ""], options, api, print }: CommandContext): Promise<void> {
  const body = given({
    name: textOption(options, "name"),
    description: textOption(options, "description"),
  });
  if (Object.keys(body).length === 0) throw usageFailure("There is nothing to change.");
  print.done(`Changed the team ${word}.`, await api.call("PATCH", pathOf(word), body));
}

async function remove({ words: [word = ""], api, print }: CommandContext): Promise<void> {
  await api.call("DELETE", pathOf(word));
  print.done(`Deleted the team ${word}.`, { team: word, deleted: true });
}

async function members({ words: [word = ""], api, print }: CommandContext): Promise<void> {
  print.list(await api.list(`${pathOf(word)}/members`), ["user"]);
}

async function add({ words: [word = "", user = ""], api, print }: CommandContext): Promise<void> {
  const member = await api.call("PUT", `${pathOf(word)}/members/${part(user)}`);
  print.done(`Added ${user} to ${word}.`, member);
}

async function removeMember({ words: [word = "", user = ""], api, print }: CommandContext): Promise<void> {
  await api.call("DELETE", `${pathOf(word)}/members/${part(user)}`);
  print.done(`Removed ${user} from ${word}.`, { team: word, user, removed: true });
}

/** `entrepot team …`. */
export const TEAM_COMMANDS: readonly ClientCommand[] = [
  {
    name: "team list",
    summary: "List the teams of an organization.",
    words: ["<organization>"],
    options: {},
    run: list,
  },
  {
    name: "team create",
    summary: "Create a team.",
    words: [TEAM],
    options: { description: DESCRIPTION },
    run: create,
  },
  {
    name: "team change",
    summary: "Change the name or the description of a team.",
    words: [TEAM],
    options: { name: { type: "string", value: "NAME", what: "Its new name." }, description: DESCRIPTION },
    run: change,
  },
  {
    name: "team delete",
    summary: "Delete a team and what was granted to it.",
    words: [TEAM],
    options: {},
    run: remove,
  },
  { name: "team members", summary: "List who is in a team.", words: [TEAM], options: {}, run: members },
  {
    name: "team add",
    summary: "Add a member of the organization to a team.",
    words: [TEAM, "<user>"],
    options: {},
    run: add,
  },
  {
    name: "team remove",
    summary: "Remove somebody from a team.",
    words: [TEAM, "<user>"],
    options: {},
    run: removeMember,
  },
];
