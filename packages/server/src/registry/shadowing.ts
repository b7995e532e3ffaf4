import { EntrepotError } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import type { Upstreams } from "../upstream/index.ts";
import type { NameOrigins } from "./name-origin.ts";
import type { Registry } from "./registry.ts";
import { upstreamsFor } from "./upstream-filter.ts";

export interface ShadowingDeps {
  db: Database;
  origins: NameOrigins;
  upstreams: Pick<Upstreams, "current">;
}

/**
 * Refuses a first publish under a name whose packages people already get from an upstream: from then on they
 * would get ours without noticing. Claiming the name for the registry says that this is meant. Looks only at what is
 * here already, since no upstream may hear of a name that is becoming ours.
 */
export async function refuseShadowing(deps: ShadowingDeps, registry: Registry, name: string): Promise<void> {
  const origin = await deps.origins.of(registry, name);
  if (origin.kind !== "upstream" || registry.isClaimed(name)) return;
  const upstream = (await knownFrom(deps, registry, name)) ?? (await cachedFrom(deps, registry, name));
  if (upstream === null) return;
  throw new EntrepotError("permission-denied", {
    message:
      `${name} is in use here from the upstream "${upstream}"; publishing would replace it for everybody. ` +
      `If that is meant, claim the name first: entrepot claim add ${registry.name} ${name}`,
  });
}

/** The first of the registry's upstreams whose document of the name was read. */
async function knownFrom(deps: ShadowingDeps, registry: Registry, name: string): Promise<string | null> {
  for (const upstream of upstreamsFor(registry, name)) {
    const entry = await deps.upstreams.current(upstream, name, { cachedOnly: true });
    if (entry?.kind === "present") return upstream.name;
  }
  return null;
}

async function cachedFrom({ db }: ShadowingDeps, registry: Registry, name: string): Promise<string | null> {
  const cached = await db.read
    .selectFrom("cached_versions")
    .innerJoin("upstreams", "upstreams.id", "cached_versions.upstream_id")
    .select("upstreams.name as upstream")
    .where("cached_versions.registry_id", "=", registry.id)
    .where("cached_versions.name", "=", name)
    .limit(1)
    .executeTakeFirst();
  return cached?.upstream ?? null;
}
