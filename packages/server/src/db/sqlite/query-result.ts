import { EntrepotError } from "@entrepot/core";
import type { QueryResult } from "kysely";
import type { SqliteResult } from "./connection.ts";

/** Gives the result in kysely's form. */
export function queryResultOf<Row>(result: SqliteResult): QueryResult<Row> {
  const rows = result.rows as Row[];
  if (result.changes === null || result.lastInsertRowid === null) return { rows };
  return { rows, numAffectedRows: BigInt(result.changes), insertId: BigInt(result.lastInsertRowid) };
}

/** Throws: a stream would keep one state of the file open, and the write-ahead log would grow meanwhile. */
export function refuseStream(): never {
  throw new EntrepotError("internal", { message: "Streaming a query is not supported; read in pages." });
}
