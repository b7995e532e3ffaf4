import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Lets registries be frozen, and ask an upstream for some names only. */
export async function addRegistryLimits(db: Kysely<unknown>): Promise<void> {
  const { text, integer } = columnTypesOf(db);
  await db.schema.alterTable("registries").addColumn("frozen_at", integer).execute();
  await db.schema.alterTable("registry_upstreams").addColumn("filter", text).execute();
}
