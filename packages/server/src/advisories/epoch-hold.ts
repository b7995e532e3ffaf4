import type { Transaction } from "kysely";
import type { Database, Schema } from "../db/index.ts";

/** A rollback keeps feeds from being followed until somebody says so. */
export interface EpochHold {
  /** The epoch that was gone back to. */
  epoch: number;
  by: string;
  /** Milliseconds since 1970. */
  at: number;
}

const KEY = "advisories-hold";

export async function loadHold(reader: Database["read"] | Transaction<Schema>): Promise<EpochHold | null> {
  const row = await reader.selectFrom("settings").select("value").where("key", "=", KEY).executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.value) as EpochHold);
}

export async function saveHold(trx: Transaction<Schema>, hold: EpochHold): Promise<void> {
  const value = JSON.stringify(hold);
  await trx
    .insertInto("settings")
    .values({ key: KEY, value })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
    .execute();
}

export async function endHold(trx: Transaction<Schema>): Promise<void> {
  await trx.deleteFrom("settings").where("key", "=", KEY).execute();
}
