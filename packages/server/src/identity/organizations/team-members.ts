import { EntrepotError } from "@entrepot/core";
import { pageLimit, pageOf, type Deed, type Page } from "../identity-deps.ts";
import { findMember, noMember } from "./members.ts";
import { assertMayJoin, assertMayLeave } from "./team-rules.ts";
import { requireTeam, requireTeamRow, type TeamName } from "./teams.ts";
import {
  requireUserRow,
  writeOrganization,
  type MemberWriter,
  type OrganizationDeps,
  type OrganizationScope,
} from "./write-organization.ts";

/** A change of who is in a team. */
type TeamMemberWrite = Deed & TeamName & { user: string; by: MemberWriter };

/** Adds a member of the organization to a team; resolves with the user's name. Throws `not-found`, also for others, and `permission-denied` where the writer does not hold what the team was given. */
export async function addTeamMember(deps: OrganizationDeps, input: TeamMemberWrite): Promise<string> {
  return await writeOrganization(deps, input, async (scope) => {
    const { team, user } = await found(scope, input);
    if ((await findMember(scope, user.id)) === null) throw noMember(user.name, scope.row.name);
    await assertMayJoin(scope, input.by, team);
    const { numInsertedOrUpdatedRows } = await scope.trx
      .insertInto("team_members")
      .values({ team_id: team.id, user_id: user.id })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) return { detail: null, result: user.name };
    const detail = { what: "team member added", team: team.name, userId: user.id, user: user.name };
    return { detail, result: user.name };
  });
}

/** Removes somebody from a team, who stays in the organization. Throws `not-found`, also when they are not in the team, and `permission-denied` for a team that a rule restricts. */
export async function removeTeamMember(deps: OrganizationDeps, input: TeamMemberWrite): Promise<void> {
  await writeOrganization(deps, input, async (scope) => {
    const { team, user } = await found(scope, input);
    await assertMayLeave(scope, input.by, [team.id]);
    const { numDeletedRows } = await scope.trx
      .deleteFrom("team_members")
      .where("team_id", "=", team.id)
      .where("user_id", "=", user.id)
      .executeTakeFirst();
    if (numDeletedRows === 0n) {
      throw new EntrepotError("not-found", {
        message: `"${user.name}" is not in the team ${scope.row.name}:${team.name}.`,
      });
    }
    const detail = { what: "team member removed", team: team.name, userId: user.id, user: user.name };
    return { detail, result: undefined };
  });
}

async function found(
  scope: OrganizationScope,
  { team, user }: TeamMemberWrite,
): Promise<{ team: { id: string; name: string }; user: { id: string; name: string } }> {
  return {
    team: await requireTeamRow(scope.trx, scope.row, team),
    user: await requireUserRow(scope, user),
  };
}

/** Lists the users of a team by name. Throws `not-found` for it and its organization. */
export async function listTeamMembers(
  deps: Pick<OrganizationDeps, "db" | "workspaceId">,
  input: TeamName & { after?: string | null; limit?: number },
): Promise<Page<string>> {
  const limit = pageLimit(input.limit);
  const { id } = await requireTeam(deps, input);
  const rows = await deps.db.read
    .selectFrom("team_members")
    .innerJoin("users", "users.id", "team_members.user_id")
    .select("users.name")
    .where("team_members.team_id", "=", id)
    .where("users.name", ">", input.after ?? "")
    .orderBy("users.name")
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, { item: ({ name }) => name, cursor: (row) => row.name });
}
