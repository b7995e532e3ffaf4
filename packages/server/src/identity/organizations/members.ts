import { EntrepotError } from "@entrepot/core";
import type { Selectable } from "kysely";
import type { Schema } from "../../db/index.ts";
import { pageLimit, pageOf, type Deed, type Page } from "../identity-deps.ts";
import { EVERYONES_TEAM } from "./names.ts";
import { assertMayJoin, assertMayLeave } from "./team-rules.ts";
import {
  requireOrganization,
  requireUserRow,
  writeOrganization,
  type MemberWriter,
  type OrganizationDeps,
  type OrganizationScope,
} from "./write-organization.ts";

/** What members of an organization may be: an owner and an admin change it, a developer does not. */
export const MEMBER_ROLES = ["owner", "admin", "developer"] as const;

export type MemberRole = (typeof MEMBER_ROLES)[number];

/** A user in an organization. */
export interface Member {
  userName: string;
  role: MemberRole;
  addedAt: number;
}

/** A change of one member. */
interface MemberWrite extends Deed {
  organization: string;
  user: string;
  by: MemberWriter;
}

/** A member as a write left them, and how many the organization then had. */
export interface MemberWritten {
  organization: string;
  userName: string;
  role: MemberRole;
  size: number;
}

type MemberRow = Selectable<Schema["organization_members"]>;

/**
 * Adds a member, who is a developer unless a role is given and comes into the team of everybody, or changes their role.
 * Throws `not-found` for the organization and the user, and `permission-denied` for the last owner, for owners when an
 * admin is the writer, and where the writer does not hold what that team was given.
 */
export async function setMember(
  deps: OrganizationDeps,
  input: MemberWrite & { role: MemberRole | null },
): Promise<MemberWritten> {
  return await writeOrganization(deps, input, async (scope) => {
    const user = await requireUserRow(scope, input.user);
    const before = await findMember(scope, user.id);
    const role = input.role ?? before?.role ?? "developer";
    if (before?.role !== role) await assertMayWrite(scope, input.by, [before?.role, role]);
    if (before === null) await insertMember(scope, input.by, { userId: user.id, role });
    else if (before.role !== role) await changeRole(scope, { before, role, input });
    const size = await sizeOf(scope);
    const result = { organization: scope.row.name, userName: user.name, role, size };
    if (before?.role === role) return { detail: null, result };
    const what = before === null ? "member added" : "member changed";
    return { detail: { what, userId: user.id, user: user.name, role }, result };
  });
}

async function insertMember(
  scope: OrganizationScope,
  by: MemberWriter,
  { userId, role }: { userId: string; role: MemberRole },
): Promise<void> {
  const { trx, row, now } = scope;
  await trx
    .insertInto("organization_members")
    .values({ organization_id: row.id, user_id: userId, role, added_at: now })
    .execute();
  const team = await trx
    .selectFrom("teams")
    .select(["id", "name"])
    .where("organization_id", "=", row.id)
    .where("name", "=", EVERYONES_TEAM)
    .executeTakeFirstOrThrow();
  await assertMayJoin(scope, by, team);
  await trx.insertInto("team_members").values({ team_id: team.id, user_id: userId }).execute();
}

async function changeRole(
  scope: OrganizationScope,
  { before, role, input }: { before: MemberRow; role: MemberRole; input: MemberWrite },
): Promise<void> {
  if (!input.by.managesAll) await assertOtherOwner(scope, before, input.user);
  await scope.trx
    .updateTable("organization_members")
    .set({ role })
    .where("organization_id", "=", scope.row.id)
    .where("user_id", "=", before.user_id)
    .execute();
}

/**
 * Removes a member, from all teams too. Throws `not-found`, also for a user who is none, and `permission-denied` as
 * {@link setMember}, and for who is in a team that a rule restricts.
 */
export async function removeMember(deps: OrganizationDeps, input: MemberWrite): Promise<void> {
  await writeOrganization(deps, input, async (scope) => {
    const user = await requireUserRow(scope, input.user);
    const member = await findMember(scope, user.id);
    if (member === null) throw noMember(user.name, scope.row.name);
    await assertMayWrite(scope, input.by, [member.role]);
    if (!input.by.managesAll) await assertOtherOwner(scope, member, user.name);
    const { trx, row } = scope;
    const teamIds = await teamsOf(scope, user.id);
    await assertMayLeave(scope, input.by, teamIds);
    if (teamIds.length > 0) {
      await trx
        .deleteFrom("team_members")
        .where("user_id", "=", user.id)
        .where("team_id", "in", teamIds)
        .execute();
    }
    await trx
      .deleteFrom("organization_members")
      .where("organization_id", "=", row.id)
      .where("user_id", "=", user.id)
      .execute();
    return { detail: { what: "member removed", userId: user.id, user: user.name }, result: undefined };
  });
}

async function teamsOf({ trx, row }: OrganizationScope, userId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom("team_members")
    .innerJoin("teams", "teams.id", "team_members.team_id")
    .select("teams.id")
    .where("teams.organization_id", "=", row.id)
    .where("team_members.user_id", "=", userId)
    .execute();
  return rows.map(({ id }) => id);
}

/** The row of a member; null for a user who is none. */
export async function findMember({ trx, row }: OrganizationScope, userId: string): Promise<MemberRow | null> {
  const member = await trx
    .selectFrom("organization_members")
    .selectAll()
    .where("organization_id", "=", row.id)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return member ?? null;
}

/** The error for a user who is no member. */
export function noMember(userName: string, organization: string): EntrepotError {
  return new EntrepotError("not-found", {
    message:
      `"${userName}" is not a member of the organization ${organization}; ` +
      `add them with: npm org set ${organization} ${userName}`,
  });
}

/** What a user is in an organization; null for nothing, and where there is no such organization. */
export async function memberRole(
  { db, workspaceId }: Pick<OrganizationDeps, "db" | "workspaceId">,
  { organization, userId }: { organization: string; userId: string },
): Promise<MemberRole | null> {
  const row = await db.read
    .selectFrom("organization_members")
    .innerJoin("organizations", "organizations.id", "organization_members.organization_id")
    .select("organization_members.role")
    .where("organizations.workspace_id", "=", workspaceId)
    .where("organizations.name", "=", organization)
    .where("organization_members.user_id", "=", userId)
    .executeTakeFirst();
  return row?.role ?? null;
}

/** Lists the members of an organization by name. Throws `not-found`. */
export async function listMembers(
  deps: Pick<OrganizationDeps, "db" | "workspaceId">,
  input: { organization: string; after?: string | null; limit?: number },
): Promise<Page<Member>> {
  const limit = pageLimit(input.limit);
  const { id } = await requireOrganization(deps, input.organization);
  const rows = await deps.db.read
    .selectFrom("organization_members")
    .innerJoin("users", "users.id", "organization_members.user_id")
    .select(["users.name", "organization_members.role", "organization_members.added_at"])
    .where("organization_members.organization_id", "=", id)
    .where("users.name", ">", input.after ?? "")
    .orderBy("users.name")
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, {
    item: ({ name, role, added_at }) => ({ userName: name, role, addedAt: added_at }),
    cursor: (row) => row.name,
  });
}

async function sizeOf({ trx, row }: OrganizationScope): Promise<number> {
  const { size } = await trx
    .selectFrom("organization_members")
    .select((eb) => eb.fn.countAll<number>().as("size"))
    .where("organization_id", "=", row.id)
    .executeTakeFirstOrThrow();
  return Number(size);
}

// Within the transaction, so that who is an owner no longer changes none.
async function assertMayWrite(
  scope: OrganizationScope,
  { userId, managesAll }: MemberWriter,
  roles: readonly (MemberRole | undefined)[],
): Promise<void> {
  if (managesAll || !roles.includes("owner")) return;
  const writer = userId === null ? null : await findMember(scope, userId);
  if (writer?.role === "owner") return;
  throw new EntrepotError("permission-denied", {
    message: `Only its owners make, change and remove owners of the organization ${scope.row.name}; ask one of them.`,
  });
}

async function assertOtherOwner(
  { trx, row }: OrganizationScope,
  member: MemberRow,
  userName: string,
): Promise<void> {
  if (member.role !== "owner") return;
  const other = await trx
    .selectFrom("organization_members")
    .select("user_id")
    .where("organization_id", "=", row.id)
    .where("role", "=", "owner")
    .where("user_id", "!=", member.user_id)
    .executeTakeFirst();
  if (other !== undefined) return;
  throw new EntrepotError("permission-denied", {
    message: `"${userName}" is the last owner of the organization ${row.name}; make another one first.`,
  });
}
