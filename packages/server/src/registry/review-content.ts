import type { TarballContent, VersionFacts } from "@entrepot/core";
import type { Evidence } from "../firewall/index.ts";
import type { Upstream, Upstreams } from "../upstream/index.ts";
import type { CachedVersions } from "./cached-versions.ts";
import { inspectUpstreamTarball, keptBytes, type InspectDeps } from "./inspect-upstream-tarball.ts";
import type { Registry } from "./registry.ts";
import { upstreamsFor } from "./upstream-filter.ts";

export interface ReviewDeps extends InspectDeps {
  evidence: InspectDeps["evidence"] & Pick<Evidence, "contents">;
  cachedVersions: Pick<CachedVersions, "find">;
  upstreams: Pick<Upstreams, "current" | "facts" | "tarball">;
}

/** A version of an upstream. */
interface Reviewed {
  registry: Registry;
  name: string;
  version: string;
}

interface Promised {
  upstream: Upstream;
  facts: VersionFacts;
}

/**
 * What is in the tarball of an upstream's version, for whoever decides on it: as it was found when somebody looked, else
 * looked into now, which downloads it unless it is kept. It is not kept because of that. Null where no document is known
 * that promises the version. Throws upstream errors, and `version-denied` if it cannot be read.
 */
export async function reviewContent(deps: ReviewDeps, reviewed: Reviewed): Promise<TarballContent | null> {
  const { registry, name, version } = reviewed;
  const [known] = (await deps.evidence.contents(name)).get(version) ?? [];
  if (known !== undefined) return known;
  const promised = await knownPromise(deps, reviewed);
  if (promised === null) return null;
  const { upstream, facts } = promised;
  const kept = await deps.cachedVersions.find(registry.id, name, facts);
  const bytes = kept === null ? null : await keptBytes(deps, kept);
  const subject = { name, facts, rules: [] };
  if (bytes !== null) return await inspectUpstreamTarball(deps, subject, bytes);
  const fetched = await deps.upstreams.tarball(upstream, { name, version, facts });
  try {
    return await inspectUpstreamTarball(deps, subject, fetched);
  } finally {
    await fetched.discard();
  }
}

async function knownPromise(
  { upstreams }: ReviewDeps,
  { registry, name, version }: Reviewed,
): Promise<Promised | null> {
  if (registry.isClaimed(name)) return null;
  for (const upstream of upstreamsFor(registry, name)) {
    const entry = await upstreams.current(upstream, name, { cachedOnly: true });
    if (entry?.kind !== "present") continue;
    const facts = await upstreams.facts(entry, version);
    return facts === null ? null : { upstream, facts };
  }
  return null;
}
