import { PostgresAdapter } from "kysely";
import type { QueryExecutorProvider } from "kysely";

/** Tells whether queries built on `db`, a database or a transaction, run on PostgreSQL; else it is SQLite. */
export function isPostgres(db: QueryExecutorProvider): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}
