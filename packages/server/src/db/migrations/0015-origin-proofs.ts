import type { ColumnDefinitionBuilder, Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates what is known of where versions of upstreams come from. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  const required = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull();
  const ofUpstream = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder =>
    column.notNull().references("upstreams.id").onDelete("cascade");
  await table(db.schema.createTable("version_proofs"))
    .addColumn("upstream_id", text, ofUpstream)
    .addColumn("name", text, required)
    .addColumn("version", text, required)
    .addColumn("integrity", text, required)
    .addColumn("proof", text, required)
    .addColumn("trust_root", text, required)
    .addColumn("verified_at", integer, required)
    .addPrimaryKeyConstraint("version_proofs_key", ["name", "version", "upstream_id", "integrity"])
    .execute();
  await table(db.schema.createTable("version_attestations"))
    .addColumn("upstream_id", text, ofUpstream)
    .addColumn("name", text, required)
    .addColumn("version", text, required)
    .addColumn("integrity", text, required)
    .addColumn("attestations", text, required)
    .addColumn("fetched_at", integer, required)
    .addPrimaryKeyConstraint("version_attestations_key", ["name", "version", "upstream_id", "integrity"])
    .execute();
  await table(db.schema.createTable("signing_keys"))
    .addColumn("upstream_id", text, ofUpstream)
    .addColumn("upstream_url", text, required)
    .addColumn("keyid", text, required)
    .addColumn("keytype", text, required)
    .addColumn("scheme", text, required)
    .addColumn("key", text, required)
    .addColumn("expires", text)
    .addColumn("seen_at", integer, required)
    .addPrimaryKeyConstraint("signing_keys_key", ["upstream_id", "upstream_url", "keyid"])
    .execute();
}
