import { isEntrepotError } from "@entrepot/core";
import type { Insertable, Selectable, Transaction } from "kysely";

import { type Database, prepareQuery, type Schema, type SlotOf } from "../db/index.ts";
import type { Log } from "../telemetry/index.ts";
import { entryKey, type EntryState, freshMs } from "./document-entries.ts";
import type { Upstream } from "./upstream.ts";

const FLUSH_MS = 20;
const ROWS_PER_WRITE_MAX = 200;
const WAITING_MAX = 20_000;

type DocumentRow = Selectable<Schema["upstream_documents"]>;

/** What is remembered of upstreams' answers in the database, written behind. */
export interface DocumentRows {
  /** The newest answer that this or another process wrote; null if there is none. */
  read(upstream: Upstream, name: string): Promise<EntryState | null>;
  /** Writes an entry soon, many in one transaction. */
  write(entry: EntryState): void;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface DocumentRowsDeps {
  db: Database;
  log: Pick<Log, "warn">;
}

export function createDocumentRows({ db, log }: DocumentRowsDeps): DocumentRows {
  const find = prepareQuery(db.read, (slot: SlotOf<{ id: string; name: string }>) =>
    db.read
      .selectFrom("upstream_documents")
      .selectAll()
      .where("upstream_id", "=", slot("id"))
      .where("name", "=", slot("name")),
  );
  const waiting = new Map<string, EntryState>();
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    timer = null;
    while (waiting.size > 0) {
      const entries = [...waiting.values()].slice(0, ROWS_PER_WRITE_MAX);
      for (const entry of entries) waiting.delete(entryKey(entry.upstreamId, entry.name));
      await writeRows({ db, log }, entries.map(rowOf));
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => (flushing = flushing.then(flush)), FLUSH_MS);
  }

  return {
    async read(upstream, name) {
      const pending = waiting.get(entryKey(upstream.id, name));
      if (pending?.upstreamUrl === upstream.url) return pending;
      const [row] = await find({ id: upstream.id, name });
      return row === undefined ? null : entryOf(upstream, row);
    },
    write(entry) {
      const key = entryKey(entry.upstreamId, entry.name);
      // A row lost costs one more request after a restart; memory without a bound costs the process.
      if (waiting.size >= WAITING_MAX && !waiting.has(key)) return;
      waiting.set(key, entry);
      schedule();
    },
    async close() {
      if (timer !== null) clearTimeout(timer);
      await flushing;
      await flush();
    },
  };
}

async function writeRows(
  { db, log }: DocumentRowsDeps,
  rows: Insertable<Schema["upstream_documents"]>[],
): Promise<void> {
  try {
    await db.write((trx) => upsert(trx, rows));
  } catch (error) {
    // An upstream that was just deleted takes its rows along; those of the others must not be lost with them.
    const isAlone = rows.length === 1 || isEntrepotError(error, "storage-unavailable");
    if (isAlone) log.warn("Upstream documents could not be remembered", { count: rows.length, error });
    else for (const row of rows) await writeRows({ db, log }, [row]);
  }
}

async function upsert(
  trx: Transaction<Schema>,
  rows: Insertable<Schema["upstream_documents"]>[],
): Promise<void> {
  await trx
    .insertInto("upstream_documents")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["upstream_id", "name"])
        .doUpdateSet((eb) => ({
          state: eb.ref("excluded.state"),
          document_digest: eb.ref("excluded.document_digest"),
          index_digest: eb.ref("excluded.index_digest"),
          etag: eb.ref("excluded.etag"),
          last_modified: eb.ref("excluded.last_modified"),
          fetched_at: eb.ref("excluded.fetched_at"),
          checked_at: eb.ref("excluded.checked_at"),
        }))
        .whereRef("excluded.checked_at", ">=", "upstream_documents.checked_at"),
    )
    .execute();
}

function rowOf(entry: EntryState): Insertable<Schema["upstream_documents"]> {
  const isPresent = entry.kind === "present";
  return {
    upstream_id: entry.upstreamId,
    name: entry.name,
    state: entry.kind,
    document_digest: isPresent ? entry.digest : null,
    index_digest: isPresent ? entry.indexDigest : null,
    etag: isPresent ? entry.etag : null,
    last_modified: isPresent ? entry.lastModified : null,
    fetched_at: entry.fetchedAt,
    checked_at: entry.checkedAt,
  };
}

function entryOf(upstream: Upstream, row: DocumentRow): EntryState | null {
  const common = {
    upstreamId: upstream.id,
    upstreamUrl: upstream.url,
    name: row.name,
    superseded: false,
    fetchedAt: row.fetched_at,
    checkedAt: row.checked_at,
    freshUntil: row.checked_at + freshMs(upstream, row.state),
  };
  if (row.state === "absent") return { kind: "absent", ...common };
  const { document_digest: digest, index_digest: indexDigest } = row;
  if (digest === null || indexDigest === null) return null;
  return { kind: "present", ...common, digest, indexDigest, etag: row.etag, lastModified: row.last_modified };
}
