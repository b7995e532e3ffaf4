import { isEntrepotError } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import type { Upstream } from "../upstream/index.ts";
import type { OriginProofs } from "./origin-proofs.ts";
import type { Registries } from "./registries.ts";
import type { TrustRoot } from "./trust-root.ts";
import type { UpstreamAttestations } from "./upstream-attestations.ts";

const PAGE = 200;
/** Versions that one run looks at; the others come in the next. */
const VERSIONS_MAX = 10_000;
const LINES_MAX = 100;
const KEPT_MS = 90 * 86_400_000;

type Known = Pick<Awaited<ReturnType<Registries["snapshot"]>>, "upstreams">;

export interface VerifyCachedDeps {
  db: Pick<Database, "read">;
  registries: { snapshot(): Known | Promise<Known> };
  originProofs: Pick<OriginProofs, "verify">;
  attestations: Pick<UpstreamAttestations, "prune">;
  trustRoot: () => Promise<TrustRoot>;
  now: () => number;
}

/** Where a run tells what it does. */
interface VerifyReport {
  log(text: string): void;
  count(name: string, by?: number): void;
  signal: AbortSignal;
}

/**
 * Verifies the origin of all versions that passed through a registry and of which nothing was verified by the trust
 * root of today; a new root is thereby applied to all. Forgets attestations that nobody asked for in months.
 */
export async function verifyCached(deps: VerifyCachedDeps, report: VerifyReport): Promise<void> {
  const { upstreams } = await deps.registries.snapshot();
  const byId = new Map([...upstreams.values()].map((upstream) => [upstream.id, upstream]));
  const { digest } = await deps.trustRoot();
  let lines = 0;
  let looked = 0;
  let after = { name: "", version: "" };
  while (looked < VERSIONS_MAX && !report.signal.aborted) {
    const rows = await unverified(deps, digest, after);
    for (const { upstream_id: upstreamId, ...version } of rows) {
      const upstream = byId.get(upstreamId);
      if (upstream === undefined || report.signal.aborted) continue;
      const told = await verifyOne(deps, { upstream, ...version }, report);
      if (told === null) continue;
      lines += 1;
      if (lines <= LINES_MAX) report.log(told);
    }
    looked += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) break;
    after = last;
  }
  const pruned = await deps.attestations.prune(deps.now() - KEPT_MS);
  report.log(`looked at ${looked} versions, forgot ${pruned} attestations`);
}

async function verifyOne(
  { originProofs }: VerifyCachedDeps,
  subject: { upstream: Upstream; name: string; version: string },
  report: VerifyReport,
): Promise<string | null> {
  const { name, version } = subject;
  try {
    const result = await originProofs.verify(subject);
    report.count(result);
    return result === "refuted" ? `${name}@${version}: what it shows of its origin is not genuine` : null;
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    report.count("failed");
    return `${name}@${version}: ${error.message}`;
  }
}

// One version of several upstreams may stand on both sides of a page's end; it waits for the next run then.
async function unverified(
  { db }: VerifyCachedDeps,
  digest: string,
  after: { name: string; version: string },
): Promise<{ upstream_id: string; name: string; version: string }[]> {
  return await db.read
    .selectFrom("cached_versions as cached")
    .select(["cached.upstream_id", "cached.name", "cached.version"])
    .distinct()
    .where((eb) =>
      eb.or([
        eb("cached.name", ">", after.name),
        eb.and([eb("cached.name", "=", after.name), eb("cached.version", ">", after.version)]),
      ]),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("version_proofs as proven")
            .select("proven.name")
            .whereRef("proven.name", "=", "cached.name")
            .whereRef("proven.version", "=", "cached.version")
            .whereRef("proven.upstream_id", "=", "cached.upstream_id")
            .where("proven.trust_root", "=", digest),
        ),
      ),
    )
    .orderBy("cached.name")
    .orderBy("cached.version")
    .orderBy("cached.upstream_id")
    .limit(PAGE)
    .execute();
}
