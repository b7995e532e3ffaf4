import type { Transaction } from "kysely";
import { isPostgres } from "./dialect-of.ts";
import type { Schema } from "./schema.ts";

/**
 * Runs statements in their order, none of which needs another's result. On SQLite all go to the writer's thread in one
 * go, which saves a way there and back for each. Throws the first failure, after which the transaction must not go on.
 */
export async function sendTogether(
  trx: Transaction<Schema>,
  statements: readonly (() => Promise<unknown>)[],
): Promise<void> {
  if (isPostgres(trx)) {
    for (const send of statements) await send();
    return;
  }
  const results = await Promise.allSettled(statements.map((send) => send()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
