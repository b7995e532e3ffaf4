import { EntrepotError, type AccessRule } from "@entrepot/core";
import { ruleOf } from "../access/access.ts";
import type { MemberWriter, OrganizationScope } from "./write-organization.ts";

/**
 * Refuses somebody to a team whose grants the writer does not hold: who may change teams gives what they have. Throws
 * `permission-denied`.
 */
export async function assertMayJoin(
  scope: OrganizationScope,
  { managesAll, holds }: MemberWriter,
  team: { id: string; name: string },
): Promise<void> {
  if (managesAll) return;
  const grants = (await rulesOf(scope, [team.id])).filter(({ effect }) => effect === "grant");
  if (grants.every((grant) => holds(grant))) return;
  throw new EntrepotError("permission-denied", {
    message:
      `The team ${scope.row.name}:${team.name} was given more than you hold, so you cannot add anybody to it; ` +
      "ask an administrator.",
  });
}

/** Refuses to take anybody out of teams that a rule restricts, and to destroy those. Throws `permission-denied`. */
export async function assertMayLeave(
  scope: OrganizationScope,
  { managesAll }: Pick<MemberWriter, "managesAll">,
  teamIds: readonly string[],
): Promise<void> {
  if (managesAll) return;
  const isRestricted = (await rulesOf(scope, teamIds)).some(({ effect }) => effect === "restrict");
  if (!isRestricted) return;
  throw new EntrepotError("permission-denied", {
    message:
      `A rule restricts a team of the organization ${scope.row.name} that this would undo; ` +
      "only an administrator takes members out of such a team or destroys it.",
  });
}

async function rulesOf({ trx, row }: OrganizationScope, teamIds: readonly string[]): Promise<AccessRule[]> {
  if (teamIds.length === 0) return [];
  const rows = await trx
    .selectFrom("access_rules")
    .selectAll()
    .where("workspace_id", "=", row.workspace_id)
    .where("team_id", "in", teamIds)
    .execute();
  return rows.map(ruleOf);
}
