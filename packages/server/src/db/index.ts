/**
 * The database: opening it, its one typed schema, its migrations, on SQLite and on PostgreSQL alike. Everything that
 * differs between the two is decided in here. It must not know what any table is for, and no other folder may
 * import an engine or a driver.
 */
export type { AuditRow, ChangeRow, Database, DatabaseEvent } from "./database.ts";
export { isPostgres } from "./dialect-of.ts";
export { holdLock } from "./hold-lock.ts";
export { columnList, jsonRows } from "./json-rows.ts";
export { databaseFile, openDatabase } from "./open.ts";
export type { DatabaseOptions } from "./open.ts";
export { CHANGES_CHANNEL } from "./postgres/changes-channel.ts";
export { defineQuery, prepareQuery } from "./prepared-query.ts";
export type { SlotOf } from "./prepared-query.ts";
export type { DecisionsTable, FindingsTable } from "./firewall-tables.ts";
export type { Schema } from "./schema.ts";
export { sendTogether } from "./send-together.ts";
export { isForeignKeyViolation, isUniqueViolation } from "./storage-errors.ts";
export { withoutNul } from "./without-nul.ts";
