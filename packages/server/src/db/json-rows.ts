import { sql, type QueryExecutorProvider, type RawBuilder } from "kysely";
import { isPostgres } from "./dialect-of.ts";

/** Columns by name, with their types on PostgreSQL. */
export type JsonColumns = Readonly<Record<string, "text" | "bigint">>;

/**
 * A `select` of many rows that travel as one value, so that the statement is the same whatever their number. To be used
 * as the source of an insert, with its columns in the order of `columns`.
 */
export function jsonRows(
  db: QueryExecutorProvider,
  columns: JsonColumns,
  rows: readonly object[],
): RawBuilder<unknown> {
  const json = JSON.stringify(rows);
  const names = Object.keys(columns);
  if (isPostgres(db)) {
    const item = Object.entries(columns).map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(type)}`);
    return sql`select ${columnList(columns)} from json_to_recordset(${json}::json) as item(${sql.join(item)}) where true`;
  }
  const values = names.map((name) => sql`json_extract(value, ${sql.lit(`$.${name}`)}) as ${sql.ref(name)}`);
  return sql`select ${sql.join(values)} from json_each(${json}) where true`;
}

/** The names of the columns as an insert has them. */
export function columnList(columns: JsonColumns): RawBuilder<unknown> {
  return sql.join(Object.keys(columns).map((name) => sql.ref(name)));
}
