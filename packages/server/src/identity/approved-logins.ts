import type { Transaction } from "kysely";
import type { Schema } from "../db/index.ts";

/**
 * Ends in this transaction the logins by browser that a user approved and whose tokens were not fetched yet, so that
 * none of them outlives what ends the user's other ways in.
 */
export async function endApprovedLoginsOf(trx: Transaction<Schema>, userId: string): Promise<void> {
  await trx.deleteFrom("web_logins").where("user_id", "=", userId).execute();
}
