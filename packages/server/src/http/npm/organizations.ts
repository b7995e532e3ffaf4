import { EntrepotError } from "@entrepot/core";
import {
  addTeamMember,
  createTeam,
  deleteTeam,
  foldOrganizationName,
  listMembers,
  listTeamMembers,
  listTeams,
  MEMBER_ROLES,
  removeMember,
  removeTeamMember,
  setMember,
  type MemberRole,
  type TeamName,
} from "../../identity/index.ts";
import { npmActor } from "../actor.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { valueOf } from "../match-route.ts";
import { memberWriterOf } from "../may-here.ts";
import { readFields } from "./body-fields.ts";

/** Most members or teams in one answer: this part of the protocol knows no pages. */
const ROWS_MAX = 10_000;
const PAGE = 1000;

/** `GET /-/org/:org/user`: every member with their role. */
export async function getMembers(context: NpmContext): Promise<Answer> {
  const organization = valueOf(context.params, "org");
  const members = await allOf((page) => listMembers(context.deps, { organization, ...page }));
  return jsonAnswer(200, Object.fromEntries(members.map(({ userName, role }) => [userName, role])));
}

/** `PUT /-/org/:org/user` with `{user, role}`: adds a member or changes their role. */
export async function putMember(context: NpmContext): Promise<Answer> {
  const fields = await readFields(context);
  const organization = valueOf(context.params, "org");
  const written = await setMember(context.deps, {
    organization,
    user: userIn(fields.text("user")),
    role: roleOf(fields.optionalText("role")),
    by: await memberWriterOf(context, organization),
    actor: npmActor(context),
  });
  const { userName, role, size } = written;
  return jsonAnswer(201, { org: { name: written.organization, size }, user: userName, role });
}

/** `DELETE /-/org/:org/user` with `{user}`. */
export async function deleteMember(context: NpmContext): Promise<Answer> {
  const fields = await readFields(context);
  const organization = valueOf(context.params, "org");
  await removeMember(context.deps, {
    organization,
    user: userIn(fields.text("user")),
    by: await memberWriterOf(context, organization),
    actor: npmActor(context),
  });
  return nothing();
}

/** `GET /-/org/:org/team`: `org:team` of each with `?format=cli`, as npm asks; else objects with `name`. */
export async function getTeams(context: NpmContext): Promise<Answer> {
  const organization = foldOrganizationName(valueOf(context.params, "org"));
  const teams = await allOf((page) => listTeams(context.deps, { organization, ...page }));
  return jsonAnswer(
    200,
    isForNpm(context)
      ? teams.map(({ name }) => `${organization}:${name}`)
      : teams.map(({ name, description }) => ({ name, description })),
  );
}

/** `PUT /-/org/:org/team` with `{name, description}`: makes a team. */
export async function putTeam(context: NpmContext): Promise<Answer> {
  const fields = await readFields(context);
  const { name, description } = await createTeam(context.deps, {
    organization: valueOf(context.params, "org"),
    team: fields.text("name"),
    description: fields.optionalText("description") ?? "",
    actor: npmActor(context),
  });
  return jsonAnswer(201, { name, description });
}

/** `DELETE /-/team/:org/:team`. */
export async function removeTeam(context: NpmContext): Promise<Answer> {
  const by = await memberWriterOf(context, valueOf(context.params, "org"));
  await deleteTeam(context.deps, { ...teamIn(context), by, actor: npmActor(context) });
  return nothing();
}

/** `GET /-/team/:org/:team/user`: names with `?format=cli`, as npm asks; else objects with `name`. */
export async function getTeamMembers(context: NpmContext): Promise<Answer> {
  const names = await allOf((page) => listTeamMembers(context.deps, { ...teamIn(context), ...page }));
  return jsonAnswer(200, isForNpm(context) ? names : names.map((name) => ({ name })));
}

/** `PUT /-/team/:org/:team/user` with `{user}`. */
export async function putTeamMember(context: NpmContext): Promise<Answer> {
  const fields = await readFields(context);
  const user = await addTeamMember(context.deps, {
    ...teamIn(context),
    user: userIn(fields.text("user")),
    by: await memberWriterOf(context, valueOf(context.params, "org")),
    actor: npmActor(context),
  });
  return jsonAnswer(201, { user });
}

/** `DELETE /-/team/:org/:team/user` with `{user}`. */
export async function deleteTeamMember(context: NpmContext): Promise<Answer> {
  const fields = await readFields(context);
  await removeTeamMember(context.deps, {
    ...teamIn(context),
    user: userIn(fields.text("user")),
    by: await memberWriterOf(context, valueOf(context.params, "org")),
    actor: npmActor(context),
  });
  return nothing();
}

/** The team that the path of a request names. */
export function teamIn({ params }: NpmContext): TeamName {
  return { organization: valueOf(params, "org"), team: valueOf(params, "team") };
}

/** 204, for what was removed. */
export function nothing(): Answer {
  return { status: 204, headers: [], body: null };
}

function isForNpm({ query }: NpmContext): boolean {
  return query.get("format") === "cli";
}

// People write users of an organization with an at sign, too.
function userIn(text: string): string {
  return text.replace(/^@/, "");
}

function roleOf(text: string | null): MemberRole | null {
  const role = MEMBER_ROLES.find((known) => known === text);
  if (role !== undefined || text === null) return role ?? null;
  throw new EntrepotError("request-invalid", { message: `"role" is one of ${MEMBER_ROLES.join(", ")}.` });
}

type Read<T> = (page: {
  after: string | null;
  limit: number;
}) => Promise<{ items: T[]; next: string | null }>;

async function allOf<T>(read: Read<T>): Promise<T[]> {
  const found: T[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<Read<T>>> = await read({ after, limit: PAGE });
    found.push(...page.items);
    after = page.next;
  } while (after !== null && found.length < ROWS_MAX);
  return found;
}
