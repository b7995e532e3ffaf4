import { sql } from "kysely";
import type { Insertable, Transaction } from "kysely";
import { CHANGES_CHANNEL, defineQuery, holdLock, isPostgres, sendTogether } from "../db/index.ts";
import type { Schema, SlotOf } from "../db/index.ts";
import type { NewAuditEvent } from "./audit-event.ts";
import type { NewChange } from "./change.ts";

/** Key of the advisory lock that transactions hold from their first change or audit event to their commit. */
const APPEND_LOCK = 7_164_205_311;

/** Audit events in one statement: few lengths, for each prepared statement keeps the rows that it wrote last. */
const EVENTS_AT_ONCE = [100, 10, 1] as const;

/**
 * Appends to the change log and to the audit trail, in the transaction that makes the change. Call it last: on
 * PostgreSQL it takes a lock until the commit, so that numbers become visible in their order and a reader that saw one
 * missed none before it.
 */
export async function appendChange(trx: Transaction<Schema>, change: NewChange): Promise<void> {
  const { actor, detail, ...rest } = change;
  const registry = change.registry ?? (await registryName(trx, change.registryId));
  const { name, credential, address, client } = actor;
  const row = { ...rest, actor: name, credential, address, client, registry, detail: JSON.stringify(detail) };
  if (isPostgres(trx)) {
    await sql`select pg_advisory_xact_lock(${APPEND_LOCK}::bigint), pg_notify(${CHANGES_CHANNEL}, '')`.execute(
      trx,
    );
    await insertBoth(trx, row);
    return;
  }
  await sendTogether(trx, [() => insertChange(trx, row), () => insertItsEvent(trx, row)]);
}

async function registryName(trx: Transaction<Schema>, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const [row] = await findRegistry(trx, { id });
  return row?.name ?? null;
}

const findRegistry = defineQuery((db, slot: SlotOf<{ id: string }>) =>
  db.selectFrom("registries").select("name").where("id", "=", slot("id")),
);

/**
 * Appends to the audit trail what is no change. Call it last: on PostgreSQL it takes the same lock as a change, so that
 * the numbers of events are in the order of their commits.
 */
export async function appendAuditEvents(
  trx: Transaction<Schema>,
  events: readonly NewAuditEvent[],
): Promise<void> {
  await holdLock(trx, { key: APPEND_LOCK, mode: "alone" });
  let written = 0;
  for (const length of EVENTS_AT_ONCE) {
    for (; written + length <= events.length; written += length) {
      const rows = events.slice(written, written + length).map(rowOf);
      await trx.insertInto("audit_events").values(rows).execute();
    }
  }
}

function rowOf(event: NewAuditEvent): Insertable<Schema["audit_events"]> {
  const { name, credential, address, client } = event.actor;
  return {
    workspace_id: event.workspaceId,
    at: event.at,
    kind: event.kind,
    actor: name,
    credential,
    address,
    client,
    registry_id: event.registryId,
    registry: event.registry,
    package: event.packageName,
    result: event.result,
    detail: JSON.stringify(event.detail),
    hash: null,
  };
}

/** A change and its audit event, which share most of their columns. */
interface LoggedChange {
  workspaceId: string;
  registryId: string | null;
  registry: string | null;
  packageName: string | null;
  kind: string;
  actor: string;
  credential: string | null;
  address: string | null;
  client: string | null;
  at: number;
  detail: string;
}

function changeColumns(slot: SlotOf<LoggedChange>): Insertable<Schema["changes"]> {
  return {
    workspace_id: slot("workspaceId"),
    registry_id: slot("registryId"),
    package: slot("packageName"),
    kind: slot("kind"),
    actor: slot("actor"),
    at: slot("at"),
    detail: slot("detail"),
  };
}

function eventColumns(slot: SlotOf<LoggedChange>): Insertable<Schema["audit_events"]> {
  return {
    ...changeColumns(slot),
    credential: slot("credential"),
    address: slot("address"),
    client: slot("client"),
    registry: slot("registry"),
    result: "done",
    hash: null,
  };
}

const insertChange = defineQuery((db, slot: SlotOf<LoggedChange>) =>
  db.insertInto("changes").values(changeColumns(slot)),
);

const insertItsEvent = defineQuery((db, slot: SlotOf<LoggedChange>) =>
  db.insertInto("audit_events").values(eventColumns(slot)),
);

// One way to the server and back, while everybody else waits for the lock.
const insertBoth = defineQuery((db, slot: SlotOf<LoggedChange>) =>
  db
    .with("logged", (log) => log.insertInto("changes").values(changeColumns(slot)))
    .insertInto("audit_events")
    .values(eventColumns(slot)),
);
