import { z } from "zod";
import type {
  MemberAnswer,
  OrganizationAnswer,
  PageAnswer,
  TeamAnswer,
  TeamMemberAnswer,
} from "@entrepot/core";
import {
  addTeamMember,
  changeTeam,
  createOrganization,
  createTeam,
  deleteOrganization,
  deleteTeam,
  foldOrganizationName,
  listMembers,
  listOrganizations,
  listTeamMembers,
  listTeams,
  MEMBER_ROLES,
  refusedBy,
  removeMember,
  removeTeamMember,
  setMember,
  type Organization,
  type Team,
} from "../../identity/index.ts";
import { memberWriterOf } from "../may-here.ts";
import { actorOf, apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf } from "./iso-of.ts";
import { limitOf } from "./page.ts";

const name = z.string().max(255);
const description = z.string().max(1000);
const organizationBody = z.strictObject({ name });
const memberBody = z.strictObject({ role: z.enum(MEMBER_ROLES).nullable().default(null) });
const teamBody = z.strictObject({ name, description: description.default("") });
const teamChange = z.strictObject({ name: name.optional(), description: description.optional() });

const ORGANIZATION = "organization";
const IN_ORGANIZATION = `/organizations/:${ORGANIZATION}`;
const SEEN = { permission: "view-teams", organizationIn: ORGANIZATION } as const;
const MANAGED = { permission: "manage-teams", organizationIn: ORGANIZATION } as const;

interface PageOf {
  after: string | null;
  limit: number;
}

function pageIn(context: ApiContext<unknown>): PageOf {
  return { after: context.query("cursor") ?? null, limit: limitOf(context.query("limit")) };
}

const organizationIn = (context: ApiContext<unknown>): string => context.param(ORGANIZATION);

function teamIn(context: ApiContext<unknown>): { organization: string; team: string } {
  return { organization: organizationIn(context), team: context.param("team") };
}

function shownOrganization({ name: shown, createdAt }: Organization): OrganizationAnswer {
  return { name: shown, createdAt: isoOf(createdAt) };
}

function shownTeam({ name: shown, description: text, createdAt }: Team): TeamAnswer {
  return { name: shown, description: text, createdAt: isoOf(createdAt) };
}

// A token may be for some organizations only, so that each is asked about.
async function list(context: ApiContext<unknown>): Promise<PageAnswer<OrganizationAnswer>> {
  const page = await listOrganizations(context.deps, pageIn(context));
  const seen: Organization[] = [];
  for (const organization of page.items) {
    const target = { registry: null, packageName: null, organization: organization.name };
    const question = { principal: context.principal, permission: "view-teams", target } as const;
    if ((await context.deps.access.ask(question)).allowed) seen.push(organization);
  }
  return { items: seen.map(shownOrganization), next: page.next };
}

async function create(context: ApiContext<z.infer<typeof organizationBody>>): Promise<unknown> {
  const { principal, deps, body } = context;
  const target = { registry: null, packageName: null, organization: foldOrganizationName(body.name) };
  const answer = await deps.access.ask({ principal, permission: "manage-teams", target });
  if (!answer.allowed) throw refusedBy(answer);
  const ownerId = principal.kind === "user" ? principal.userId : null;
  return shownOrganization(
    await createOrganization(deps, { name: body.name, ownerId, actor: actorOf(context).actor }),
  );
}

async function members(context: ApiContext<unknown>): Promise<PageAnswer<MemberAnswer>> {
  const page = await listMembers(context.deps, {
    organization: organizationIn(context),
    ...pageIn(context),
  });
  const items = page.items.map(({ userName, role, addedAt }) => ({
    user: userName,
    role,
    addedAt: isoOf(addedAt),
  }));
  return { items, next: page.next };
}

async function set(context: ApiContext<z.infer<typeof memberBody>>): Promise<unknown> {
  const organization = organizationIn(context);
  const { userName, role } = await setMember(context.deps, {
    organization,
    user: context.param("user"),
    role: context.body.role,
    by: await memberWriterOf(context, organization),
    actor: actorOf(context).actor,
  });
  return { user: userName, role };
}

async function remove(context: ApiContext<unknown>): Promise<void> {
  const organization = organizationIn(context);
  await removeMember(context.deps, {
    organization,
    user: context.param("user"),
    by: await memberWriterOf(context, organization),
    actor: actorOf(context).actor,
  });
}

const ORGANIZATIONS: readonly ApiRoute[] = [
  apiRoute({
    id: "list-organizations",
    method: "GET",
    path: "/organizations",
    permission: "user",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "create-organization",
    method: "POST",
    path: "/organizations",
    permission: "manage-teams",
    body: organizationBody,
    status: 201,
    handler: create,
  }),
  apiRoute({
    id: "delete-organization",
    method: "DELETE",
    path: IN_ORGANIZATION,
    ...MANAGED,
    body: NO_BODY,
    async handler(context) {
      const organization = organizationIn(context);
      const by = await memberWriterOf(context, organization);
      await deleteOrganization(context.deps, { organization, by, actor: actorOf(context).actor });
    },
  }),
  apiRoute({
    id: "list-organization-members",
    method: "GET",
    path: `${IN_ORGANIZATION}/members`,
    ...SEEN,
    body: NO_BODY,
    handler: members,
  }),
  apiRoute({
    id: "set-organization-member",
    method: "PUT",
    path: `${IN_ORGANIZATION}/members/:user`,
    ...MANAGED,
    body: memberBody,
    handler: set,
  }),
  apiRoute({
    id: "remove-organization-member",
    method: "DELETE",
    path: `${IN_ORGANIZATION}/members/:user`,
    ...MANAGED,
    body: NO_BODY,
    handler: remove,
  }),
];

const TEAMS: readonly ApiRoute[] = [
  apiRoute({
    id: "list-teams",
    method: "GET",
    path: `${IN_ORGANIZATION}/teams`,
    ...SEEN,
    body: NO_BODY,
    async handler(context): Promise<PageAnswer<TeamAnswer>> {
      const organization = organizationIn(context);
      const page = await listTeams(context.deps, { organization, ...pageIn(context) });
      return { items: page.items.map(shownTeam), next: page.next };
    },
  }),
  apiRoute({
    id: "create-team",
    method: "POST",
    path: `${IN_ORGANIZATION}/teams`,
    ...MANAGED,
    body: teamBody,
    status: 201,
    async handler(context) {
      const { name: team, description: text } = context.body;
      const made = { organization: organizationIn(context), team, description: text };
      return shownTeam(await createTeam(context.deps, { ...made, actor: actorOf(context).actor }));
    },
  }),
  apiRoute({
    id: "change-team",
    method: "PATCH",
    path: `${IN_ORGANIZATION}/teams/:team`,
    ...MANAGED,
    body: teamChange,
    async handler(context) {
      const { name: newName, description: text } = context.body;
      const team = await changeTeam(context.deps, {
        ...teamIn(context),
        ...(newName === undefined ? {} : { name: newName }),
        ...(text === undefined ? {} : { description: text }),
        actor: actorOf(context).actor,
      });
      return shownTeam(team);
    },
  }),
  apiRoute({
    id: "delete-team",
    method: "DELETE",
    path: `${IN_ORGANIZATION}/teams/:team`,
    ...MANAGED,
    body: NO_BODY,
    async handler(context) {
      const by = await memberWriterOf(context, organizationIn(context));
      await deleteTeam(context.deps, { ...teamIn(context), by, actor: actorOf(context).actor });
    },
  }),
  apiRoute({
    id: "list-team-members",
    method: "GET",
    path: `${IN_ORGANIZATION}/teams/:team/members`,
    ...SEEN,
    body: NO_BODY,
    async handler(context): Promise<PageAnswer<TeamMemberAnswer>> {
      const page = await listTeamMembers(context.deps, { ...teamIn(context), ...pageIn(context) });
      return { items: page.items.map((user) => ({ user })), next: page.next };
    },
  }),
  apiRoute({
    id: "add-team-member",
    method: "PUT",
    path: `${IN_ORGANIZATION}/teams/:team/members/:user`,
    ...MANAGED,
    body: NO_BODY,
    async handler(context) {
      const user = context.param("user");
      const by = await memberWriterOf(context, organizationIn(context));
      const added = { ...teamIn(context), user, by, actor: actorOf(context).actor };
      return { user: await addTeamMember(context.deps, added) };
    },
  }),
  apiRoute({
    id: "remove-team-member",
    method: "DELETE",
    path: `${IN_ORGANIZATION}/teams/:team/members/:user`,
    ...MANAGED,
    body: NO_BODY,
    async handler(context) {
      await removeTeamMember(context.deps, {
        ...teamIn(context),
        user: context.param("user"),
        by: await memberWriterOf(context, organizationIn(context)),
        actor: actorOf(context).actor,
      });
    },
  }),
];

/** Organizations with their members and teams. */
export const ORGANIZATION_ROUTES: readonly ApiRoute[] = [...ORGANIZATIONS, ...TEAMS];
