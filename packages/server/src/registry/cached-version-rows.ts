import { isEntrepotError } from "@entrepot/core";
import type { Insertable, Transaction } from "kysely";
import type { Database, Schema } from "../db/index.ts";
import { markCards } from "./browse/card-rows.ts";

const FLUSH_MS = 100;
const ROWS_PER_WRITE_MAX = 200;

export type CachedVersionRow = Insertable<Schema["cached_versions"]>;

/** Records of tarballs that lie in the store, written behind and many at once. */
export interface CachedVersionRows {
  /** Writes a row soon; it replaces an older one of the same version. */
  add(row: CachedVersionRow): void;
  /** Resolves when nothing waits any more. */
  settle(): Promise<void>;
}

export interface CachedVersionRowsDeps {
  db: Database;
  /** Told when rows could not be written; their tarballs are fetched again one day. */
  onError: (error: unknown) => void;
  /** Told after rows were written. */
  onWritten: () => void;
}

/** Makes the records' way into the database. */
export function createCachedVersionRows(deps: CachedVersionRowsDeps): CachedVersionRows {
  const waiting = new Map<string, CachedVersionRow>();
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> = Promise.resolve();

  function flushSoon(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    flushing = flushing.then(flush);
  }

  async function flush(): Promise<void> {
    while (waiting.size > 0) {
      const entries = [...waiting].slice(0, ROWS_PER_WRITE_MAX);
      for (const [key] of entries) waiting.delete(key);
      await writeRows(
        deps,
        entries.map(([, row]) => row),
      );
      deps.onWritten();
    }
  }

  return {
    add(row) {
      waiting.set(`${row.registry_id}\n${row.name}\n${row.version}`, row);
      if (waiting.size >= ROWS_PER_WRITE_MAX) flushSoon();
      else timer ??= setTimeout(flushSoon, FLUSH_MS);
    },
    async settle() {
      flushSoon();
      await flushing;
    },
  };
}

async function writeRows(deps: CachedVersionRowsDeps, rows: readonly CachedVersionRow[]): Promise<void> {
  try {
    await deps.db.write((trx) => upsert(trx, rows));
  } catch (error) {
    // A registry or upstream that was just deleted takes its rows along; those of the others must not be lost.
    const isAlone = rows.length === 1 || isEntrepotError(error, "storage-unavailable");
    if (isAlone) deps.onError(error);
    else for (const row of rows) await writeRows(deps, [row]);
  }
}

async function upsert(trx: Transaction<Schema>, rows: readonly CachedVersionRow[]): Promise<void> {
  await trx
    .insertInto("cached_versions")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["registry_id", "name", "version"]).doUpdateSet((eb) => ({
        upstream_id: eb.ref("excluded.upstream_id"),
        digest: eb.ref("excluded.digest"),
        integrity: eb.ref("excluded.integrity"),
        shasum: eb.ref("excluded.shasum"),
        size_bytes: eb.ref("excluded.size_bytes"),
      })),
    )
    .execute();
  await markCards(
    trx,
    rows.map(({ registry_id, name, cached_at }) => ({
      registry_id,
      name,
      origin: "cached" as const,
      updated_at: cached_at,
    })),
  );
}
