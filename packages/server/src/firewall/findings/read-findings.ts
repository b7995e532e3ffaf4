import { EntrepotError } from "@entrepot/core";
import type { Database } from "../../db/index.ts";
import { findingOf, type Finding } from "./finding.ts";
import { close } from "./record-findings.ts";

/** Which findings are wanted; what is left out does not matter. */
export interface FindingFilter {
  registryId?: string;
  state?: Finding["state"];
  mode?: Finding["mode"];
  rule?: string;
  name?: string;
  version?: string;
}

interface ReadDeps {
  db: Pick<Database, "read">;
  workspaceId: string;
}

const CURSOR = /^(\d{1,15}):([0-9a-f-]{36})$/;

/** A page of findings, the newest first; `after` is the cursor that stands for the last one of the page before. */
export async function listFindings(
  { db, workspaceId }: ReadDeps,
  { filter, after, limit }: { filter: FindingFilter; after: string | undefined; limit: number },
): Promise<Finding[]> {
  let query = db.read.selectFrom("findings").selectAll().where("workspace_id", "=", workspaceId);
  const equal = { ...filter, registryId: undefined, registry_id: filter.registryId };
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) query = query.where(column as "name", "=", value);
  }
  if (after !== undefined) {
    const { openedAt, id } = readCursor(after);
    query = query.where((eb) =>
      eb.or([eb("opened_at", "<", openedAt), eb.and([eb("opened_at", "=", openedAt), eb("id", "<", id)])]),
    );
  }
  const rows = await query.orderBy("opened_at", "desc").orderBy("id", "desc").limit(limit).execute();
  return rows.map(findingOf);
}

/** The cursor that stands for a finding in a list. */
export function findingCursor({ openedAt, id }: Finding): string {
  return `${openedAt}:${id}`;
}

function readCursor(cursor: string): { openedAt: number; id: string } {
  const [, openedAt, id] = CURSOR.exec(cursor) ?? [];
  if (openedAt !== undefined && id !== undefined) return { openedAt: Number(openedAt), id };
  throw new EntrepotError("request-invalid", { message: "This is not a cursor that a list gave out." });
}

/** A finding of a registry by its id. Throws `not-found`. */
export async function findFinding(
  { db, workspaceId }: ReadDeps,
  { registryId, id }: { registryId: string; id: string },
): Promise<Finding> {
  const row = await db.read
    .selectFrom("findings")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("registry_id", "=", registryId)
    .where("id", "=", id)
    .executeTakeFirst();
  if (row !== undefined) return findingOf(row);
  throw new EntrepotError("not-found", { message: "There is no such finding in this registry." });
}

/** Closes a finding by hand, with what somebody has to say of it. */
export async function closeFinding(
  { db, now }: { db: Pick<Database, "write">; now: () => number },
  { id }: Finding,
  { by, note }: { by: string; note: string },
): Promise<void> {
  await db.write((trx) => close(trx, id, { at: now(), by, isSettled: true, note }));
}

/** Closes what a rule found of a version that somebody has let go. */
export async function closeReleased(
  { db, now }: { db: Pick<Database, "write">; now: () => number },
  { registryId, name, version, rule }: Pick<Finding, "registryId" | "name" | "version" | "rule">,
  { by, note }: { by: string; note: string },
): Promise<void> {
  await db.write(async (trx) => {
    const rows = await trx
      .selectFrom("findings")
      .select("id")
      .where("registry_id", "=", registryId)
      .where("name", "=", name)
      .where("version", "=", version)
      .where("rule", "=", rule)
      .where("state", "=", "open")
      .execute();
    for (const { id } of rows) await close(trx, id, { at: now(), by, isSettled: false, note });
  });
}

/** When a package of a registry was last checked, in milliseconds; null if it never was. */
export async function lastCheckedAt(
  { db }: { db: Pick<Database, "read"> },
  { registryId, name }: { registryId: string; name: string },
): Promise<number | null> {
  const row = await db.read
    .selectFrom("package_checks")
    .select("checked_at")
    .where("registry_id", "=", registryId)
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.checked_at ?? null;
}
