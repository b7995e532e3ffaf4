import { randomUUID } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import { isUniqueViolation } from "../../db/index.ts";
import { removeTeamRules } from "../access/access-rules.ts";
import { pageLimit, pageOf, type Deed, type Page } from "../identity-deps.ts";
import { findMember } from "./members.ts";
import { assertNewName, EVERYONES_TEAM, foldName } from "./names.ts";
import { assertMayLeave } from "./team-rules.ts";
import {
  logOrganization,
  writeOrganization,
  type MemberWriter,
  type OrganizationDeps,
  type OrganizationRow,
  type OrganizationScope,
} from "./write-organization.ts";

/** An organization: named like the scope of its packages, without the `@`. */
export interface Organization {
  id: string;
  name: string;
  createdAt: number;
}

/**
 * Makes an organization with its team of everybody; `ownerId`, a user's, is its first owner. Throws `request-invalid` for
 * a bad name, and `name-taken`.
 */
export async function createOrganization(
  deps: OrganizationDeps,
  input: Deed & { name: string; ownerId: string | null },
): Promise<Organization> {
  const at = deps.now();
  const name = foldName(input.name);
  assertNewName(name, "An organization");
  const row: OrganizationRow = { id: randomUUID(), workspace_id: deps.workspaceId, name, created_at: at };
  try {
    await deps.db.write(async (trx) => {
      const team = { id: randomUUID(), organization_id: row.id, name: EVERYONES_TEAM, description: "" };
      await trx.insertInto("organizations").values(row).execute();
      await trx
        .insertInto("teams")
        .values({ ...team, created_at: at })
        .execute();
      if (input.ownerId !== null) {
        const member = { organization_id: row.id, user_id: input.ownerId, role: "owner" as const };
        await trx
          .insertInto("organization_members")
          .values({ ...member, added_at: at })
          .execute();
        await trx.insertInto("team_members").values({ team_id: team.id, user_id: input.ownerId }).execute();
      }
      await logOrganization(trx, row, { actor: input.actor, at, detail: { what: "created" } });
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new EntrepotError("name-taken", { message: `There is an organization "${name}" already.` });
  }
  return shown(row);
}

/**
 * Deletes an organization with its teams and what was granted to them. Throws `not-found`, and `permission-denied` for
 * who is no owner of it, and for others than who manages all where a rule restricts a team.
 */
export async function deleteOrganization(
  deps: OrganizationDeps,
  input: Deed & { organization: string; by: MemberWriter },
): Promise<void> {
  await writeOrganization(deps, input, async (scope) => {
    const { trx, row } = scope;
    await assertOwner(scope, input.by);
    const teams = await trx.selectFrom("teams").select("id").where("organization_id", "=", row.id).execute();
    const teamIds = teams.map(({ id }) => id);
    await assertMayLeave(scope, input.by, teamIds);
    await removeTeamRules(trx, deps, { teamIds, actor: input.actor });
    await trx.deleteFrom("organizations").where("id", "=", row.id).execute();
    return { detail: { what: "deleted" }, result: undefined };
  });
}

async function assertOwner(scope: OrganizationScope, { userId, managesAll }: MemberWriter): Promise<void> {
  if (managesAll) return;
  const writer = userId === null ? null : await findMember(scope, userId);
  if (writer?.role === "owner") return;
  throw new EntrepotError("permission-denied", {
    message: `Only its owners delete the organization ${scope.row.name}; ask one of them.`,
  });
}

/** Lists organizations by name. */
export async function listOrganizations(
  { db, workspaceId }: Pick<OrganizationDeps, "db" | "workspaceId">,
  input: { after?: string | null; limit?: number } = {},
): Promise<Page<Organization>> {
  const limit = pageLimit(input.limit);
  const rows = await db.read
    .selectFrom("organizations")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("name", ">", input.after ?? "")
    .orderBy("name")
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, { item: shown, cursor: (row) => row.name });
}

function shown({ id, name, created_at }: OrganizationRow): Organization {
  return { id, name, createdAt: created_at };
}
