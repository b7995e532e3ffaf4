import { sql } from "kysely";
import { isPostgres, type Database } from "../../db/index.ts";

const KEY = "storage-measure";
const DAY_MS = 86_400_000;

/** What the server keeps, as of the last measure. Sizes in bytes; `at` in milliseconds. */
export interface StorageMeasure {
  at: number;
  /** Tarballs that were published here, and those that came from upstreams. */
  ownBytes: number;
  cachedBytes: number;
  ownVersions: number;
  cachedVersions: number;
  /** Documents of upstreams, without those that are so large that they are blobs. */
  documents: number;
  documentBytes: number;
  databaseBytes: number;
  /** Versions that came from upstreams on the day before the measure. */
  fetchedInDay: number;
}

/** Measures what is kept, and notes it for who wants to know: it takes a look at every row. */
export async function measureStorage(db: Database, now: number): Promise<void> {
  const { rows } = await sql<Omit<StorageMeasure, "at" | "databaseBytes">>`
    select
      (select coalesce(sum(size_bytes), 0) from versions where removed_at is null) as "ownBytes",
      (select count(*) from versions where removed_at is null) as "ownVersions",
      (select coalesce(sum(size_bytes), 0) from cached_versions) as "cachedBytes",
      (select count(*) from cached_versions) as "cachedVersions",
      (select count(*) from cached_versions where cached_at >= ${now - DAY_MS}) as "fetchedInDay",
      (select count(*) from upstream_documents where state = 'present') as "documents",
      (select coalesce(sum(length(document)), 0) from upstream_documents) as "documentBytes"
  `.execute(db.read);
  const counts = Object.entries(rows[0] ?? {}).map(([name, value]) => [name, Number(value)]);
  const measure = { at: now, ...Object.fromEntries(counts), databaseBytes: await databaseBytes(db) };
  const value = JSON.stringify(measure);
  await db.write((trx) =>
    trx
      .insertInto("settings")
      .values({ key: KEY, value })
      .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
      .execute(),
  );
}

async function databaseBytes({ read }: Database): Promise<number> {
  const size = isPostgres(read)
    ? sql<{ size: number }>`select pg_database_size(current_database()) as size`
    : sql<{ size: number }>`
        select page_count * page_size as size from pragma_page_count(), pragma_page_size()
      `;
  const { rows } = await size.execute(read);
  return Number(rows[0]?.size ?? 0);
}

/** What was measured last; null before the first time. */
export async function readStorage({ read }: Pick<Database, "read">): Promise<StorageMeasure | null> {
  const row = await read.selectFrom("settings").select("value").where("key", "=", KEY).executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.value) as StorageMeasure);
}
