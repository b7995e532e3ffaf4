import type { ChangeRow, Database } from "../db/index.ts";
import { ChangeFeed } from "./change-feed.ts";
import type { ChangeListener } from "./change-feed.ts";
import { changeOfRow } from "./change-rows.ts";
import type { Change } from "./change.ts";

/** Changes handed over at a time; a process that fell far behind catches up in such steps. */
const PAGE = 500;
const SINCE_MAX = 1_000;

export interface ChangeLogOptions {
  /** How often to look without being told, in milliseconds. */
  pollMs: number;
  /** Hears of listeners that throw and of reads that fail; both are tried again or passed over. */
  onError: (error: unknown) => void;
}

/** The change log as this process follows it. */
export interface ChangeLog {
  /** The newest change that listeners have been given. */
  readonly seq: number;
  /**
   * SQLite: gives listeners everything committed so far, by any process, before it returns; microseconds when there
   * is nothing. PostgreSQL: does nothing, since changes arrive by notification and by polling. Never throws. Tells
   * whether it had to ask the engine, which costs microseconds, or saw at a glance that nothing was committed.
   */
  catchUp(): boolean;
  /** Resolves when listeners have been given everything that was committed before the call, on either database. */
  refresh(): Promise<void>;
  /** Calls back with changes in order. Returns how to stop. */
  subscribe(listener: ChangeListener): () => void;
  /** Reads at most `limit` (up to 1,000) changes after `seq`, in order. */
  since(seq: number, limit: number): Promise<Change[]>;
  close(): void;
}

/** Starts following the log from its present end. */
export async function createChangeLog(db: Database, options: ChangeLogOptions): Promise<ChangeLog> {
  const readChangesSync = db.readChangesSync;
  // The flag is cleared before the end is read: what is committed in between is then looked at twice, not never.
  db.changedElsewhere();
  const feed = new ChangeFeed(await newestChange(db), options.onError);
  const follower =
    readChangesSync === undefined
      ? followByNotice(db, feed, options.onError)
      : followInStep({ db, readChangesSync }, feed, options.onError);
  const poll = setInterval(follower.poll, options.pollMs);
  poll.unref();
  return {
    get seq() {
      return feed.seq;
    },
    catchUp: follower.catchUp,
    refresh: follower.refresh,
    subscribe: (listener) => feed.subscribe(listener),
    since: (seq, limit) => readSince(db, seq, Math.min(limit, SINCE_MAX)),
    close: () => {
      clearInterval(poll);
      follower.stop();
    },
  };
}

interface Follower {
  catchUp(): boolean;
  refresh(): Promise<void>;
  poll(): void;
  stop(): void;
}

type InStep = { db: Database; readChangesSync: (after: number, limit: number) => ChangeRow[] };

/** SQLite: whoever asks reads the rows there and then, on its own thread. */
function followInStep(
  { db, readChangesSync }: InStep,
  feed: ChangeFeed,
  onError: (error: unknown) => void,
): Follower {
  let isBehind = false;
  let isReading = false;

  function readAll(): void {
    let rows: ChangeRow[];
    do {
      rows = readChangesSync(feed.seq, PAGE);
      feed.deliver(rows.map(changeOfRow));
    } while (rows.length === PAGE);
  }

  function look(): void {
    // A listener that asks again is served by the loop it was called from.
    if (isReading) return;
    isReading = true;
    try {
      isBehind = db.changedElsewhere() || isBehind;
      if (isBehind) readAll();
      isBehind = false;
    } catch (error) {
      onError(error);
    } finally {
      isReading = false;
    }
  }

  return {
    catchUp() {
      if (isReading || (!isBehind && db.isUnchanged?.() === true)) return false;
      look();
      return true;
    },
    poll: look,
    refresh: () => Promise.resolve(look()),
    stop: () => undefined,
  };
}

/** PostgreSQL: one read at a time, started by a notification, by the clock, or by someone who waits for it. */
function followByNotice(db: Database, feed: ChangeFeed, onError: (error: unknown) => void): Follower {
  let last: Promise<void> = Promise.resolve();
  let queued: Promise<void> | null = null;
  let isStopped = false;

  async function readAll(): Promise<void> {
    let isMore = true;
    while (isMore && !isStopped) {
      const changes = await readSince(db, feed.seq, PAGE);
      if (!isStopped) feed.deliver(changes);
      isMore = changes.length === PAGE;
    }
  }

  /** One that runs already may have looked too early: the caller shares the one that has not started. */
  function refresh(): Promise<void> {
    if (queued !== null) return queued;
    const mine = last.then(async () => {
      queued = null;
      await readAll().catch((error: unknown) => {
        // Whoever stops following closes the database next.
        if (!isStopped) throw error;
      });
    });
    queued = mine;
    last = mine.catch(() => undefined);
    return mine;
  }

  function poll(): void {
    if (!isStopped) refresh().catch(onError);
  }

  const unsubscribe = db.onChange?.(poll);
  return {
    catchUp: () => false,
    refresh,
    poll,
    stop: () => {
      isStopped = true;
      unsubscribe?.();
    },
  };
}

/** The number of the newest change that is committed; 0 when there is none. */
export async function newestChange(db: Pick<Database, "read">): Promise<number> {
  const row = await db.read
    .selectFrom("changes")
    .select("seq")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.seq ?? 0;
}

async function readSince(db: Database, seq: number, limit: number): Promise<Change[]> {
  const rows = await db.read
    .selectFrom("changes")
    .selectAll()
    .where("seq", ">", seq)
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map(changeOfRow);
}
