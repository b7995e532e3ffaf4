import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates browser sessions, logins by browser that are under way, and invitations; gives users a full name. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("sessions"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("user_id", text, (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("secret_hash", text, (column) => column.notNull().unique())
    .addColumn("login_password_hash", text, (column) => column.notNull().unique())
    .addColumn("client", text)
    .addColumn("address", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("last_used_at", integer, (column) => column.notNull())
    .addColumn("ended_at", integer)
    .execute();
  await db.schema.createIndex("sessions_user").on("sessions").column("user_id").execute();
  await table(db.schema.createTable("web_logins"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("registry_id", text, (column) => column.notNull())
    .addColumn("page_hash", text, (column) => column.notNull().unique())
    .addColumn("done_hash", text, (column) => column.notNull().unique())
    .addColumn("client", text, (column) => column.notNull())
    .addColumn("address", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("user_id", text, (column) => column.references("users.id").onDelete("cascade"))
    .addColumn("approved_with", text)
    .execute();
  await table(db.schema.createTable("invitations"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("code_hash", text, (column) => column.notNull().unique())
    .addColumn("email", text)
    .addColumn("role", text, (column) => column.notNull())
    .addColumn("created_by", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("sent_at", integer, (column) => column.notNull())
    .addColumn("accepted_by", text)
    .addColumn("ended_at", integer)
    .execute();
  await db.schema
    .alterTable("users")
    .addColumn("full_name", text, (column) => column.notNull().defaultTo(""))
    .execute();
}
