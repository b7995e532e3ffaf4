import type { ChangeLog } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import type { Log } from "../telemetry/index.ts";
import type { ToldState } from "./advisory-state.ts";
import { loadHold } from "./epoch-hold.ts";
import { newestEpoch } from "./epoch-rows.ts";
import { loadFeedRows } from "./feed-rows.ts";

/** How old what is told of feeds may be, which other processes fetch too. */
const POLL_MS = 15_000;

/** What the tables say of feeds, at hand, so that nobody waits for it. */
export interface StateKeeper {
  get(): ToldState;
  refresh(): Promise<void>;
  stop(): void;
}

/** Reads the tables now and then, and when a change tells of it. */
export async function keepState({
  db,
  changes,
  log,
}: {
  db: Database;
  changes: Pick<ChangeLog, "subscribe">;
  log: Pick<Log, "warn">;
}): Promise<StateKeeper> {
  const load = async (): Promise<ToldState> => ({
    epoch: await newestEpoch(db.read),
    rows: await loadFeedRows(db.read),
    hold: await loadHold(db.read),
  });
  let state = await load();
  let isStopped = false;
  let isFailing = false;
  const refresh = async (): Promise<void> => {
    try {
      state = await load();
      isFailing = false;
    } catch (error) {
      // Told once, however long it lasts.
      if (!isStopped && !isFailing) log.warn("the state of advisory feeds cannot be read", { error });
      isFailing = true;
    }
  };
  const timer = setInterval(() => void refresh(), POLL_MS);
  timer.unref();
  const unsubscribe = changes.subscribe((batch) => {
    if (batch.some(({ kind }) => kind === "advisories-changed")) void refresh();
  });
  return {
    get: () => state,
    refresh,
    stop() {
      isStopped = true;
      clearInterval(timer);
      unsubscribe();
    },
  };
}
