import type { Selectable, Transaction } from "kysely";
import type { Database, Schema } from "../db/index.ts";

type Reader = Database["read"] | Transaction<Schema>;
type EpochRow = Selectable<Schema["advisory_epochs"]>;

/** What a feed contributed to an epoch. */
export interface EpochFeed {
  name: string;
  kind: "osv" | "kev" | "epss" | "own";
  records: number;
  /** When it was last known to be current, then. */
  checkedAt: number | null;
  newestAt: number | null;
  /** SHA-512 of its snapshot in the blob store; null of what was written here. */
  snapshot: string | null;
}

/** A state of the advisory data that was complete. Times are milliseconds since 1970. */
export interface Epoch {
  id: number;
  createdAt: number;
  origin: EpochRow["origin"];
  createdBy: string;
  /** Digests of its indexes in the blob store. */
  index: string;
  indexBytes: number;
  own: string | null;
  ownBytes: number | null;
  advisories: number;
  packages: number;
  feeds: readonly EpochFeed[];
}

/** Epochs that stay whatever their age, and how long one of each day stays. */
const NEWEST_KEPT = 24;
const DAYS_KEPT = 90;
const DAY_MS = 24 * 60 * 60 * 1000;
/** More than are ever kept. */
const EPOCHS_MAX = 1000;

export async function newestEpoch(reader: Reader): Promise<Epoch | null> {
  const row = await reader
    .selectFrom("advisory_epochs")
    .selectAll()
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : epochOf(row);
}

export async function findEpoch(reader: Reader, id: number): Promise<Epoch | null> {
  const row = await reader.selectFrom("advisory_epochs").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : epochOf(row);
}

/** The epoch in force at a time; null when there was none, or none is kept. */
export async function epochAt(reader: Reader, at: number): Promise<Epoch | null> {
  const row = await reader
    .selectFrom("advisory_epochs")
    .selectAll()
    .where("created_at", "<=", at)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : epochOf(row);
}

/** All that are kept, newest first. */
export async function listEpochs(reader: Reader): Promise<Epoch[]> {
  const rows = await reader
    .selectFrom("advisory_epochs")
    .selectAll()
    .orderBy("id", "desc")
    .limit(EPOCHS_MAX)
    .execute();
  return rows.map(epochOf);
}

/** Adds an epoch, removes those that are kept no longer, and gives its number. */
export async function insertEpoch(trx: Transaction<Schema>, epoch: Omit<Epoch, "id">): Promise<number> {
  const { id } = await trx
    .insertInto("advisory_epochs")
    .values({
      created_at: epoch.createdAt,
      origin: epoch.origin,
      created_by: epoch.createdBy,
      index_digest: epoch.index,
      index_bytes: epoch.indexBytes,
      own_digest: epoch.own,
      own_bytes: epoch.ownBytes,
      advisories: epoch.advisories,
      packages: epoch.packages,
      feeds: JSON.stringify(epoch.feeds),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const dropped = droppedEpochs(await listEpochs(trx), epoch.createdAt);
  if (dropped.length > 0) await trx.deleteFrom("advisory_epochs").where("id", "in", dropped).execute();
  return Number(id);
}

/** Of epochs, newest first: those that are neither among the newest nor the last of a day that is not long ago. */
export function droppedEpochs(epochs: readonly Pick<Epoch, "id" | "createdAt">[], now: number): number[] {
  const days = new Set<number>();
  return epochs.flatMap(({ id, createdAt }, index) => {
    const day = Math.floor(createdAt / DAY_MS);
    const isLastOfDay = !days.has(day) && createdAt > now - DAYS_KEPT * DAY_MS;
    days.add(day);
    return index < NEWEST_KEPT || isLastOfDay ? [] : [id];
  });
}

/** Digests of every blob that an epoch or a feed refers to. */
export async function advisoryDigests(reader: Reader): Promise<Set<string>> {
  const digests = new Set<string>();
  for (const { index, own, feeds } of await listEpochs(reader)) {
    for (const digest of [index, own, ...feeds.map(({ snapshot }) => snapshot)]) {
      if (digest !== null) digests.add(digest);
    }
  }
  const rows = await reader.selectFrom("advisory_feeds").select("snapshot_digest").execute();
  for (const { snapshot_digest: digest } of rows) if (digest !== null) digests.add(digest);
  return digests;
}

function epochOf(row: EpochRow): Epoch {
  return {
    id: Number(row.id),
    createdAt: row.created_at,
    origin: row.origin,
    createdBy: row.created_by,
    index: row.index_digest,
    indexBytes: row.index_bytes,
    own: row.own_digest,
    ownBytes: row.own_bytes,
    advisories: row.advisories,
    packages: row.packages,
    feeds: JSON.parse(row.feeds) as EpochFeed[],
  };
}
