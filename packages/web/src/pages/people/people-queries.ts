import type {
  AccessRuleAnswer,
  AuditEventAnswer,
  InvitationAnswer,
  MemberAnswer,
  OrganizationAnswer,
  PageAnswer,
  SessionAnswer,
  TeamAnswer,
  TeamMemberAnswer,
  UserAnswer,
} from "@entrepot/core";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "../../api/client.ts";
import { pagesFrom } from "../../api/paging.ts";

/** What every key of this area begins with. */
export const PEOPLE = "people";

/** Users, page by page; `text` is a part of the name. */
export const usersQuery = (text = "") =>
  infiniteQueryOptions({
    queryKey: [PEOPLE, "users", "", text],
    ...pagesFrom<UserAnswer>("/users", { text }),
  });

/** One user. */
export const userQuery = (name: string) =>
  queryOptions({
    queryKey: [PEOPLE, "users", name],
    queryFn: ({ signal }) => api.call<UserAnswer>(userPath(name), { signal }),
  });

/** Browsers in which a user is signed in. */
export const userSessionsQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: [PEOPLE, "users", name, "sessions"],
    ...pagesFrom<SessionAnswer>(`${userPath(name)}/sessions`),
  });

/** Invitations, the ended ones of the last days among them. */
export const invitationsQuery = () =>
  infiniteQueryOptions({ queryKey: [PEOPLE, "invitations"], ...pagesFrom<InvitationAnswer>("/invitations") });

/** Organizations that may be seen. */
export const organizationsQuery = () =>
  infiniteQueryOptions({
    queryKey: [PEOPLE, "organizations"],
    ...pagesFrom<OrganizationAnswer>("/organizations"),
  });

/** Who is in an organization. */
export const membersQuery = (organization: string) =>
  infiniteQueryOptions({
    queryKey: [PEOPLE, "organizations", organization, "members"],
    ...pagesFrom<MemberAnswer>(`${organizationPath(organization)}/members`),
  });

/** Teams of an organization. */
export const teamsQuery = (organization: string) =>
  infiniteQueryOptions({
    queryKey: [PEOPLE, "organizations", organization, "teams"],
    ...pagesFrom<TeamAnswer>(`${organizationPath(organization)}/teams`),
  });

/** Who is in a team. */
export const teamMembersQuery = (organization: string, team: string) =>
  infiniteQueryOptions({
    queryKey: [PEOPLE, "organizations", organization, "teams", team, "members"],
    ...pagesFrom<TeamMemberAnswer>(`${teamPath(organization, team)}/members`),
  });

/** Rules on who may do what. */
export const rulesQuery = () =>
  infiniteQueryOptions({ queryKey: [PEOPLE, "rules"], ...pagesFrom<AccessRuleAnswer>("/access-rules") });

/** Which events are wanted; what is left out does not matter. */
export interface EventFilter {
  actor?: string | undefined;
  kind?: string | undefined;
  registry?: string | undefined;
  package?: string | undefined;
  result?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** Events of the audit trail, the newest first. */
export const eventsQuery = (filter: EventFilter) =>
  infiniteQueryOptions({
    queryKey: [PEOPLE, "audit", filter],
    ...pagesFrom<AuditEventAnswer>("/audit", given(filter)),
  });

/** Where all events of a filter are to be had, one JSON line for each. */
export function exportUrl(filter: EventFilter): string {
  const query = new URLSearchParams(given(filter)).toString();
  return new URL(`api/v1/audit/export${query === "" ? "" : `?${query}`}`, document.baseURI).href;
}

function given(filter: EventFilter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The first users whose name holds a text. */
export async function findUsers(text: string, signal: AbortSignal): Promise<UserAnswer[]> {
  const query = { text, limit: 5 };
  return (await api.call<PageAnswer<UserAnswer>>("/users", { query, signal })).items;
}

/** Where the API has a user. */
export function userPath(name: string): string {
  return `/users/${encodeURIComponent(name)}`;
}

/** Where the API has an organization. */
export function organizationPath(organization: string): string {
  return `/organizations/${encodeURIComponent(organization)}`;
}

/** Where the API has a team. */
export function teamPath(organization: string, team: string): string {
  return `${organizationPath(organization)}/teams/${encodeURIComponent(team)}`;
}
