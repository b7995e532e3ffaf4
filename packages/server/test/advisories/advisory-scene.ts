import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createFakeFeed, createTestClock, type FakeFeed, type TestClock } from "@entrepot/testkit";
import {
  createAdvisories,
  type Advisories,
  type AdvisoriesDeps,
  type SyncOptions,
  type SyncReport,
} from "../../src/advisories/index.ts";
import { createFileStore, createStagingArea } from "../../src/blobs/index.ts";
import { createChangeLog } from "../../src/changes/index.ts";
import type { AdvisoryFeed } from "../../src/config/index.ts";
import { openDatabase, type Database } from "../../src/db/index.ts";
import { createMetrics } from "../../src/telemetry/index.ts";

/** Advisories on a database and a store of their own, and a feed on a real socket. */
export interface AdvisoryScene {
  feed: FakeFeed;
  advisories: Advisories;
  clock: TestClock;
  db: Database;
  data: string;
  /** What was logged as an error. */
  errors: string[];
  /** Lines of the run log of the last sync. */
  lines: string[];
  sync(options?: Partial<SyncOptions>): Promise<SyncReport>;
  /** Another process on the same data. */
  open(feeds?: AdvisoryFeed[], surroundings?: Surroundings): Promise<Advisories>;
}

/** What another process has for itself. */
export interface Surroundings {
  database?: Database;
  /** Its data folder; the blob store is everybody's. */
  data?: string;
}

export interface SceneOptions {
  /** URL of an empty database; SQLite in the data folder when left out. */
  url?: string;
  /** Feeds by the URL of the fake one; one of advisories when left out. */
  feeds?: (url: string) => AdvisoryFeed[];
  settings?: Partial<AdvisoriesDeps["settings"]>;
}

export async function advisoryScene(options: SceneOptions = {}): Promise<AdvisoryScene> {
  const feed = await createFakeFeed();
  const data = await mkdtemp(join(tmpdir(), "entrepot-advisories-"));
  const clock = createTestClock(Date.parse("2026-06-01T00:00:00Z"));
  const url = options.url ?? `sqlite:${join(data, "entrepot.db")}`;
  const db = await openDatabase({ url });
  await db.write((trx) =>
    trx.insertInto("workspaces").values({ id: "w", name: "default", host: null, created_at: 0 }).execute(),
  );
  const blobs = createFileStore({ folder: join(data, "blobs") });
  const errors: string[] = [];
  const closing: (() => unknown)[] = [];
  const feeds = options.feeds?.(feed.url) ?? [osvFeed(feed.url)];

  async function open(own = feeds, { database, ...place }: Surroundings = {}): Promise<Advisories> {
    // A process has a connection of its own.
    const db = database ?? (await openDatabase({ url }));
    const changes = await createChangeLog(db, { pollMs: 50, onError: (error) => errors.push(String(error)) });
    const log = { error: (_: string, fields?: { error?: unknown }) => errors.push(String(fields?.error)) };
    const opened = await createAdvisories({
      db,
      blobs,
      changes,
      staging: createStagingArea(join(data, "staging")),
      now: clock.now,
      log: { ...log, warn: log.error },
      metrics: createMetrics(),
      proxies: { http: null, https: null, no: null },
      self: { instanceId: "abc", version: "1.0.0" },
      workspaceId: "w",
      data: place.data ?? data,
      settings: {
        feeds: own,
        refreshMinutes: 60,
        timeoutMs: 2000,
        downloadBytesMax: 10_000_000,
        staleHours: 48,
        signingKeyFile: null,
        trustedKeys: [],
        ...options.settings,
      },
    });
    closing.unshift(async () => {
      await opened.close();
      changes.close();
      if (database === undefined) await db.close();
    });
    return opened;
  }

  const advisories = await open();
  onTestFinished(async () => {
    for (const close of closing) await close();
    await feed.close();
    await blobs.close();
    await db.close();
    await rm(data, { recursive: true, force: true });
  });
  const lines: string[] = [];
  return {
    feed,
    advisories,
    clock,
    db,
    data,
    errors,
    lines,
    open,
    sync(wanted = {}) {
      lines.length = 0;
      return advisories.sync(
        { isFull: false, acceptsShrink: false, isManual: false, ...wanted },
        { log: (line) => lines.push(line), signal: new AbortController().signal },
      );
    },
  };
}

export function osvFeed(url: string, name = "osv"): AdvisoryFeed {
  return { name, kind: "osv", url, allowedHosts: [] };
}
