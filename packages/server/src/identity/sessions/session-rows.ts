import type { Selectable, Transaction } from "kysely";
import { appendChange, type Actor } from "../../changes/index.ts";
import type { Schema } from "../../db/index.ts";
import type { IdentityDeps } from "../identity-deps.ts";

/** How long a session lasts without being used. */
export const SESSION_IDLE_MS: number = 12 * 60 * 60 * 1000;
/** How long a session lasts at most. */
export const SESSION_MS_MAX: number = 7 * 24 * 60 * 60 * 1000;

/** How long a session that ended can still be told from one that never was. */
const ENDED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** A row of the table. */
export type SessionRow = Selectable<Schema["sessions"]>;

/** When a session ends by itself if it is not used again. */
export function endOf(row: Pick<SessionRow, "created_at" | "last_used_at">): number {
  return Math.min(row.created_at + SESSION_MS_MAX, row.last_used_at + SESSION_IDLE_MS);
}

/** Tells whether a session can be used. */
export function isLive(
  row: Pick<SessionRow, "created_at" | "last_used_at" | "ended_at">,
  at: number,
): boolean {
  return row.ended_at === null && at < endOf(row);
}

/** Ends all sessions of a user in this transaction, which says by a change of its own why; gives their number. */
export async function endSessionsOf(
  trx: Transaction<Schema>,
  { userId, at }: { userId: string; at: number },
): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable("sessions")
    .set({ ended_at: at })
    .where("user_id", "=", userId)
    .where("ended_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** Logs what happened to a session; `null` stands for all sessions of the user. */
export async function appendSessionChange(
  trx: Transaction<Schema>,
  about: { workspaceId: string; userId: string; sessionId: string | null },
  change: { actor: Actor; at: number; what: "started" | "ended" },
): Promise<void> {
  await appendChange(trx, {
    workspaceId: about.workspaceId,
    registryId: null,
    packageName: null,
    kind: "session-changed",
    actor: change.actor,
    at: change.at,
    detail: { sessionId: about.sessionId, userId: about.userId, what: change.what },
  });
}

/** Deletes sessions that ended 30 days ago or earlier; gives their number. */
export async function purgeSessions(deps: Pick<IdentityDeps, "db" | "now">): Promise<number> {
  const until = deps.now() - ENDED_KEPT_MS;
  const { numDeletedRows } = await deps.db.write((trx) =>
    trx
      .deleteFrom("sessions")
      .where((on) => on.or([on("ended_at", "<=", until), on("created_at", "<=", until - SESSION_MS_MAX)]))
      .executeTakeFirstOrThrow(),
  );
  return Number(numDeletedRows);
}
