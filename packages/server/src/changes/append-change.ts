import { sql } from "kysely";
import type { Transaction } from "kysely";
import { CHANGES_CHANNEL, defineQuery, isPostgres } from "../db/index.ts";
import type { Schema, SlotOf } from "../db/index.ts";
import type { Change, NewChange } from "./change.ts";

/** Key of the advisory lock that transactions hold from their first change to their commit. */
const APPEND_LOCK = 7_164_205_311;

/**
 * Appends to the change log, in the transaction that makes the change. Call it last: on PostgreSQL it takes a lock
 * until the commit, so that numbers become visible in their order and a reader that saw one missed none before it.
 */
export async function appendChange(trx: Transaction<Schema>, change: NewChange): Promise<void> {
  if (isPostgres(trx)) {
    await sql`select pg_advisory_xact_lock(${APPEND_LOCK}::bigint), pg_notify(${CHANGES_CHANNEL}, '')`.execute(
      trx,
    );
  }
  await insertChange(trx, { ...change, actor: change.actor.name, detail: JSON.stringify(change.detail) });
}

const insertChange = defineQuery((db, slot: SlotOf<Omit<Change, "seq" | "detail"> & { detail: string }>) =>
  db.insertInto("changes").values({
    workspace_id: slot("workspaceId"),
    registry_id: slot("registryId"),
    package: slot("packageName"),
    kind: slot("kind"),
    actor: slot("actor"),
    at: slot("at"),
    detail: slot("detail"),
  }),
);
