import { randomUUID } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import type { Kysely, Selectable, Transaction } from "kysely";
import { isUniqueViolation, type Schema } from "../../db/index.ts";
import { removeTeamRules } from "../access/access-rules.ts";
import { pageLimit, pageOf, type Deed, type Page } from "../identity-deps.ts";
import { assertNewName, EVERYONES_TEAM, foldName } from "./names.ts";
import { assertMayLeave } from "./team-rules.ts";
import {
  requireOrganization,
  writeOrganization,
  type MemberWriter,
  type OrganizationDeps,
  type OrganizationRow,
} from "./write-organization.ts";

/** Users of an organization who hold permissions together. */
export interface Team {
  id: string;
  name: string;
  description: string;
  createdAt: number;
}

/** A team by the names that people use. */
export interface TeamName {
  organization: string;
  team: string;
}

type TeamRow = Selectable<Schema["teams"]>;
type Reader = Kysely<Schema> | Transaction<Schema>;

const DESCRIPTION_CHARACTERS_MAX = 1000;

/** Makes a team without members. Throws `not-found`, `request-invalid` for a bad name or description, and `name-taken`. */
export async function createTeam(
  deps: OrganizationDeps,
  input: Deed & TeamName & { description: string },
): Promise<Team> {
  const name = foldName(input.team);
  assertNewName(name, "A team");
  assertDescription(input.description);
  return await namingTeam(input, async () =>
    writeOrganization(deps, input, async ({ trx, row, now }) => {
      const team = { id: randomUUID(), name, description: input.description, created_at: now };
      await trx
        .insertInto("teams")
        .values({ ...team, organization_id: row.id })
        .execute();
      return {
        detail: { what: "team created", team: name },
        result: shown({ ...team, organization_id: row.id }),
      };
    }),
  );
}

/** Changes the name or the description of a team. Throws as {@link createTeam}, and `permission-denied` for a new name of the team of everybody. */
export async function changeTeam(
  deps: OrganizationDeps,
  input: Deed & TeamName & { name?: string; description?: string },
): Promise<Team> {
  const name = foldName(input.name ?? input.team);
  assertNewName(name, "A team");
  if (input.description !== undefined) assertDescription(input.description);
  return await namingTeam({ ...input, team: name }, async () =>
    writeOrganization(deps, input, async (scope) => {
      const before = await requireTeamRow(scope.trx, scope.row, input.team);
      if (name !== before.name) assertNotEveryones(before, "renamed");
      const after = { ...before, name, description: input.description ?? before.description };
      await scope.trx
        .updateTable("teams")
        .set({ name, description: after.description })
        .where("id", "=", before.id)
        .execute();
      return { detail: { what: "team changed", team: before.name, name }, result: shown(after) };
    }),
  );
}

/** Deletes a team with what was granted to it. Throws `not-found`, and `permission-denied` for the team of everybody and for one that a rule restricts. */
export async function deleteTeam(
  deps: OrganizationDeps,
  input: Deed & TeamName & { by: Pick<MemberWriter, "managesAll"> },
): Promise<void> {
  await writeOrganization(deps, input, async (scope) => {
    const { trx, row } = scope;
    const team = await requireTeamRow(trx, row, input.team);
    assertNotEveryones(team, "destroyed");
    await assertMayLeave(scope, input.by, [team.id]);
    await removeTeamRules(trx, deps, { teamIds: [team.id], actor: input.actor });
    await trx.deleteFrom("teams").where("id", "=", team.id).execute();
    return { detail: { what: "team deleted", teamId: team.id, team: team.name }, result: undefined };
  });
}

/** Lists the teams of an organization by name. Throws `not-found`. */
export async function listTeams(
  deps: Pick<OrganizationDeps, "db" | "workspaceId">,
  input: { organization: string; after?: string | null; limit?: number },
): Promise<Page<Team>> {
  const limit = pageLimit(input.limit);
  const { id } = await requireOrganization(deps, input.organization);
  const rows = await deps.db.read
    .selectFrom("teams")
    .selectAll()
    .where("organization_id", "=", id)
    .where("name", ">", input.after ?? "")
    .orderBy("name")
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, { item: shown, cursor: (row) => row.name });
}

/** A team by name. Throws `not-found` for it and its organization. */
export async function requireTeam(
  deps: Pick<OrganizationDeps, "db" | "workspaceId">,
  { organization, team }: TeamName,
): Promise<Team> {
  const row = await requireOrganization(deps, organization);
  return shown(await requireTeamRow(deps.db.read, row, team));
}

/** The row of a team of an organization. Throws `not-found`. */
export async function requireTeamRow(
  reader: Reader,
  organization: OrganizationRow,
  name: string,
): Promise<TeamRow> {
  const row = await reader
    .selectFrom("teams")
    .selectAll()
    .where("organization_id", "=", organization.id)
    .where("name", "=", foldName(name))
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new EntrepotError("not-found", {
    message: `The organization ${organization.name} has no team "${foldName(name)}".`,
  });
}

async function namingTeam({ organization, team }: TeamName, write: () => Promise<Team>): Promise<Team> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new EntrepotError("name-taken", {
      message: `The organization ${foldName(organization)} has a team "${foldName(team)}" already.`,
    });
  }
}

function assertNotEveryones({ name }: TeamRow, what: "renamed" | "destroyed"): void {
  if (name !== EVERYONES_TEAM) return;
  throw new EntrepotError("permission-denied", {
    message: `The team "${EVERYONES_TEAM}" is that of every member and cannot be ${what}.`,
  });
}

function assertDescription(description: string): void {
  if (description.length <= DESCRIPTION_CHARACTERS_MAX) return;
  throw new EntrepotError("request-invalid", {
    message: `The description of a team has at most ${DESCRIPTION_CHARACTERS_MAX} characters.`,
  });
}

function shown({ id, name, description, created_at }: TeamRow): Team {
  return { id, name, description, createdAt: created_at };
}
