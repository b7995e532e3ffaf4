import type { Selectable, Transaction } from "kysely";
import { EntrepotError } from "@entrepot/core";
import { appendChange, type Actor } from "../changes/index.ts";
import { withoutNul, type Database, type Schema } from "../db/index.ts";
import { EVERYWHERE } from "./policy-layers.ts";

const EVERY_VERSION = "*";
const REASON_CHARS_MAX = 500;
const VERSIONS_MAX = 2_000;
const NAMES_AT_ONCE = 200;
const KEY_COLUMNS = ["workspace_id", "registry_id", "name", "version"] as const;

type StatusRow = Selectable<Schema["version_statuses"]>;

/** Versions to refuse together. */
export interface Hold {
  workspaceId: string;
  /** Empty for every registry. */
  registryId: string;
  /** Names and versions in our spelling, or `*` for every version. */
  versions: readonly { name: string; version: string }[];
  status: "held" | "blocked";
  reason: string;
  actor: Actor;
}

/** A status that was written. */
export interface WrittenStatus {
  /** Empty for every registry. */
  registryId: string;
  name: string;
  version: string;
  /** What was there before; null for nothing. */
  before: StatusRow["status"] | null;
}

/**
 * Holds or blocks many versions in one transaction: all of them, or none. Where somebody allowed one of them, in any
 * registry that is meant, that word is replaced too, for it would win. A block is never turned into a hold.
 *
 * Throws `request-invalid` for a missing or too long reason, and for too many versions.
 */
export async function holdVersions(
  deps: { db: Database; now: () => number },
  hold: Hold,
): Promise<WrittenStatus[]> {
  assertHold(hold);
  return await deps.db.write(async (trx) => {
    const known = await loadStatuses(trx, hold);
    const writes = writesFor(hold, known);
    const at = deps.now();
    const values = {
      status: hold.status,
      reason: withoutNul(hold.reason),
      set_by: hold.actor.name,
      set_at: at,
    };
    for (const { registryId, name, version } of writes) {
      await trx
        .insertInto("version_statuses")
        .values({ workspace_id: hold.workspaceId, registry_id: registryId, name, version, ...values })
        .onConflict((conflict) => conflict.columns(KEY_COLUMNS).doUpdateSet(values))
        .execute();
    }
    for (const { registryId, name, version } of writes) {
      await appendChange(trx, {
        workspaceId: hold.workspaceId,
        registryId: registryId === EVERYWHERE ? null : registryId,
        packageName: name,
        kind: "status-changed",
        actor: hold.actor,
        at,
        detail: { version, status: values.status, reason: values.reason },
      });
    }
    return writes;
  });
}

function assertHold({ reason, versions }: Hold): void {
  if (reason.trim() === "") {
    throw invalid("Say why the versions are held; people who are refused will read the reason.");
  }
  if (reason.length > REASON_CHARS_MAX) throw invalid(`A reason has at most ${REASON_CHARS_MAX} characters.`);
  if (versions.length <= VERSIONS_MAX) return;
  throw invalid(
    `At most ${VERSIONS_MAX} versions are held in one step, and these are ${versions.length}; ` +
      "split the list, or name a whole package with name@*.",
  );
}

async function loadStatuses(trx: Transaction<Schema>, hold: Hold): Promise<StatusRow[]> {
  const names = [...new Set(hold.versions.map(({ name }) => name))];
  const rows: StatusRow[] = [];
  for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
    const some = await trx
      .selectFrom("version_statuses")
      .selectAll()
      .where("workspace_id", "=", hold.workspaceId)
      .where("name", "in", names.slice(at, at + NAMES_AT_ONCE))
      .execute();
    rows.push(...some);
  }
  return rows;
}

function writesFor(hold: Hold, known: readonly StatusRow[]): WrittenStatus[] {
  const { registryId } = hold;
  const wanted = new Map(hold.versions.map((item) => [`${item.name}\n${item.version}`, item]));
  const writes = new Map<string, WrittenStatus>();
  function add(write: Omit<WrittenStatus, "before">): void {
    const before = known.find((row) => isAt(row, write))?.status ?? null;
    if (before === hold.status || before === "blocked") return;
    writes.set([write.registryId, write.name, write.version].join("\n"), { ...write, before });
  }
  for (const { name, version } of wanted.values()) add({ registryId, name, version });
  for (const { status, name, version, registry_id: place } of known) {
    const isMeant = wanted.has(`${name}\n${version}`) || wanted.has(`${name}\n${EVERY_VERSION}`);
    if (status !== "allowed" || !isMeant) continue;
    if (registryId === EVERYWHERE) add({ registryId: place, name, version });
    else if (place === EVERYWHERE || place === registryId) add({ registryId, name, version });
  }
  return [...writes.values()];
}

function isAt(row: StatusRow, { registryId, name, version }: Omit<WrittenStatus, "before">): boolean {
  return row.registry_id === registryId && row.name === name && row.version === version;
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
