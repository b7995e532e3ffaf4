import { EntrepotError } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import { isClaimed, type NameOrigins } from "./name-origin.ts";
import type { Registry } from "./registry.ts";

/**
 * Refuses a first publish under a name whose packages people already get from an upstream: from then on they
 * would get ours without noticing. Claiming the name for the registry says that this is meant.
 */
export async function refuseShadowing(
  deps: { db: Database; origins: NameOrigins },
  registry: Registry,
  name: string,
): Promise<void> {
  const origin = await deps.origins.of(registry, name);
  if (origin.kind !== "upstream" || isClaimed(registry, name)) return;
  const cached = await deps.db.read
    .selectFrom("cached_versions")
    .innerJoin("upstreams", "upstreams.id", "cached_versions.upstream_id")
    .select("upstreams.name as upstream")
    .where("cached_versions.registry_id", "=", registry.id)
    .where("cached_versions.name", "=", name)
    .limit(1)
    .executeTakeFirst();
  if (cached === undefined) return;
  throw new EntrepotError("permission-denied", {
    message:
      `${name} is in use here from the upstream "${cached.upstream}"; publishing would replace it for everybody. ` +
      `If that is meant, claim the name first: entrepot claim add ${registry.name} ${name}`,
  });
}
