import { EntrepotError, parseNamePattern } from "@entrepot/core";
import { writeRegistry, type RegistryActor, type RegistryWriteDeps } from "./registry-write.ts";

const CLAIMS_MAX = 1000;

/** Claims names for the registry: they are never asked upstream. */
export async function addClaim(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: { name: string; pattern: string },
): Promise<void> {
  await changeClaims(deps, by, { name: input.name, change: (claims) => new Set([...claims, input.pattern]) });
}

/** Gives claimed names up. Names with own packages stay local all the same. */
export async function removeClaim(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: { name: string; pattern: string },
): Promise<void> {
  const without = (claims: ReadonlySet<string>): Set<string> =>
    new Set([...claims].filter((pattern) => pattern !== input.pattern));
  await changeClaims(deps, by, { name: input.name, change: without });
}

/** Makes these the registry's only claims. */
export async function setClaims(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: { name: string; patterns: readonly string[] },
): Promise<void> {
  await changeClaims(deps, by, { name: input.name, change: () => new Set(input.patterns) });
}

interface ClaimsChange {
  name: string;
  change: (claims: ReadonlySet<string>) => ReadonlySet<string>;
}

async function changeClaims(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  { name, change }: ClaimsChange,
): Promise<void> {
  await writeRegistry(deps, { by, name }, async ({ trx, row, now }) => {
    const rows = await trx.selectFrom("claims").select("pattern").where("registry_id", "=", row.id).execute();
    const before = new Set(rows.map(({ pattern }) => pattern));
    const after = change(before);
    const claimed = [...after].filter((pattern) => !before.has(pattern));
    const unclaimed = [...before].filter((pattern) => !after.has(pattern));
    for (const pattern of claimed) parseNamePattern(pattern);
    if (claimed.length > 0 && after.size > CLAIMS_MAX) {
      throw new EntrepotError("request-invalid", {
        message: `A registry has at most ${CLAIMS_MAX} claims; use a scope.`,
      });
    }
    if (unclaimed.length > 0) {
      await trx
        .deleteFrom("claims")
        .where("registry_id", "=", row.id)
        .where("pattern", "in", unclaimed)
        .execute();
    }
    if (claimed.length > 0) {
      const made = { registry_id: row.id, created_by: by.actor.name, created_at: now };
      await trx
        .insertInto("claims")
        .values(claimed.map((pattern) => ({ ...made, pattern })))
        .execute();
    }
    if (claimed.length + unclaimed.length === 0) return null;
    return { ...(claimed.length > 0 ? { claimed } : {}), ...(unclaimed.length > 0 ? { unclaimed } : {}) };
  });
}
