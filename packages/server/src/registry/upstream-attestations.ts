import { LRUCache } from "lru-cache";
import { EntrepotError, isJsonObject, type VersionFacts } from "@entrepot/core";
import { withoutNul, type Database } from "../db/index.ts";
import type { Upstream, Upstreams } from "../upstream/index.ts";

/** For so long an upstream that has none is not asked again. */
const ABSENT_MS = 5 * 60_000;
const ABSENT_MAX = 10_000;

export interface UpstreamAttestationsDeps {
  db: Database;
  upstreams: Pick<Upstreams, "proofs">;
  now: () => number;
}

/** The version whose attestations are wanted; with `cachedOnly` no upstream is asked. */
export interface WantedAttestations {
  name: string;
  facts: VersionFacts;
  cachedOnly?: boolean;
}

/** Attestations of versions of upstreams, fetched once. */
export interface UpstreamAttestations {
  /**
   * The upstream's answer about a version, JSON with a list of `attestations`; null if it has none. Throws upstream
   * errors.
   */
  of(upstream: Upstream, wanted: WantedAttestations): Promise<string | null>;
  /** Forgets those that were fetched before a time in milliseconds; they are fetched again when they are wanted. */
  prune(before: number): Promise<number>;
}

/** Makes the look-up, with what was fetched kept in the database. */
export function createUpstreamAttestations(deps: UpstreamAttestationsDeps): UpstreamAttestations {
  const absentUntil = new LRUCache<string, number>({ max: ABSENT_MAX });
  const flights = new Map<string, Promise<string | null>>();

  async function fetchOf(
    upstream: Upstream,
    { name, facts, cachedOnly = false, key }: WantedAttestations & { key: string },
  ): Promise<string | null> {
    const columns = columnsOf(upstream, name, facts);
    const row = await deps.db.read
      .selectFrom("version_attestations")
      .select("attestations")
      .where((eb) => eb.and(columns))
      .executeTakeFirst();
    if (row !== undefined || cachedOnly) return row?.attestations ?? null;
    const version = facts.upstreamVersion ?? facts.version;
    const answer = await deps.upstreams.proofs.attestations(upstream, { name, version });
    if (answer === null) {
      absentUntil.set(key, deps.now() + ABSENT_MS);
      return null;
    }
    const attestations = checked(upstream, Buffer.from(answer).toString("utf8"));
    await deps.db.write((trx) =>
      trx
        .insertInto("version_attestations")
        .values({ ...columns, attestations, fetched_at: deps.now() })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    return attestations;
  }

  return {
    async of(upstream, wanted) {
      const { name, facts, cachedOnly = false } = wanted;
      const key = [upstream.id, upstream.url, name, facts.version, facts.integrity, cachedOnly].join("\n");
      const until = absentUntil.get(key);
      if (until !== undefined && deps.now() < until) return null;
      const flying = flights.get(key);
      if (flying !== undefined) return await flying;
      const flight = fetchOf(upstream, { ...wanted, key }).finally(() => flights.delete(key));
      flights.set(key, flight);
      return await flight;
    },
    async prune(before) {
      const { numDeletedRows } = await deps.db.write((trx) =>
        trx.deleteFrom("version_attestations").where("fetched_at", "<", before).executeTakeFirstOrThrow(),
      );
      return Number(numDeletedRows);
    },
  };
}

// What cannot be what clients expect is not passed on; whether it is genuine is another question.
function checked(upstream: Upstream, text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    if (isJsonObject(answer) && Array.isArray(answer["attestations"])) {
      return withoutNul(JSON.stringify({ attestations: answer["attestations"] as unknown[] }));
    }
  } catch {
    // Told below.
  }
  throw new EntrepotError("upstream-invalid", {
    message: `The upstream "${upstream.name}" answers about attestations with something else.`,
    details: { upstream: upstream.name },
  });
}

function columnsOf(
  upstream: Upstream,
  name: string,
  { version, integrity }: VersionFacts,
): { upstream_id: string; name: string; version: string; integrity: string } {
  return { upstream_id: upstream.id, name, version, integrity: integrity ?? "" };
}
