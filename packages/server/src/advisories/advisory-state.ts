import type { AdvisoryFeed } from "../config/index.ts";
import type { FeedRow } from "./feed-rows.ts";
import type { EpochHold } from "./epoch-hold.ts";
import type { Epoch, EpochFeed } from "./epoch-rows.ts";
import { participants } from "./feed-rows.ts";

/** How one feed is. Times are milliseconds since 1970. */
export interface FeedState {
  name: string;
  kind: FeedRow["kind"];
  /** Without credentials; null for what came with a bundle. */
  url: string;
  records: number;
  newestAt: number | null;
  fetchedAt: number | null;
  checkedAt: number | null;
  failedAt: number | null;
  failure: string | null;
}

/** How the advisory data is, as far as this process knows. */
export interface AdvisoryState {
  /** Number of the epoch in force; null before the first. */
  epoch: number | null;
  /** When the data was last known to be current: the oldest check among the feeds of advisories; null when never. */
  currentAt: number | null;
  /** When that epoch was made. */
  createdAt: number | null;
  advisories: number;
  packages: number;
  feeds: readonly FeedState[];
  /** Set after a rollback: feeds are not followed. */
  hold: EpochHold | null;
  /** What someone should look at; empty when all is well. */
  alarms: readonly string[];
}

/** What the tables say. */
export interface ToldState {
  epoch: Epoch | null;
  rows: ReadonlyMap<string, FeedRow>;
  hold: EpochHold | null;
}

const HOUR_MS = 60 * 60 * 1000;

/** Puts together what the rows and the epoch in force say. */
export function advisoryState(
  { epoch, rows, hold }: ToldState,
  { feeds, staleHours, now }: { feeds: readonly AdvisoryFeed[]; staleHours: number; now: number },
): AdvisoryState {
  const counting = participants(rows, feeds);
  const names = new Set([...feeds, ...counting].map(({ name }) => name));
  const states = [...rows.values()].filter(({ name }) => names.has(name)).map(stateOf);
  const currentAt = hold === null ? oldestCheck(counting.map(checkOfRow)) : oldestCheck(epoch?.feeds ?? []);
  return {
    ...sizeOf(epoch),
    currentAt,
    feeds: states,
    hold,
    alarms: [
      ...(hold === null ? [] : [holdText(hold)]),
      ...alarmsOf(states, { currentAt, staleHours, now, isUsed: feeds.length > 0 || epoch !== null }),
    ],
  };
}

function sizeOf(epoch: Epoch | null): Pick<AdvisoryState, "epoch" | "createdAt" | "advisories" | "packages"> {
  if (epoch === null) return { epoch: null, createdAt: null, advisories: 0, packages: 0 };
  const { id, createdAt, advisories, packages } = epoch;
  return { epoch: id, createdAt, advisories, packages };
}

function checkOfRow({ kind, checked_at: checkedAt }: FeedRow): Pick<EpochFeed, "kind" | "checkedAt"> {
  return { kind, checkedAt };
}

function oldestCheck(feeds: readonly Pick<EpochFeed, "kind" | "checkedAt">[]): number | null {
  const checks = feeds.filter(({ kind }) => kind === "osv").map(({ checkedAt }) => checkedAt ?? 0);
  return checks.length === 0 ? null : Math.min(...checks);
}

function holdText({ epoch, by }: EpochHold): string {
  return `${by} went back to epoch ${epoch}; feeds are not followed until entrepot advisories sync is run.`;
}

function stateOf(row: FeedRow): FeedState {
  return {
    name: row.name,
    kind: row.kind,
    url: row.url,
    records: row.records,
    newestAt: row.newest_at,
    fetchedAt: row.fetched_at,
    checkedAt: row.checked_at,
    failedAt: row.failed_at,
    failure: row.failure,
  };
}

function alarmsOf(
  states: readonly FeedState[],
  about: { currentAt: number | null; staleHours: number; now: number; isUsed: boolean },
): string[] {
  const alarms = states.flatMap(({ name, failure }) => (failure === null ? [] : [`${name}: ${failure}`]));
  const { currentAt, staleHours, now, isUsed } = about;
  if (!isUsed) return alarms;
  if (currentAt === null) return [...alarms, "There is no advisory data yet."];
  const hours = Math.floor((now - currentAt) / HOUR_MS);
  if (hours >= staleHours) alarms.push(`The advisory data was last known to be current ${hours} hours ago.`);
  return alarms;
}
