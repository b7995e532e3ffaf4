import { Cron } from "croner";
import { expect, it } from "vitest";
import type { AdvisorySettings } from "./config/index.ts";
import { enqueueFirstSync, schedulesOf } from "./job-handlers.ts";

const FEED = { name: "osv", kind: "osv" as const, url: "https://feeds.test/npm/", allowedHosts: [] };

function settings(more: Partial<AdvisorySettings> = {}): AdvisorySettings {
  return {
    feeds: [FEED],
    refreshMinutes: 60,
    timeoutMs: 1,
    downloadBytesMax: 1,
    staleHours: 1,
    signingKeyFile: null,
    trustedKeys: [],
    ...more,
  };
}

function minutesBetween(cron: string): number[] {
  const times = new Cron(cron, { paused: true, timezone: "UTC" }).nextRuns(
    6,
    new Date("2026-05-01T00:00:00Z"),
  );
  return times.slice(1).map((time, at) => (time.getTime() - (times[at]?.getTime() ?? 0)) / 60_000);
}

it.each([5, 15, 30, 60, 120, 360, 1440])(
  "asks feeds every %i minutes, whatever the server's id",
  (minutes) => {
    for (const id of ["000000000000", "ffffffffffff", "5a5a5a5a5a5a"]) {
      const schedule = schedulesOf(settings({ refreshMinutes: minutes }), id).find(
        ({ name }) => name === "sync-advisories",
      );
      expect(new Set(minutesBetween(schedule?.cron ?? ""))).toEqual(new Set([minutes]));
    }
  },
);

it("reads everything anew each night, and asks nobody where there are no feeds", () => {
  const asking = (feeds: AdvisorySettings["feeds"]): unknown[] =>
    schedulesOf(settings({ feeds }), "00ff")
      .filter(({ kind }) => kind === "sync-advisories")
      .map(({ payload }) => payload);
  expect(asking([FEED])).toEqual([{}, { full: true }]);
  expect(asking([])).toEqual([]);
});

it("fetches at the start only what was never asked of its place", async () => {
  const kinds: string[] = [];
  const jobs = {
    enqueue: (job: { kind: string }) => {
      kinds.push(job.kind);
      return Promise.resolve({ id: "j", isNew: true });
    },
  };
  const start = async (url: string | null): Promise<number> => {
    kinds.length = 0;
    const feeds = url === null ? [] : [{ name: "osv", url }];
    await enqueueFirstSync({ jobs, advisories: { state: () => ({ feeds }) as never } }, settings());
    return kinds.length;
  };
  expect(await start(null)).toBe(1);
  expect(await start("https://elsewhere.test/")).toBe(1);
  expect(await start(FEED.url)).toBe(0);
});
