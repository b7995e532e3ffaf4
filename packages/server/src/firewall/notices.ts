import { randomUUID } from "node:crypto";
import type { Selectable, Transaction } from "kysely";
import { withoutNul, type Database, type Schema } from "../db/index.ts";

/** Something that a user is to be told when they look. */
export interface Notice {
  id: string;
  /** What it is about, such as `exception-approved`. */
  kind: string;
  text: string;
  createdAt: number;
  /** Null: not read yet. */
  readAt: number | null;
}

/** Whom to tell, and what. */
export interface NewNotice {
  workspaceId: string;
  /** Folded name of the user. */
  userName: string;
  kind: string;
  text: string;
  at: number;
}

/** What is kept for one user; the oldest go first. */
const NOTICES_MAX = 200;
const TEXT_CHARS_MAX = 2000;

/** Leaves a notice for a user, in this transaction. */
export async function leaveNotice(trx: Transaction<Schema>, notice: NewNotice): Promise<void> {
  const { workspaceId, userName } = notice;
  const surplus = await trx
    .selectFrom("notices")
    .select("created_at")
    .where("workspace_id", "=", workspaceId)
    .where("user_name", "=", userName)
    .orderBy("created_at", "desc")
    .offset(NOTICES_MAX - 1)
    .limit(1)
    .executeTakeFirst();
  if (surplus !== undefined) {
    await trx
      .deleteFrom("notices")
      .where("workspace_id", "=", workspaceId)
      .where("user_name", "=", userName)
      .where("created_at", "<=", surplus.created_at)
      .execute();
  }
  await trx
    .insertInto("notices")
    .values({
      id: randomUUID(),
      workspace_id: workspaceId,
      user_name: userName,
      kind: notice.kind,
      text: withoutNul(notice.text).slice(0, TEXT_CHARS_MAX),
      created_at: notice.at,
      read_at: null,
    })
    .execute();
}

/** A user's notices, the newest first; without those that were read unless they are wanted. */
export async function listNotices(
  { db }: { db: Pick<Database, "read"> },
  wanted: { workspaceId: string; userName: string; withRead: boolean },
): Promise<Notice[]> {
  const rows = await db.read
    .selectFrom("notices")
    .selectAll()
    .where("workspace_id", "=", wanted.workspaceId)
    .where("user_name", "=", wanted.userName)
    .$if(!wanted.withRead, (query) => query.where("read_at", "is", null))
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(NOTICES_MAX)
    .execute();
  return rows.map(noticeOf);
}

/** Marks what a user had until a moment as read; gives how many. */
export async function markNoticesRead(
  { db, now }: { db: Database; now: () => number },
  wanted: { workspaceId: string; userName: string },
): Promise<number> {
  const at = now();
  const { numUpdatedRows } = await db.write((trx) =>
    trx
      .updateTable("notices")
      .set({ read_at: at })
      .where("workspace_id", "=", wanted.workspaceId)
      .where("user_name", "=", wanted.userName)
      .where("read_at", "is", null)
      .executeTakeFirstOrThrow(),
  );
  return Number(numUpdatedRows);
}

function noticeOf(row: Selectable<Schema["notices"]>): Notice {
  return { id: row.id, kind: row.kind, text: row.text, createdAt: row.created_at, readAt: row.read_at };
}
