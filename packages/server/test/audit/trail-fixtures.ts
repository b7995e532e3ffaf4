import { createAuditTrail, type AuditRecord, type AuditTrail } from "../../src/audit/index.ts";
import { appendChange, systemActor } from "../../src/changes/index.ts";
import type { AuditRow, Database } from "../../src/db/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";

/** A trail over an open database, whose sealing is left to the test. */
export function openTrail(db: Database, log = createSilentLog()): AuditTrail {
  return createAuditTrail({
    db,
    log,
    workspaceId: "w",
    now: Date.now,
    changes: { subscribe: () => () => undefined },
  });
}

/** An event that is no change. */
export function refusal(what: string): AuditRecord {
  return {
    kind: "request-refused",
    actor: { name: "ada", credential: "t1", address: "192.0.2.1", client: "npm/11" },
    registryId: null,
    registry: "own",
    packageName: what,
    result: "refused",
    detail: { code: "permission-denied" },
  };
}

/** Makes one change, and with it one event. */
export async function change(db: Database, name: string): Promise<void> {
  await db.write((trx) =>
    appendChange(trx, {
      workspaceId: "w",
      registryId: "r",
      registry: "own",
      packageName: name,
      kind: "tag-set",
      actor: systemActor("test"),
      at: 1,
      detail: { name, text: 'quoted "é" 漢 \\' },
    }),
  );
}

/** The whole trail. */
export async function eventsOf(db: Database): Promise<AuditRow[]> {
  return await db.read.selectFrom("audit_events").selectAll().orderBy("seq").execute();
}
