import type { OrganizationAnswer, PageAnswer, Permission, TeamAnswer } from "@entrepot/core";
import { api } from "../../api/client.ts";
import { findUsers, organizationPath } from "./people-queries.ts";

/** Something of this area or of the settings that the search leads to. */
export interface PeopleHit {
  title: string;
  about: string;
  kind: "page" | "user" | "organization" | "team";
  icon: "people" | "gear";
  href: string;
}

/** A page with an address of its own, and what one has to hold for it. */
interface KnownPage {
  title: string;
  about: string;
  href: string;
  needs?: Permission;
}

const ORGANIZATIONS_MAX = 100;
const ORGANIZATIONS_SEARCHED_MAX = 5;
const SHOWN_MAX = 5;
const PAGES: readonly KnownPage[] = [
  { title: "Tokens", about: "Yours: make, rotate and revoke them", href: "/settings/tokens" },
  { title: "New token", about: "For a pipeline, a program, a terminal", href: "/settings/tokens/new" },
  { title: "Add somebody", about: "Invite or create a user", href: "/people/users/new", needs: "administer" },
  {
    title: "Permissions",
    about: "Rules, and testing privileges",
    href: "/people/permissions",
    needs: "administer",
  },
  { title: "Keys", about: "And tokens of all users", href: "/people/keys", needs: "administer" },
  { title: "Audit trail", about: "Who did what and when", href: "/people/audit", needs: "administer" },
  { title: "Jobs", about: "Background work, its logs, run now", href: "/settings/jobs", needs: "administer" },
  { title: "Server", about: "Health, version, metrics", href: "/settings/server", needs: "administer" },
];

/** Finds pages of people and settings, users, organizations and teams, as far as who looks may see them. */
export async function peopleHits(
  wanted: string,
  { may, signal }: { may: readonly Permission[]; signal: AbortSignal },
): Promise<PeopleHit[]> {
  if (wanted === "") return [];
  const [users, places] = await Promise.all([
    may.includes("administer") ? findUsers(wanted, signal) : [],
    organizationHits(wanted, { signal, maySeeTeams: may.includes("view-teams") }),
  ]);
  return [
    ...PAGES.filter(({ needs }) => needs === undefined || may.includes(needs))
      .filter(({ title, about }) => `${title} ${about}`.toLowerCase().includes(wanted))
      .map(({ title, about, href }): PeopleHit => ({ title, about, href, kind: "page", icon: "gear" })),
    ...users.map(({ name, role }): PeopleHit => ({
      title: name,
      about: role,
      kind: "user",
      icon: "people",
      href: `/people/users/${encodeURIComponent(name)}`,
    })),
    ...places,
  ];
}

async function organizationHits(
  wanted: string,
  { signal, maySeeTeams }: { signal: AbortSignal; maySeeTeams: boolean },
): Promise<PeopleHit[]> {
  const query = { limit: ORGANIZATIONS_MAX };
  const { items } = await api.call<PageAnswer<OrganizationAnswer>>("/organizations", { query, signal });
  const found = items.filter(({ name }) => name.includes(wanted)).slice(0, SHOWN_MAX);
  const teams = maySeeTeams
    ? await Promise.all(
        items.slice(0, ORGANIZATIONS_SEARCHED_MAX).map(({ name }) => teamHits(name, { wanted, signal })),
      )
    : [];
  return [
    ...found.map(({ name }): PeopleHit => ({
      title: name,
      about: "",
      kind: "organization",
      icon: "people",
      href: `/people${organizationPath(name)}`,
    })),
    ...teams.flat().slice(0, SHOWN_MAX),
  ];
}

async function teamHits(
  organization: string,
  { wanted, signal }: { wanted: string; signal: AbortSignal },
): Promise<PeopleHit[]> {
  const path = `${organizationPath(organization)}/teams`;
  const query = { limit: ORGANIZATIONS_MAX };
  const { items } = await api.call<PageAnswer<TeamAnswer>>(path, { query, signal });
  return items
    .filter(({ name }) => name.includes(wanted))
    .map(({ name, description }) => ({
      title: `${organization}:${name}`,
      about: description,
      kind: "team",
      icon: "people",
      href: `/people${organizationPath(organization)}/teams/${encodeURIComponent(name)}`,
    }));
}
