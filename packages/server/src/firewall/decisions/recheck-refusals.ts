import { setImmediate as nextTurn } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "../../db/index.ts";
import { foldUserName } from "../../identity/index.ts";
import { leaveNotice } from "../notices.ts";
import { seqSince } from "./seq-since.ts";

const DAY_MS = 86_400_000;
/** Refusals that are older are forgotten by those who met them. */
const DAYS = 30;
const STEP = 2_000;
/** Refusals, told apart by person and version, and packages, that one run looks at; the newest. */
const REFUSALS_MAX = 20_000;
const PACKAGES_MAX = 2_000;
const REASON_CHARS_MAX = 200;

/** What is known of a package today. */
export interface PackageToday {
  registry: string;
  versions: readonly string[];
  /** Versions that are refused. */
  hidden: ReadonlyMap<string, unknown>;
}

export interface RecheckDeps {
  db: Database;
  workspaceId: string;
  now: () => number;
  /** Null for a package or registry that is gone. */
  today(registryId: string, name: string): Promise<PackageToday | null>;
}

/** Somebody who was refused a version. */
interface Refusal {
  registryId: string;
  name: string;
  version: string;
  principal: string;
  rule: string | null;
  reason: string | null;
  /** Of the newest one, in milliseconds. */
  at: number;
  seq: number;
}

/**
 * Leaves a notice for everybody who was refused a version within the last 30 days that they may have now, once for each
 * person and version. Gives how many notices there were.
 */
export async function recheckRefusals(
  deps: RecheckDeps,
  options: { signal?: AbortSignal; log?: (text: string) => void } = {},
): Promise<number> {
  const refusals = await refusalsOfUsers(deps);
  let told = 0;
  let packages = 0;
  for (const group of byPackage(refusals)) {
    if (options.signal?.aborted === true) break;
    if (packages === PACKAGES_MAX) {
      options.log?.(`only ${PACKAGES_MAX} packages were looked at; the others wait for the next run`);
      break;
    }
    packages += 1;
    told += await tellOfPackage(deps, group);
    await nextTurn();
  }
  return told;
}

async function tellOfPackage(deps: RecheckDeps, group: readonly Refusal[]): Promise<number> {
  const [first] = group;
  const today = first === undefined ? null : await deps.today(first.registryId, first.name);
  if (today === null) return 0;
  const versions = new Set(today.versions);
  const reversed = group.filter(({ version }) => versions.has(version) && !today.hidden.has(version));
  for (const refusal of reversed) await tell(deps, { refusal, registry: today.registry });
  return reversed.length;
}

// The notice and the note that it was left go together, so that nobody is told twice, or never.
async function tell(
  { db, workspaceId, now }: RecheckDeps,
  { refusal, registry }: { refusal: Refusal; registry: string },
): Promise<void> {
  const at = now();
  await db.write(async (trx) => {
    await leaveNotice(trx, {
      workspaceId,
      userName: foldUserName(refusal.principal),
      kind: "refusal-reversed",
      text: noticeText(refusal, registry),
      at,
    });
    await trx
      .updateTable("decisions")
      .set({ told_at: at })
      .where("workspace_id", "=", workspaceId)
      .where("name", "=", refusal.name)
      .where("version", "=", refusal.version)
      .where("registry_id", "=", refusal.registryId)
      .where("principal", "=", refusal.principal)
      .where("outcome", "=", sql.lit("refused"))
      .where("told_at", "is", null)
      .where("seq", "<=", refusal.seq)
      .execute();
  });
}

function noticeText({ name, version, rule, reason, at }: Refusal, registry: string): string {
  const day = new Date(at).toISOString().slice(0, 10);
  const why = rule === null ? "" : ` by the rule ${rule} (${(reason ?? "").slice(0, REASON_CHARS_MAX)})`;
  return `${name}@${version} was refused to you on ${day}${why}. The registry "${registry}" gives it to you now.`;
}

/** The newest refusal of each version to each user that nobody was told of, the newest first. */
async function refusalsOfUsers(deps: RecheckDeps): Promise<Refusal[]> {
  const { db, workspaceId } = deps;
  const oldest = await seqSince(db, deps.now() - DAYS * DAY_MS);
  const found = new Map<string, Refusal>();
  let before = Number.MAX_SAFE_INTEGER;
  while (found.size < REFUSALS_MAX) {
    const rows = await db.read
      .selectFrom("decisions")
      .select(["seq", "at", "registry_id", "name", "version", "principal", "rule", "reason"])
      .where("workspace_id", "=", workspaceId)
      .where("outcome", "=", sql.lit("refused"))
      .where("told_at", "is", null)
      .where("seq", ">=", oldest)
      .where("seq", "<", before)
      .orderBy("seq", "desc")
      .limit(STEP)
      .execute();
    for (const { registry_id: registryId, ...row } of rows) {
      const key = [registryId, row.name, row.version, row.principal].join("\n");
      if (!found.has(key)) found.set(key, { ...row, registryId });
    }
    before = rows.at(-1)?.seq ?? 0;
    if (rows.length < STEP) break;
    await nextTurn();
  }
  const users = await usersAmong(deps, [...found.values()]);
  return [...found.values()].filter(({ principal }) => users.has(foldUserName(principal)));
}

// Keys and the anonymous have nobody who reads notices.
async function usersAmong(
  { db, workspaceId }: RecheckDeps,
  refusals: readonly Refusal[],
): Promise<ReadonlySet<string>> {
  const names = [...new Set(refusals.map(({ principal }) => foldUserName(principal)))];
  const users = new Set<string>();
  for (let at = 0; at < names.length; at += STEP) {
    const rows = await db.read
      .selectFrom("users")
      .select("name")
      .where("workspace_id", "=", workspaceId)
      .where("name", "in", names.slice(at, at + STEP))
      .execute();
    for (const { name } of rows) users.add(name);
  }
  return users;
}

function byPackage(refusals: readonly Refusal[]): Iterable<Refusal[]> {
  const groups = new Map<string, Refusal[]>();
  for (const refusal of refusals) {
    const key = `${refusal.registryId}\n${refusal.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [refusal]);
    else group.push(refusal);
  }
  return groups.values();
}
