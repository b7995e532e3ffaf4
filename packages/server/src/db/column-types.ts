import { sql } from "kysely";
import type { ColumnDefinitionBuilder, CreateTableBuilder, Kysely, RawBuilder } from "kysely";
import { isPostgres } from "./dialect-of.ts";

type DataType = RawBuilder<unknown>;

/** What the two databases spell differently in a migration. */
export interface ColumnTypes {
  /** Text in byte order, so that both databases sort and page alike. */
  text: DataType;
  /** 64 bits: times in milliseconds, sizes, flags, counters. */
  integer: DataType;
  bytes: DataType;
  /** Makes an integer column a primary key that the database numbers, never using a number twice. */
  sequence(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** Closes a table: SQLite checks column types only when told to. */
  table<Name extends string, Column extends string>(
    builder: CreateTableBuilder<Name, Column>,
  ): CreateTableBuilder<Name, Column>;
}

/** Gives the column types of the database behind `db`. */
export function columnTypesOf(db: Kysely<unknown>): ColumnTypes {
  if (isPostgres(db)) {
    return {
      text: sql`text collate "C"`,
      integer: sql`bigint`,
      bytes: sql`bytea`,
      sequence: (column) => column.generatedAlwaysAsIdentity().primaryKey(),
      table: (builder) => builder,
    };
  }
  return {
    text: sql`text`,
    integer: sql`integer`,
    bytes: sql`blob`,
    sequence: (column) => column.primaryKey().autoIncrement(),
    table: (builder) => builder.modifyEnd(sql`strict`),
  };
}
