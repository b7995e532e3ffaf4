import { isEntrepotError } from "@entrepot/core";
import { sql, type Insertable, type Transaction } from "kysely";

import type { Database, Schema } from "../db/index.ts";
import type { Log } from "../telemetry/index.ts";
import { entryKey, type EntryState, type PresentState } from "./document-entries.ts";

/** How long a row waits for others that can be written with it, and how long all wait for a database that takes none. */
const FLUSH_MS = 100;
const RETRY_MS = 1000;
/** Bounds of one transaction; a single row may be larger. */
const ROWS_PER_WRITE_MAX = 200;
const BYTES_PER_WRITE_MAX = 1024 * 1024;
/** Rows of one statement: few lengths, for each prepared statement keeps the bytes of the last rows it wrote. */
const ROWS_PER_STATEMENT = [32, 4, 1];
/** Rows that wait for the database; above this much the answer waits for them, or the oldest are given up. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Rough weight of a row beside its document. */
const ROW_BYTES = 1024;

/** An answer on its way to the database. */
export interface PendingRow {
  entry: EntryState;
  /** The bytes for the row; null if there are none or the row has them. */
  document: Uint8Array | null;
}

interface Waiting extends PendingRow {
  /** True if the row is there and only says that the answer holds still. */
  isTouch: boolean;
}

/** Writes what upstreams said behind the answers' back. */
export interface DocumentWriter {
  /** The newest answer about a name that is not in the database yet. */
  pending(key: string): PendingRow | null;
  /**
   * Writes an answer soon, many in one transaction; `document` is what goes into its row, null when that is a
   * blob. Resolves when it is fit to take more.
   */
  put(entry: EntryState, document: Uint8Array | null): Promise<void>;
  /** Writes soon that an answer holds still whose row is there. */
  touch(entry: PresentState): void;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface DocumentWriterDeps {
  db: Database;
  log: Pick<Log, "warn">;
}

/** Makes a writer; one transaction at a time, each with all that waits as far as the bounds allow. */
export function createDocumentWriter(deps: DocumentWriterDeps): DocumentWriter {
  const waiting = new WaitingRows();
  /** What the transaction under way writes. */
  let writing: ReadonlyMap<string, Waiting> = new Map();
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> = Promise.resolve();
  let isRefused = false;
  let isClosed = false;

  function add(row: Waiting): void {
    waiting.add(row);
    timer ??= setTimeout(() => void flush(), FLUSH_MS);
  }

  /** The database takes nothing now, because its disk is full or it is gone: what it did not take goes on waiting. */
  function keepWaiting({ rows, error }: Refused): void {
    if (!isRefused) deps.log.warn("Upstream documents wait for the database", { count: rows.length, error });
    isRefused = true;
    const givenUp = waiting.takeBack(rows);
    if (givenUp > 0) deps.log.warn("Upstream documents could not be remembered", { count: givenUp });
    if (!isClosed) timer ??= setTimeout(() => void flush(), RETRY_MS).unref();
  }

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    flushing = flushing.then(writeAll);
    return flushing;
  }

  async function writeAll(): Promise<void> {
    while (waiting.sizeBytes > 0) {
      writing = waiting.takeSome();
      const refused = await write(deps, [...writing.values()]);
      writing = new Map();
      if (refused !== null) return keepWaiting(refused);
      isRefused = false;
    }
  }

  return {
    pending(key) {
      const [next, sent] = [waiting.get(key), writing.get(key)];
      // What is sent may be about to put the document that the next row only confirms.
      return (next?.isTouch === true && sent?.entry === next.entry ? sent : (next ?? sent)) ?? null;
    },
    async put(entry, document) {
      add({ entry, document, isTouch: false });
      if (waiting.sizeBytes > WAITING_BYTES_MAX) await flush();
    },
    touch(entry) {
      const isWaiting = waiting.get(entryKey(entry.upstreamId, entry.name))?.entry === entry;
      if (!isWaiting) add({ entry, document: null, isTouch: true });
    },
    close() {
      isClosed = true;
      return flush();
    },
  };
}

/** The newest row of each name, in the order in which they came. */
class WaitingRows {
  readonly #rows = new Map<string, Waiting>();
  /** Zero only when nothing waits. */
  sizeBytes: number = 0;

  get(key: string): Waiting | undefined {
    return this.#rows.get(key);
  }

  add(row: Waiting): void {
    const key = entryKey(row.entry.upstreamId, row.entry.name);
    this.#remove(key);
    this.#rows.set(key, row);
    this.sizeBytes += weightOf(row);
  }

  /**
   * Takes back rows that could not be written, unless there are newer ones that need nothing of them, and gives up the
   * oldest of what is then too much; their documents are asked for anew, and as a whole. Tells how many.
   */
  takeBack(rows: readonly Waiting[]): number {
    for (const row of rows) {
      const newer = this.#rows.get(entryKey(row.entry.upstreamId, row.entry.name));
      if (newer === undefined || (newer.isTouch && newer.entry === row.entry)) this.add(row);
    }
    return this.#cut();
  }

  #cut(): number {
    let count = 0;
    for (const [key, { entry }] of this.#rows) {
      if (this.sizeBytes <= WAITING_BYTES_MAX) break;
      if (entry.kind === "present") Object.assign(entry, { etag: null, lastModified: null });
      this.#remove(key);
      count += 1;
    }
    return count;
  }

  /** Takes out as many rows as fit one transaction, at least one. */
  takeSome(): Map<string, Waiting> {
    const taken = new Map<string, Waiting>();
    let sizeBytes = 0;
    for (const [key, row] of this.#rows) {
      sizeBytes += weightOf(row);
      const isFull = sizeBytes > BYTES_PER_WRITE_MAX || taken.size >= ROWS_PER_WRITE_MAX;
      if (isFull && taken.size > 0) break;
      taken.set(key, row);
      this.#remove(key);
    }
    return taken;
  }

  #remove(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#rows.delete(key);
    this.sizeBytes -= weightOf(row);
  }
}

function weightOf({ document }: Waiting): number {
  return ROW_BYTES + (document?.length ?? 0);
}

/** Rows that the database could not take now, and why. */
interface Refused {
  rows: readonly Waiting[];
  error: unknown;
}

/** Null when all is written, or can never be. */
async function write(deps: DocumentWriterDeps, rows: readonly Waiting[]): Promise<Refused | null> {
  const touched = rows.filter(({ isTouch }) => isTouch).map(({ entry }) => entry as PresentState);
  const put = rows.filter(({ isTouch }) => !isTouch);
  try {
    await deps.db.write(async (trx) => {
      for (const some of inStatements(put.map(rowOf))) await upsert(trx, some);
      if (touched.length > 0) await touch(trx, touched);
    });
  } catch (error) {
    if (isEntrepotError(error, "storage-unavailable")) return { rows, error };
    // An upstream that was just deleted takes its rows along; those of the others must not be lost with them.
    if (rows.length > 1) return writeOneByOne(deps, rows);
    deps.log.warn("An upstream document could not be remembered", { error });
    return null;
  }
  for (const { entry } of put) if (entry.kind === "present") entry.isWritten = true;
  return null;
}

async function writeOneByOne(deps: DocumentWriterDeps, rows: readonly Waiting[]): Promise<Refused | null> {
  for (const [index, row] of rows.entries()) {
    const refused = await write(deps, [row]);
    // The database takes none of the others either.
    if (refused !== null) return { ...refused, rows: rows.slice(index) };
  }
  return null;
}

function* inStatements<T>(rows: readonly T[]): Generator<T[]> {
  let start = 0;
  for (const count of ROWS_PER_STATEMENT) {
    for (; rows.length - start >= count; start += count) yield rows.slice(start, start + count);
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
          upstream_url: eb.ref("excluded.upstream_url"),
          state: eb.ref("excluded.state"),
          document_digest: eb.ref("excluded.document_digest"),
          document: eb.ref("excluded.document"),
          etag: eb.ref("excluded.etag"),
          last_modified: eb.ref("excluded.last_modified"),
          fetched_at: eb.ref("excluded.fetched_at"),
          checked_at: eb.ref("excluded.checked_at"),
        }))
        .whereRef("excluded.checked_at", ">=", "upstream_documents.checked_at"),
    )
    .execute();
}

/** Both databases name the columns of `values` in this way. */
async function touch(trx: Transaction<Schema>, entries: readonly PresentState[]): Promise<void> {
  const values = entries.map(
    ({ upstreamId, name, digest, etag, lastModified, checkedAt }) =>
      sql`(${upstreamId}, ${name}, ${digest}, ${etag}, ${lastModified}, cast(${checkedAt} as bigint))`,
  );
  await sql`
    update upstream_documents
    set etag = said.column4, last_modified = said.column5, checked_at = said.column6
    from (values ${sql.join(values)}) as said
    where upstream_id = said.column1 and name = said.column2 and document_digest = said.column3
      and checked_at <= said.column6
  `.execute(trx);
}

function rowOf({ entry, document }: Waiting): Insertable<Schema["upstream_documents"]> {
  const isPresent = entry.kind === "present";
  return {
    upstream_id: entry.upstreamId,
    upstream_url: entry.upstreamUrl,
    name: entry.name,
    state: entry.kind,
    document_digest: isPresent ? entry.digest : null,
    document,
    etag: isPresent ? entry.etag : null,
    last_modified: isPresent ? entry.lastModified : null,
    fetched_at: entry.fetchedAt,
    checked_at: entry.checkedAt,
  };
}
