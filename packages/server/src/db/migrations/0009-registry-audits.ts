import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Lets registries say where their audits are answered from. */
export async function addAuditSettings(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypesOf(db);
  const alter = (): ReturnType<typeof db.schema.alterTable> => db.schema.alterTable("registries");
  await alter()
    .addColumn("audit", text, (column) => column.notNull().defaultTo("own"))
    .execute();
  await alter().addColumn("audit_upstream", text).execute();
  await alter().addColumn("audit_url", text).execute();
}
