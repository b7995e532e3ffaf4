import type { Advisories } from "./advisories/index.ts";
import type { BlobCache, Packuments, Registries, RegistrySnapshot } from "./registry/index.ts";
import type { Metrics } from "./telemetry/index.ts";
import type { ThreadPool } from "./threads/index.ts";
import type { UpstreamHealth, Upstreams } from "./upstream/index.ts";

const BREAKER_STATES: Readonly<Record<UpstreamHealth["state"], number>> = {
  "closed": 0,
  "half-open": 1,
  "open": 2,
};

/** Lets the metrics read, when they are asked for, what the parts know of themselves anyway. */
export function watchParts(
  metrics: Pick<Metrics, "watch">,
  parts: {
    registries: Pick<Registries, "peek">;
    upstreams: Pick<Upstreams, "health" | "cacheBytes">;
    threads: Pick<ThreadPool, "waiting">;
    packuments: Pick<Packuments, "cacheBytes">;
    blobCache: Pick<BlobCache, "sizeBytes">;
    advisories: Pick<Advisories, "state">;
    now: () => number;
  },
): void {
  const { upstreams } = parts;
  let snapshot: RegistrySnapshot | null = null;
  function healths(): { name: string; health: UpstreamHealth }[] {
    // The last one that was current: after a change the next request loads another, not whoever looks at numbers.
    snapshot = parts.registries.peek() ?? snapshot;
    return [...(snapshot?.upstreams.values() ?? [])].map(({ id, name }) => ({
      name,
      health: upstreams.health(id),
    }));
  }
  metrics.watch("entrepot_upstream_breaker_state", () =>
    healths().map(({ name, health }) => ({
      labels: { upstream: name },
      value: BREAKER_STATES[health.state],
    })),
  );
  metrics.watch("entrepot_queue_length", () => [
    { labels: { queue: "threads" }, value: parts.threads.waiting },
    { labels: { queue: "upstreams" }, value: healths().reduce((sum, { health }) => sum + health.waiting, 0) },
  ]);
  metrics.watch("entrepot_advisories", () =>
    parts.advisories.state().feeds.map(({ name, records }) => ({ labels: { feed: name }, value: records })),
  );
  metrics.watch("entrepot_advisory_age_seconds", () =>
    parts.advisories.state().feeds.flatMap(({ name, checkedAt }) =>
      // One that was never current has no age.
      checkedAt === null ? [] : [{ labels: { feed: name }, value: (parts.now() - checkedAt) / 1000 }],
    ),
  );
  metrics.watch("entrepot_cache_bytes", () => [
    { labels: { cache: "views" }, value: parts.packuments.cacheBytes() },
    { labels: { cache: "blobs" }, value: parts.blobCache.sizeBytes },
    { labels: { cache: "documents" }, value: upstreams.cacheBytes() },
  ]);
}
