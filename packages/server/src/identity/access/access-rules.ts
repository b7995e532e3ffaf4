import { randomUUID } from "node:crypto";
import { EntrepotError, parseNamePattern, type AccessRule, type Permission } from "@entrepot/core";
import type { Selectable, Transaction } from "kysely";
import { appendChange, type Actor } from "../../changes/index.ts";
import { isForeignKeyViolation, type Database, type Schema } from "../../db/index.ts";
import { pageLimit, pageOf, type Page } from "../identity-deps.ts";
import { ruleOf } from "./access.ts";

export interface AccessRuleDeps {
  db: Database;
  workspaceId: string;
  now: () => number;
}

/** A rule with what people want to know of it. */
export interface ListedRule extends AccessRule {
  /** Names behind the ids of the rule; null where there is none. */
  userName: string | null;
  /** `organization:team`. */
  teamName: string | null;
  registryName: string | null;
  createdBy: string;
  createdAt: number;
}

/** A rule before it is written. */
export type NewAccessRule = Omit<AccessRule, "id">;

/** What concerns no single package, so that a rule about packages cannot give or take it. */
const OF_NO_PACKAGE: ReadonlySet<Permission> = new Set<Permission>([
  "query",
  "view-teams",
  "manage-teams",
  "manage-registry",
  "administer",
]);
/** What concerns the whole workspace, so that a rule on a registry or a group would never be asked about it. */
const OF_WORKSPACE: ReadonlySet<Permission> = new Set<Permission>([
  "query",
  "view-teams",
  "manage-teams",
  "administer",
]);
/** What strangers can be given. */
const FOR_ANYONE: ReadonlySet<Permission> = new Set<Permission>(["view", "download"]);

/** Writes a rule. Throws `request-invalid` for one that could never hold, `not-found` for an unknown subject or place. */
export async function createAccessRule(
  deps: AccessRuleDeps,
  input: NewAccessRule & { actor: Actor },
): Promise<AccessRule> {
  assertSensible(input);
  const rule: AccessRule = { ...input, id: randomUUID() };
  try {
    await deps.db.write(async (trx) => await insertRule(trx, deps, { rule, actor: input.actor }));
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new EntrepotError("not-found", {
      message: "The user, team or registry of the rule is gone.",
      cause: error,
    });
  }
  return rule;
}

/** Writes a rule within a transaction, as {@link createAccessRule} does. */
export async function insertRule(
  trx: Transaction<Schema>,
  deps: Pick<AccessRuleDeps, "workspaceId" | "now">,
  { rule, actor }: { rule: AccessRule; actor: Actor },
): Promise<void> {
  const { subject } = rule;
  const at = deps.now();
  await trx
    .insertInto("access_rules")
    .values({
      id: rule.id,
      workspace_id: deps.workspaceId,
      effect: rule.effect,
      subject: subject.kind,
      user_id: subject.kind === "user" ? subject.id : null,
      team_id: subject.kind === "team" ? subject.id : null,
      permissions: JSON.stringify([...rule.permissions]),
      registry_id: rule.registryId,
      group_name: rule.group,
      packages: rule.packages,
      created_by: actor.name,
      created_at: at,
    })
    .execute();
  await logRule(trx, deps, { rule, actor, what: "created" });
}

/** Deletes a rule; false when there was none. */
export async function deleteAccessRule(
  deps: AccessRuleDeps,
  input: { id: string; actor: Actor },
): Promise<boolean> {
  return await deps.db.write(async (trx) => {
    const row = await trx
      .selectFrom("access_rules")
      .selectAll()
      .where("id", "=", input.id)
      .where("workspace_id", "=", deps.workspaceId)
      .executeTakeFirst();
    if (row === undefined) return false;
    await removeRule(trx, deps, { rule: ruleOf(row), actor: input.actor });
    return true;
  });
}

/** Deletes a rule within a transaction. */
export async function removeRule(
  trx: Transaction<Schema>,
  deps: Pick<AccessRuleDeps, "workspaceId" | "now">,
  { rule, actor }: { rule: AccessRule; actor: Actor },
): Promise<void> {
  await trx.deleteFrom("access_rules").where("id", "=", rule.id).execute();
  await logRule(trx, deps, { rule, actor, what: "deleted" });
}

/** Deletes within a transaction the rules about teams that are about to go, so that the log tells of each. */
export async function removeTeamRules(
  trx: Transaction<Schema>,
  deps: Pick<AccessRuleDeps, "workspaceId" | "now">,
  { teamIds, actor }: { teamIds: readonly string[]; actor: Actor },
): Promise<void> {
  if (teamIds.length === 0) return;
  const rows = await trx.selectFrom("access_rules").selectAll().where("team_id", "in", teamIds).execute();
  for (const row of rows) await removeRule(trx, deps, { rule: ruleOf(row), actor });
}

async function logRule(
  trx: Transaction<Schema>,
  deps: Pick<AccessRuleDeps, "workspaceId" | "now">,
  { rule, actor, what }: { rule: AccessRule; actor: Actor; what: "created" | "deleted" },
): Promise<void> {
  const { id, effect, subject, permissions, group, packages } = rule;
  await appendChange(trx, {
    workspaceId: deps.workspaceId,
    registryId: rule.registryId,
    packageName: null,
    kind: "access-changed",
    actor,
    at: deps.now(),
    detail: { what, ruleId: id, effect, subject, permissions: [...permissions], group, packages },
  });
}

/** Lists rules, the oldest first; with `registryId`, those on that registry alone. */
export async function listAccessRules(
  deps: Pick<AccessRuleDeps, "db" | "workspaceId">,
  input: { registryId?: string; after?: string | null; limit?: number } = {},
): Promise<Page<ListedRule>> {
  const limit = pageLimit(input.limit);
  let query = deps.db.read
    .selectFrom("access_rules")
    .leftJoin("users", "users.id", "access_rules.user_id")
    .leftJoin("registries", "registries.id", "access_rules.registry_id")
    .leftJoin("teams", "teams.id", "access_rules.team_id")
    .leftJoin("organizations", "organizations.id", "teams.organization_id")
    .selectAll("access_rules")
    .select([
      "users.name as user_name",
      "registries.name as registry_name",
      "teams.name as team_name",
      "organizations.name as organization_name",
    ])
    .where("access_rules.workspace_id", "=", deps.workspaceId)
    .where("access_rules.id", ">", input.after ?? "");
  if (input.registryId !== undefined) query = query.where("access_rules.registry_id", "=", input.registryId);
  const rows = await query
    .orderBy("access_rules.id")
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, { item: listedRule, cursor: (row) => row.id });
}

interface ListedRow extends Selectable<Schema["access_rules"]> {
  user_name: string | null;
  registry_name: string | null;
  team_name: string | null;
  organization_name: string | null;
}

function listedRule(row: ListedRow): ListedRule {
  return {
    ...ruleOf(row),
    userName: row.user_name,
    teamName: row.team_name === null ? null : `${row.organization_name ?? ""}:${row.team_name}`,
    registryName: row.registry_name,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}

function assertSensible({ effect, subject, permissions, ...place }: NewAccessRule): void {
  if (permissions.size === 0) throw invalid("A rule needs at least one permission.");
  assertSensiblePlace([...permissions], place);
  const isForStrangers = effect === "grant" && (subject.kind === "anonymous" || subject.kind === "everyone");
  const tooMuch = [...permissions].find((permission) => !FOR_ANYONE.has(permission));
  if (isForStrangers && tooMuch !== undefined) {
    throw invalid(`The permission ${tooMuch} cannot be given to people without a credential.`);
  }
}

function assertSensiblePlace(
  permissions: readonly Permission[],
  { registryId, group, packages }: Pick<NewAccessRule, "registryId" | "group" | "packages">,
): void {
  if (registryId !== null && group !== null) {
    throw invalid("A rule is on a registry or on a group, not on both.");
  }
  if (registryId !== null || group !== null) {
    const wide = permissions.find((permission) => OF_WORKSPACE.has(permission));
    if (wide !== undefined) {
      throw invalid(
        `The permission ${wide} concerns the whole workspace; a rule about it is on no registry and no group.`,
      );
    }
  }
  if (packages !== null) {
    parseNamePattern(packages);
    const other = permissions.find((permission) => OF_NO_PACKAGE.has(permission));
    if (other !== undefined) throw invalid(`The permission ${other} cannot be limited to packages.`);
  }
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
