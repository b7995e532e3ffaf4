import { randomUUID } from "node:crypto";
import { EntrepotError, parseNamePattern, type AccessRule, type Permission } from "@entrepot/core";
import type { Transaction } from "kysely";
import type { Actor } from "../../changes/index.ts";
import { isForeignKeyViolation, type Schema } from "../../db/index.ts";
import { insertRule, removeRule, type AccessRuleDeps } from "./access-rules.ts";
import { ruleOf } from "./access.ts";

/** What a team can be given on a package by the npm protocol. */
export const TEAM_GRANTS: Readonly<Record<"read-only" | "read-write", readonly Permission[]>> = {
  "read-only": ["view", "download"],
  "read-write": ["view", "download", "publish", "tag", "deprecate", "unpublish"],
};

/** What everyone is given on a package that is public. */
export const PUBLIC_GRANT: readonly Permission[] = ["view", "download"];

/** Somebody's grants on one package of one registry. */
interface GrantKey {
  registryId: string;
  packageName: string;
  subject: { kind: "team"; id: string } | { kind: "everyone" };
}

/**
 * Writes one rule in the place of all grants that the subject had on exactly this package. Throws `name-invalid` for a
 * name that as a pattern would mean others too, and `not-found` when the team or the registry is gone.
 */
export async function setPackageGrant(
  deps: AccessRuleDeps,
  { actor, permissions, ...key }: GrantKey & { permissions: readonly Permission[]; actor: Actor },
): Promise<void> {
  const { registryId, packageName, subject } = key;
  if (parseNamePattern(packageName).kind !== "exact") {
    throw new EntrepotError("name-invalid", { message: `"${packageName}" is not the name of one package.` });
  }
  const rule: AccessRule = {
    id: randomUUID(),
    effect: "grant",
    subject,
    permissions: new Set(permissions),
    registryId,
    group: null,
    packages: packageName,
  };
  try {
    await deps.db.write(async (trx) => {
      const earlier = await grantsOf(trx, deps.workspaceId, key);
      if (earlier.length === 1 && earlier.every((held) => isSame(held, rule))) return;
      for (const held of earlier) await removeRule(trx, deps, { rule: held, actor });
      await insertRule(trx, deps, { rule, actor });
    });
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new EntrepotError("not-found", { message: "The team or the registry is gone.", cause: error });
  }
}

/** Deletes the subject's grants on exactly this package; false when there was none. */
export async function removePackageGrant(
  deps: AccessRuleDeps,
  { actor, ...key }: GrantKey & { actor: Actor },
): Promise<boolean> {
  return await deps.db.write(async (trx) => {
    const held = await grantsOf(trx, deps.workspaceId, key);
    for (const rule of held) await removeRule(trx, deps, { rule, actor });
    return held.length > 0;
  });
}

async function grantsOf(
  trx: Transaction<Schema>,
  workspaceId: string,
  { registryId, packageName, subject }: GrantKey,
): Promise<AccessRule[]> {
  let query = trx
    .selectFrom("access_rules")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("registry_id", "=", registryId)
    .where("packages", "=", packageName)
    .where("effect", "=", "grant")
    .where("subject", "=", subject.kind);
  if (subject.kind === "team") query = query.where("team_id", "=", subject.id);
  return (await query.execute()).map(ruleOf);
}

function isSame(held: AccessRule, wanted: AccessRule): boolean {
  const { permissions } = wanted;
  return (
    held.permissions.size === permissions.size && [...permissions].every((one) => held.permissions.has(one))
  );
}
