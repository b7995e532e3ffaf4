import { sql } from "kysely";
import type { Transaction } from "kysely";
import { isPostgres } from "./dialect-of.ts";
import type { Schema } from "./schema.ts";

/**
 * Takes a lock until the transaction ends: any number may share it, or one holds it alone. `key` is a number of the
 * caller's choice. On SQLite the transaction itself is the lock, held alone from its first statement on.
 */
export async function holdLock(
  trx: Transaction<Schema>,
  { key, mode }: { key: number; mode: "shared" | "alone" },
): Promise<void> {
  if (!isPostgres(trx)) return;
  const take = sql.raw(mode === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock");
  await sql`select ${take}(${key}::bigint)`.execute(trx);
}
