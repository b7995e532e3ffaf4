import { setImmediate as nextTurn } from "node:timers/promises";
import { KINDS_WITHOUT_CHANGE, newestChange } from "../changes/index.ts";
import type { AuditRow, ChangeRow, Database } from "../db/index.ts";

type Reader = Pick<Database, "read">;
type ChangeKey = Pick<ChangeRow, "seq" | "kind" | "at" | "actor" | "package">;
type EventKey = Pick<AuditRow, "seq" | "kind" | "at" | "actor" | "package">;

const PAGE = 1_000;

/** Names the last change that is older than the trail; the migrations write it. */
const TRAIL_START = "audit-trail-after-change";

/** Finds the first change whose event is not in the trail, of those that are not older than it; null when each has its own. */
export async function changeWithoutEvent(db: Reader): Promise<ChangeKey | null> {
  // Before the events are read: each change up to this one was committed with its event.
  const until = await newestChange(db);
  const events = pagesOf(0, (after) => eventsAfter(db, after));
  for await (const change of pagesOf(await trailStart(db), (after) => changesAfter(db, { after, until }))) {
    let event = (await events.next()).value;
    // Changes that count as older may have events all the same.
    while (event !== undefined && !isSame(event, change)) event = (await events.next()).value;
    if (event === undefined) return change;
  }
  return null;
}

function isSame(event: EventKey, change: ChangeKey): boolean {
  return (
    event.kind === change.kind &&
    event.at === change.at &&
    event.actor === change.actor &&
    event.package === change.package
  );
}

async function* pagesOf<T extends { seq: number }>(
  start: number,
  read: (after: number) => Promise<T[]>,
): AsyncGenerator<T, undefined> {
  let rows = await read(start);
  while (rows.length > 0) {
    yield* rows;
    await nextTurn();
    rows = rows.length < PAGE ? [] : await read(rows.at(-1)?.seq ?? 0);
  }
  return undefined;
}

async function eventsAfter(db: Reader, after: number): Promise<EventKey[]> {
  return await db.read
    .selectFrom("audit_events")
    .select(["seq", "kind", "at", "actor", "package"])
    .where("seq", ">", after)
    .where("kind", "not in", KINDS_WITHOUT_CHANGE)
    .orderBy("seq")
    .limit(PAGE)
    .execute();
}

async function changesAfter(
  db: Reader,
  { after, until }: { after: number; until: number },
): Promise<ChangeKey[]> {
  return await db.read
    .selectFrom("changes")
    .select(["seq", "kind", "at", "actor", "package"])
    .where("seq", ">", after)
    .where("seq", "<=", until)
    .orderBy("seq")
    .limit(PAGE)
    .execute();
}

async function trailStart(db: Reader): Promise<number> {
  const row = await db.read
    .selectFrom("settings")
    .select("value")
    .where("key", "=", TRAIL_START)
    .executeTakeFirst();
  return Number(row?.value ?? 0);
}
