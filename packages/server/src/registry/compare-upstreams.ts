import { isEntrepotError } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import { recordDisagreements, type Disagreement } from "../firewall/index.ts";
import type { ThreadPool } from "../threads/index.ts";
import type { DocumentEntry, Upstream, UpstreamEntry, Upstreams } from "../upstream/index.ts";
import type { Registry } from "./registry.ts";
import { upstreamsFor } from "./upstream-filter.ts";

const NAMES_PER_PAGE = 200;
/** Of one package; one whose upstreams disagree about more is known by these well enough. */
const VERSIONS_MAX = 1000;

export interface CompareDeps {
  db: Database;
  upstreams: Pick<Upstreams, "current" | "index">;
  threads: Pick<ThreadPool, "run">;
  now: () => number;
  /** Called once for what was not known before. */
  onDisagreement: (event: FoundDisagreement) => void;
}

/** What was found of one package. */
export interface FoundDisagreement {
  registry: string;
  name: string;
  served: string;
  others: readonly string[];
  disagreements: readonly Disagreement[];
}

/**
 * Looks through the packages that came through a registry for versions that its upstreams have with different content.
 * It goes by what is known of the upstreams: none is asked, since none must hear of a name that was not its own so far.
 * Gives how many versions were found that were not known before.
 */
export async function compareUpstreams(
  deps: CompareDeps,
  registry: Registry,
  signal: AbortSignal,
): Promise<number> {
  if (registry.upstreams.length < 2) return 0;
  let count = 0;
  let after = "";
  for (;;) {
    const names = await namesAfter(deps.db, registry, after);
    for (const name of names) {
      signal.throwIfAborted();
      count += await compareOne(deps, registry, name);
    }
    if (names.length < NAMES_PER_PAGE) return count;
    after = names.at(-1) ?? "";
  }
}

// Only names of which several upstreams are known to have something.
async function namesAfter(db: Database, { id, upstreams }: Registry, after: string): Promise<string[]> {
  const rows = await db.read
    .selectFrom("cached_versions as cached")
    .select("cached.name")
    .distinct()
    .where("cached.registry_id", "=", id)
    .where("cached.name", ">", after)
    .where((eb) =>
      eb(
        eb
          .selectFrom("upstream_documents as known")
          .select(eb.fn.countAll<number>().as("count"))
          .whereRef("known.name", "=", "cached.name")
          .where("known.state", "=", "present")
          .where(
            "known.upstream_id",
            "in",
            upstreams.map((upstream) => upstream.id),
          ),
        ">",
        1,
      ),
    )
    .orderBy("cached.name")
    .limit(NAMES_PER_PAGE)
    .execute();
  return rows.map(({ name }) => name);
}

async function compareOne(deps: CompareDeps, registry: Registry, name: string): Promise<number> {
  const known = await knownAt(deps, registry, name);
  const [served, ...others] = known;
  if (served === undefined || others.length === 0) return 0;
  const found: Disagreement[] = [];
  const former = await deps.upstreams.index(served.entry);
  for (const other of others) {
    const index = await deps.upstreams.index(other.entry);
    const changes = await deps.threads.run("compareIndexes", { former, index });
    for (const { version, was, is } of changes.slice(0, VERSIONS_MAX)) {
      found.push({
        version,
        servedUpstreamId: served.upstream.id,
        otherUpstreamId: other.upstream.id,
        servedIntegrity: was,
        otherIntegrity: is,
      });
    }
  }
  const fresh = await recordDisagreements(deps, { registryId: registry.id, name }, found);
  if (fresh.length > 0) {
    deps.onDisagreement({
      registry: registry.name,
      name,
      served: served.upstream.name,
      others: others.map(({ upstream }) => upstream.name),
      disagreements: fresh,
    });
  }
  return fresh.length;
}

interface KnownPackage {
  upstream: Upstream;
  entry: DocumentEntry;
}

// In the order in which the registry asks them: what the first has is what it gives out. Where the first is not known
// nobody can tell what that is.
async function knownAt(
  { upstreams }: CompareDeps,
  registry: Registry,
  name: string,
): Promise<KnownPackage[]> {
  const known: KnownPackage[] = [];
  for (const upstream of upstreamsFor(registry, name)) {
    const entry = await knownEntry(upstreams, upstream, name);
    if (entry?.kind === "present") known.push({ upstream, entry });
    else if (entry === null && known.length === 0) return [];
  }
  return known;
}

async function knownEntry(
  upstreams: CompareDeps["upstreams"],
  upstream: Upstream,
  name: string,
): Promise<UpstreamEntry | null> {
  try {
    return await upstreams.current(upstream, name, { cachedOnly: true });
  } catch (error) {
    if (isEntrepotError(error)) return null;
    throw error;
  }
}
