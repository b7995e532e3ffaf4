import type { Selectable, Transaction } from "kysely";
import type { AdvisoryFeed } from "../config/index.ts";
import type { Database, Schema } from "../db/index.ts";

/** What is known of a feed; see the table. */
export type FeedRow = Selectable<Schema["advisory_feeds"]>;

/** Begins the URL of a feed that came with a bundle; the fingerprint of the key follows. */
export const BUNDLE_URL = "bundle:";

export async function loadFeedRows(
  reader: Database["read"] | Transaction<Schema>,
): Promise<Map<string, FeedRow>> {
  const rows = await reader.selectFrom("advisory_feeds").selectAll().orderBy("name").execute();
  return new Map(rows.map((row) => [row.name, row]));
}

/** Writes rows; what is known of others stays. */
export async function saveFeedRows(trx: Transaction<Schema>, rows: readonly FeedRow[]): Promise<void> {
  for (const { name, ...values } of rows) {
    await trx
      .insertInto("advisory_feeds")
      .values({ name, ...values })
      .onConflict((conflict) => conflict.column("name").doUpdateSet(values))
      .execute();
  }
}

/** The row of a feed before anything was fetched, or when it comes from another place than before. */
export function freshFeedRow(feed: Pick<AdvisoryFeed, "name" | "kind" | "url">): FeedRow {
  return {
    name: feed.name,
    kind: feed.kind,
    url: feed.url,
    etag: null,
    last_modified: null,
    newest_at: null,
    fetched_at: null,
    checked_at: null,
    snapshot_digest: null,
    records: 0,
    failed_at: null,
    failure: null,
  };
}

/** Feeds whose data counts: those that are configured and those of the last bundle, in this order. */
export function participants(
  rows: ReadonlyMap<string, FeedRow>,
  feeds: readonly AdvisoryFeed[],
): (FeedRow & { snapshot_digest: string })[] {
  const configured = feeds.map(({ name }) => rows.get(name));
  const names = new Set(feeds.map(({ name }) => name));
  const imported = [...rows.values()].filter(
    ({ name, url }) => !names.has(name) && url.startsWith(BUNDLE_URL),
  );
  return [...configured, ...imported].flatMap((row) =>
    row === undefined || row.snapshot_digest === null
      ? []
      : [{ ...row, snapshot_digest: row.snapshot_digest }],
  );
}
