import { randomUUID } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import type { Transaction } from "kysely";
import { appendChange, type Actor } from "../changes/index.ts";
import { isPostgres, type Database, type Schema } from "../db/index.ts";
import { approvalsFor, decisionText, recordOf, type ExceptionRecord } from "./exception-record.ts";
import { lengthOf, termsOf, textOf, type ExceptionTerms, type NewException } from "./exception-terms.ts";
import { approversOf, rulesOf, type ExceptionRow } from "./exceptions.ts";
import { leaveNotice } from "./notices.ts";
import { EVERYWHERE } from "./policy-layers.ts";

export interface ExceptionDeps {
  db: Database;
  now: () => number;
}

/** Who acts; always a user, whose name stays with what they agreed to. */
export interface ExceptionActor {
  workspaceId: string;
  actor: Actor;
}

/** A decision on an exception. */
export interface ExceptionDecision {
  id: string;
  note: string;
  /** Shortens what was asked for; counted from the approval. */
  days?: number | undefined;
}

/** Exceptions in force at once, and wishes that nobody decided on, of a workspace and of one user. */
const APPROVED_MAX = 10_000;
const REQUESTED_MAX = 5000;
const REQUESTED_OF_USER_MAX = 50;
const NOTE_CHARS_MAX = 500;

/**
 * Makes an exception on the word of somebody who may: in force at once, save for confirmed malware, which needs a
 * second person. Throws `request-invalid`.
 */
export async function createException(
  deps: ExceptionDeps,
  by: ExceptionActor,
  input: NewException,
): Promise<ExceptionRecord> {
  const at = deps.now();
  const wish = newRow(by, input, at);
  const { state, ...agreed } = agree(wish, by.actor.name, at);
  const row: ExceptionRow = { ...wish, ...agreed, state };
  await deps.db.write(async (trx) => {
    await assertRoom(trx, row, at);
    await trx.insertInto("exceptions").values(row).execute();
    await log(trx, row, { actor: by.actor, at, before: null });
  });
  return recordOf(row, at);
}

/**
 * Asks for an exception. The same wish again is the one that is there. Throws `request-invalid`, and
 * `too-many-requests` when too many wait.
 */
export async function requestException(
  deps: ExceptionDeps,
  by: ExceptionActor,
  input: NewException,
): Promise<ExceptionRecord> {
  const at = deps.now();
  const row = newRow(by, input, at);
  return await deps.db.write(async (trx) => {
    const twin = await sameWish(trx, row);
    if (twin !== undefined) return recordOf(twin, at);
    await assertRoom(trx, row, at);
    await trx.insertInto("exceptions").values(row).execute();
    await log(trx, row, { actor: by.actor, at, before: null });
    return recordOf(row, at);
  });
}

/**
 * Agrees to a wish. Throws `not-found`, `permission-denied` for whoever asked for it or agreed already, and
 * `request-invalid` when it is decided already.
 */
export async function approveException(
  deps: ExceptionDeps,
  by: ExceptionActor,
  decision: ExceptionDecision,
): Promise<ExceptionRecord> {
  return await decide(deps, by, { ...decision, what: "approved" });
}

/** Says no to a wish. Throws as {@link approveException}. */
export async function rejectException(
  deps: ExceptionDeps,
  by: ExceptionActor,
  decision: ExceptionDecision,
): Promise<ExceptionRecord> {
  return await decide(deps, by, { ...decision, what: "rejected" });
}

/** Ends an exception, or takes a wish back. Throws `not-found`, and `request-invalid` when it is over already. */
export async function revokeException(
  deps: ExceptionDeps,
  by: ExceptionActor,
  decision: ExceptionDecision,
): Promise<ExceptionRecord> {
  return await decide(deps, by, { ...decision, what: "revoked" });
}

type Deed = ExceptionDecision & { what: "approved" | "rejected" | "revoked" };

async function decide(deps: ExceptionDeps, by: ExceptionActor, deed: Deed): Promise<ExceptionRecord> {
  const at = deps.now();
  return await deps.db.write(async (trx) => {
    const row = await requireRow(trx, by.workspaceId, deed.id);
    assertOpen(row, deed.what, at);
    const note = notesOf(deed.note);
    const decided = { decided_by: by.actor.name, decided_at: at, note };
    const change =
      deed.what === "approved"
        ? approval(row, { name: by.actor.name, at, days: deed.days })
        : ({ state: deed.what } as const);
    const next: ExceptionRow = { ...row, ...decided, ...change };
    if (next.state === "approved") await assertRoom(trx, next, at);
    await trx
      .updateTable("exceptions")
      .set({ ...decided, ...change })
      .where("id", "=", row.id)
      .execute();
    await tellOwner(trx, next, { by: by.actor.name, at });
    await log(trx, next, { actor: by.actor, at, before: row });
    return recordOf(next, at);
  });
}

type Approval = Pick<ExceptionRow, "state" | "approved_by" | "expires_at" | "lasts_ms">;

function approval(
  row: ExceptionRow,
  { name, at, days }: { name: string; at: number; days: number | undefined },
): Approval {
  const agreed = approversOf(row);
  if (agreed.includes(name)) {
    throw denied(`${name} agreed to this already; ${approvalsFor(rulesOf(row))} different people have to.`);
  }
  // Whoever made it themselves is among those who agreed, and was told so above.
  if (row.owner === name) throw denied("Somebody else has to approve what you asked for yourself.");
  return agree(shortened(row, days), name, at);
}

// A second person must not lengthen what the first agreed to, nor an approver what was asked for.
function shortened(row: ExceptionRow, days: number | undefined): ExceptionRow {
  if (days === undefined) return row;
  const lasts = lengthOf(days);
  const isShorter = row.expires_at === null && (row.lasts_ms === null || lasts <= row.lasts_ms);
  if (isShorter) return { ...row, lasts_ms: lasts };
  throw new EntrepotError("request-invalid", {
    message: "An approval can shorten what was asked for by days; for longer, make an exception of your own.",
  });
}

function agree(row: ExceptionRow, name: string, at: number): Approval {
  const approvedBy = [...approversOf(row), name];
  const isEnough = approvedBy.length >= approvalsFor(rulesOf(row));
  const endsAt = row.lasts_ms === null ? row.expires_at : at + row.lasts_ms;
  return {
    state: isEnough ? "approved" : "requested",
    approved_by: JSON.stringify(approvedBy),
    expires_at: isEnough ? endsAt : row.expires_at,
    lasts_ms: row.lasts_ms,
  };
}

function assertOpen(row: ExceptionRow, what: Deed["what"], now: number): void {
  const { state } = recordOf(row, now);
  const isOpen = state === "requested" || (what === "revoked" && state === "approved");
  if (!isOpen) {
    throw new EntrepotError("request-invalid", {
      message: `This one is ${state === "ended" ? "over" : state}; make another one.`,
    });
  }
  if (what === "approved" && row.expires_at !== null && row.expires_at <= now) {
    throw new EntrepotError("request-invalid", {
      message: "The time that was asked for is over; ask for it anew.",
    });
  }
}

function denied(message: string): EntrepotError {
  return new EntrepotError("permission-denied", { message });
}

function notesOf(note: string): string {
  return note.trim() === "" ? "" : textOf(note.slice(0, NOTE_CHARS_MAX), "A note");
}

function newRow(by: ExceptionActor, input: NewException, at: number): ExceptionRow {
  const terms: ExceptionTerms = termsOf(input, at);
  return {
    id: randomUUID(),
    workspace_id: by.workspaceId,
    registry_id: input.registryId,
    packages: terms.packages,
    version_range: terms.range,
    rules: terms.rules === null ? null : JSON.stringify(terms.rules),
    state: "requested",
    reason: terms.reason,
    owner: by.actor.name,
    created_at: at,
    approved_by: "[]",
    expires_at: terms.endsAt,
    lasts_ms: terms.lastsMs,
    decided_by: null,
    decided_at: null,
    note: "",
  };
}

async function sameWish(trx: Transaction<Schema>, row: ExceptionRow): Promise<ExceptionRow | undefined> {
  const { workspace_id, registry_id, packages, version_range, owner } = row;
  return await trx
    .selectFrom("exceptions")
    .selectAll()
    .where((on) =>
      on.and({ workspace_id, registry_id, packages, version_range, owner, state: "requested" as const }),
    )
    .where("rules", row.rules === null ? "is" : "=", row.rules)
    .executeTakeFirst();
}

async function assertRoom(trx: Transaction<Schema>, row: ExceptionRow, now: number): Promise<void> {
  const { count, own } = await trx
    .selectFrom("exceptions")
    .select((on) => [
      on.fn.countAll<number | string>().as("count"),
      on.fn
        .sum<number | string | null>(on.case().when("owner", "=", row.owner).then(1).else(0).end())
        .as("own"),
    ])
    .where("workspace_id", "=", row.workspace_id)
    .where("state", "=", row.state)
    .where((on) => on.or([on("expires_at", "is", null), on("expires_at", ">", now)]))
    .executeTakeFirstOrThrow();
  if (row.state === "approved" && Number(count) >= APPROVED_MAX) {
    throw new EntrepotError("request-invalid", {
      message: `There are ${APPROVED_MAX} exceptions in force, which is the most; revoke some, or change the rule.`,
    });
  }
  if (row.state !== "requested") return;
  if (Number(count) < REQUESTED_MAX && Number(own ?? 0) < REQUESTED_OF_USER_MAX) return;
  throw new EntrepotError("too-many-requests", {
    message:
      "Too many requests wait for a decision; take some of yours back, or ask somebody to decide on them.",
  });
}

async function requireRow(trx: Transaction<Schema>, workspaceId: string, id: string): Promise<ExceptionRow> {
  const row = await trx
    .selectFrom("exceptions")
    .selectAll()
    .where("id", "=", id)
    .where("workspace_id", "=", workspaceId)
    .$if(isPostgres(trx), (query) => query.forUpdate())
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new EntrepotError("not-found", { message: "There is no such exception or request." });
}

async function tellOwner(
  trx: Transaction<Schema>,
  row: ExceptionRow,
  { by, at }: { by: string; at: number },
): Promise<void> {
  if (row.owner === by) return;
  await leaveNotice(trx, {
    workspaceId: row.workspace_id,
    userName: row.owner,
    kind: `exception-${row.state}`,
    text: decisionText(recordOf(row, at), by),
    at,
  });
}

async function log(
  trx: Transaction<Schema>,
  row: ExceptionRow,
  { actor, at, before }: { actor: Actor; at: number; before: ExceptionRow | null },
): Promise<void> {
  await appendChange(trx, {
    workspaceId: row.workspace_id,
    registryId: row.registry_id === EVERYWHERE ? null : row.registry_id,
    packageName: row.packages.endsWith("*") ? null : row.packages,
    kind: "exception-changed",
    actor,
    at,
    detail: {
      exceptionId: row.id,
      packages: row.packages,
      range: row.version_range,
      rules: rulesOf(row),
      before: before?.state ?? null,
      state: row.state,
      reason: row.reason,
      owner: row.owner,
      approvedBy: approversOf(row),
      expiresAt: row.expires_at,
      note: row.note,
    },
  });
}
