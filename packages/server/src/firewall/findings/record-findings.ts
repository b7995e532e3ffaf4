import { randomUUID } from "node:crypto";
import type { ComplianceResult } from "@entrepot/core";
import type { Selectable, Transaction } from "kysely";
import { withoutNul, type Database, type FindingsTable, type Schema } from "../../db/index.ts";
import type { Finding } from "./finding.ts";

/** What a check found of one version. */
export type FoundReason = Pick<
  Finding,
  "version" | "rule" | "mode" | "result" | "presence" | "reason" | "evidence"
>;

/** The package that was checked. */
export interface CheckedPlace {
  workspaceId: string;
  registryId: string;
  name: string;
}

/** What a check saw of one package. */
export interface PackageSeen {
  /** Tells what advisories there were from others. */
  advisories: string;
  /** Every version that was looked at, with its compliance. */
  results: ReadonlyMap<string, ComplianceResult>;
  found: readonly FoundReason[];
}

/** What is new since the check before. */
export interface RecordedCheck {
  /** When that was, in milliseconds; null for the first one. */
  checkedBefore: number | null;
  /** What it said of each version. */
  before: Readonly<Record<string, ComplianceResult>>;
  opened: FoundReason[];
  closed: Pick<Finding, "version" | "rule">[];
}

type FindingRow = Selectable<FindingsTable>;

const REASON_CHARS_MAX = 2_000;
const GONE = "Nobody here has this version any more.";
const OVER = "No rule has this against it any more.";

/**
 * Writes what a check saw: opens what is new, closes what is over, and leaves alone what somebody closed as long as it is
 * the same.
 */
export async function recordFindings(
  { db, now }: { db: Database; now: () => number },
  place: CheckedPlace,
  seen: PackageSeen,
): Promise<RecordedCheck> {
  const { registryId, name } = place;
  return await db.write(async (trx) => {
    const at = now();
    const known = await trx
      .selectFrom("findings")
      .selectAll()
      .where("registry_id", "=", registryId)
      .where("name", "=", name)
      .execute();
    const byKey = new Map(known.map((row) => [keyOf(row), row]));
    const opened = [];
    for (const found of seen.found) {
      if (await isOpened(trx, { place, at, row: byKey.get(keyOf(found)) }, found)) opened.push(found);
    }
    const kept = new Set(seen.found.map(keyOf));
    const over = known.filter((row) => row.state === "open" && !kept.has(keyOf(row)));
    for (const row of over) {
      const note = seen.results.has(row.version) ? OVER : GONE;
      await close(trx, row.id, { at, by: null, isSettled: false, note });
    }
    const { checkedBefore, before } = await recordCheck(trx, place, { at, seen });
    return {
      checkedBefore,
      before,
      opened,
      closed: over.map(({ version, rule }) => ({ version, rule })),
    };
  });
}

/** A version that was refused to somebody because a person has to look at it first. */
export interface RefusedVersion extends CheckedPlace {
  version: string;
  rule: string;
  reason: string;
}

/** Opens findings for versions that were refused, unless they are there and nothing about them is new. */
export async function openRefused(
  trx: Transaction<Schema>,
  refused: readonly RefusedVersion[],
  at: number,
): Promise<void> {
  for (const { version, rule, reason, ...place } of refused) {
    const row = await trx
      .selectFrom("findings")
      .selectAll()
      .where("registry_id", "=", place.registryId)
      .where("name", "=", place.name)
      .where("version", "=", version)
      .where("rule", "=", rule)
      .executeTakeFirst();
    // A check says more of it than a refusal.
    if (row !== undefined && (row.state === "open" || row.is_settled === 1)) continue;
    const found = { version, rule, reason, mode: "enforce", result: "noncompliant" } as const;
    await isOpened(trx, { place, at, row }, { ...found, presence: "refused", evidence: {} });
  }
}

/** How a finding ends. */
export interface Closing {
  at: number;
  /** Null for a check. */
  by: string | null;
  /** True if it may stay as it is: then a check opens it again only when it says something else. */
  isSettled: boolean;
  note: string;
}

/** Closes a finding. */
export async function close(
  trx: Transaction<Schema>,
  id: string,
  { at, by, isSettled, note }: Closing,
): Promise<void> {
  const is_settled = isSettled ? 1 : 0;
  await trx
    .updateTable("findings")
    .set({ state: "closed", closed_at: at, closed_by: by, is_settled, note: withoutNul(note) })
    .where("id", "=", id)
    .execute();
}

/** What of a finding may change while it is open. */
type Said = Pick<FindingRow, "mode" | "result" | "presence" | "reason" | "evidence">;

interface Opening {
  place: CheckedPlace;
  at: number;
  row: FindingRow | undefined;
}

async function isOpened(
  trx: Transaction<Schema>,
  { place, at, row }: Opening,
  found: FoundReason,
): Promise<boolean> {
  const { version, rule, mode, result, presence, reason, evidence } = found;
  const said: Said = {
    mode,
    result,
    presence,
    reason: withoutNul(reason.slice(0, REASON_CHARS_MAX)),
    evidence: withoutNul(JSON.stringify(evidence)),
  };
  if (row !== undefined) return await isReopened(trx, { row, said, at });
  const subject = { workspace_id: place.workspaceId, registry_id: place.registryId, name: place.name };
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto("findings")
    .values({ id: randomUUID(), ...subject, version, rule, ...said, ...openingAt(at) })
    // Another process opened it at the same time.
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

async function isReopened(
  trx: Transaction<Schema>,
  { row, said, at }: { row: FindingRow; said: Said; at: number },
): Promise<boolean> {
  const isSame = row.reason === said.reason && row.mode === said.mode && row.result === said.result;
  const isClosed = row.state === "closed";
  if (isClosed && row.is_settled === 1 && isSame) return false;
  const hasNews = !isSame || row.presence !== said.presence || row.evidence !== said.evidence;
  if (!isClosed && !hasNews) return false;
  await trx
    .updateTable("findings")
    .set({ ...said, ...(isClosed ? openingAt(at) : {}) })
    .where("id", "=", row.id)
    .execute();
  return isClosed;
}

function openingAt(
  at: number,
): Pick<FindingRow, "state" | "opened_at" | "closed_at" | "closed_by" | "is_settled" | "note"> {
  return { state: "open", opened_at: at, closed_at: null, closed_by: null, is_settled: 0, note: "" };
}

async function recordCheck(
  trx: Transaction<Schema>,
  { registryId, name }: CheckedPlace,
  { at, seen }: { at: number; seen: PackageSeen },
): Promise<Pick<RecordedCheck, "checkedBefore" | "before">> {
  const row = await trx
    .selectFrom("package_checks")
    .select(["checked_at", "results"])
    .where("registry_id", "=", registryId)
    .where("name", "=", name)
    .executeTakeFirst();
  const { advisories, results } = seen;
  const values = { checked_at: at, advisories, results: JSON.stringify(Object.fromEntries(results)) };
  await trx
    .insertInto("package_checks")
    .values({ registry_id: registryId, name, ...values })
    .onConflict((conflict) => conflict.columns(["registry_id", "name"]).doUpdateSet(values))
    .execute();
  return {
    checkedBefore: row?.checked_at ?? null,
    before: row === undefined ? {} : (JSON.parse(row.results) as Record<string, ComplianceResult>),
  };
}

function keyOf({ version, rule }: Pick<Finding, "version" | "rule">): string {
  return `${version}\n${rule}`;
}
