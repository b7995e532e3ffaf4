import type { Transaction } from "kysely";
import type { Database, Schema } from "../db/index.ts";

const LISTED_MAX = 1000;

/** A version that two upstreams of one registry have with different content. */
export interface Disagreement {
  version: string;
  /** The upstream whose content the registry gives out, and the other. */
  servedUpstreamId: string;
  otherUpstreamId: string;
  servedIntegrity: string;
  otherIntegrity: string;
}

/** A disagreement with its place; `seenAt` in milliseconds. */
export interface RecordedDisagreement extends Disagreement {
  registryId: string;
  name: string;
  seenAt: number;
}

/** Where upstreams were compared. */
interface Place {
  registryId: string;
  name: string;
}

/** Puts what was found in the place of what was found before; gives what is new. */
export async function recordDisagreements(
  { db, now }: { db: Database; now: () => number },
  place: Place,
  found: readonly Disagreement[],
): Promise<Disagreement[]> {
  const columns = { registry_id: place.registryId, name: place.name };
  const known = await knownOf(db, place);
  const fresh = found.filter((item) => !known.has(keyOf(item)));
  if (fresh.length === 0 && known.size === found.length) return [];
  await db.write(async (trx) => {
    const kept = new Set(found.map(keyOf));
    if ([...known.keys()].some((key) => !kept.has(key))) {
      await trx
        .deleteFrom("upstream_disagreements")
        .where((eb) => eb.and(columns))
        .execute();
      await insert(trx, { place, found, seenAt: (item) => known.get(keyOf(item)) ?? now() });
    } else {
      await insert(trx, { place, found: fresh, seenAt: now });
    }
  });
  return fresh;
}

async function insert(
  trx: Transaction<Schema>,
  {
    place,
    found,
    seenAt,
  }: { place: Place; found: readonly Disagreement[]; seenAt: (item: Disagreement) => number },
): Promise<void> {
  for (const item of found) {
    await trx
      .insertInto("upstream_disagreements")
      .values({
        registry_id: place.registryId,
        name: place.name,
        version: item.version,
        served_upstream_id: item.servedUpstreamId,
        other_upstream_id: item.otherUpstreamId,
        served_integrity: item.servedIntegrity,
        other_integrity: item.otherIntegrity,
        seen_at: seenAt(item),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** When each was first seen, by its content too. */
async function knownOf(db: Database, { registryId, name }: Place): Promise<Map<string, number>> {
  const rows = await db.read
    .selectFrom("upstream_disagreements")
    .selectAll()
    .where("registry_id", "=", registryId)
    .where("name", "=", name)
    .execute();
  return new Map(
    rows.map((row) => [
      keyOf({
        version: row.version,
        servedUpstreamId: row.served_upstream_id,
        otherUpstreamId: row.other_upstream_id,
        servedIntegrity: row.served_integrity,
        otherIntegrity: row.other_integrity,
      }),
      row.seen_at,
    ]),
  );
}

function keyOf(item: Disagreement): string {
  const { version, servedUpstreamId, otherUpstreamId, servedIntegrity, otherIntegrity } = item;
  return [version, servedUpstreamId, otherUpstreamId, servedIntegrity, otherIntegrity].join("\n");
}

/** Everything that upstreams of these registries disagree about, newest first, at most 1,000. */
export async function listDisagreements(
  db: Database,
  registryIds: readonly string[],
): Promise<RecordedDisagreement[]> {
  if (registryIds.length === 0) return [];
  const rows = await db.read
    .selectFrom("upstream_disagreements")
    .selectAll()
    .where("registry_id", "in", [...registryIds])
    .orderBy("seen_at", "desc")
    .orderBy("name")
    .orderBy("version")
    .limit(LISTED_MAX)
    .execute();
  return rows.map((row) => ({
    registryId: row.registry_id,
    name: row.name,
    version: row.version,
    servedUpstreamId: row.served_upstream_id,
    otherUpstreamId: row.other_upstream_id,
    servedIntegrity: row.served_integrity,
    otherIntegrity: row.other_integrity,
    seenAt: row.seen_at,
  }));
}
