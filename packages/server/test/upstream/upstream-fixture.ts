import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { createFakeUpstream, createTestClock, type FakeUpstream, type TestClock } from "@entrepot/testkit";
import { onTestFinished } from "vitest";

import { type BlobStore, createFileStore, createStagingArea } from "../../src/blobs/index.ts";
import { type Database, openDatabase } from "../../src/db/index.ts";
import type { Fields } from "../../src/telemetry/index.ts";
import { createThreadPool } from "../../src/threads/index.ts";
import {
  createUpstreams,
  DEFAULT_UPSTREAM_SETTINGS,
  type DocumentEntry,
  type ChangedIntegrity,
  type IntegrityMismatch,
  type Upstream,
  type UpstreamEntry,
  type Upstreams,
  type UpstreamSettings,
  type UpstreamsDeps,
} from "../../src/upstream/index.ts";

export interface FixtureOptions {
  settings?: Partial<UpstreamSettings>;
  credential?: string;
  url?: string;
  fake?: Parameters<typeof createFakeUpstream>[0];
  deps?: Partial<UpstreamsDeps>;
  /** An empty database; SQLite in the fixture's folder when left out. */
  databaseUrl?: string;
}

/** One process that asks one fake upstream, on a real database, real files and a real socket. */
export interface Fixture {
  fake: FakeUpstream;
  upstream: Upstream;
  upstreams: Upstreams;
  clock: TestClock;
  db: Database;
  blobs: BlobStore;
  folder: string;
  mismatches: IntegrityMismatch[];
  /** What upstreams changed of versions that they had already. */
  changed: ChangedIntegrity[];
  /** Warnings that were logged. */
  warnings: Array<{ message: string; fields: Fields }>;
  /** Another process on the same database and files. */
  another(): Upstreams;
  stagedFiles(): Promise<string[]>;
}

export const LIMITS: UpstreamsDeps["limits"] = {
  documentBytesMax: 10_000_000,
  tarballBytesMax: 20_000_000,
  upstreamConnectionsMax: 16,
  upstreamQueueMax: 1000,
  cacheBytesMax: 8_000_000,
};

/** Sets a fixture up for the test that runs, and takes it down when that ends. */
export async function createFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), "entrepot-upstream-"));
  const fake = await createFakeUpstream(options.fake);
  const db = await openDatabase({ url: options.databaseUrl ?? `sqlite:${join(folder, "test.db")}` });
  const clock = createTestClock();
  const blobs = createFileStore({ folder: join(folder, "blobs") });
  const upstream: Upstream = {
    id: "u1",
    name: "public",
    url: options.url ?? fake.url,
    credential: options.credential ?? null,
    settings: { ...DEFAULT_UPSTREAM_SETTINGS, timeoutMs: 2000, ...options.settings },
  };
  await insertUpstream(db, upstream);
  const mismatches: IntegrityMismatch[] = [];
  const changed: ChangedIntegrity[] = [];
  const warnings: Fixture["warnings"] = [];
  const opened: Upstreams[] = [];
  const threads = createThreadPool({ size: 1 });
  const another = (): Upstreams => {
    const upstreams = createUpstreams({
      db,
      blobs,
      staging: createStagingArea(join(folder, "staging")),
      threads,
      now: clock.now,
      log: {
        warn: (message, fields = {}) => void warnings.push({ message, fields }),
      },
      proxies: { http: null, https: null, no: null },
      limits: LIMITS,
      self: { instanceId: "test-instance", version: "1.2.3" },
      onIntegrityMismatch: (event) => void mismatches.push(event),
      onChangedIntegrity: async (event) => void changed.push(event),
      onSeenVersions: async () => undefined,
      ...options.deps,
    });
    opened.push(upstreams);
    return upstreams;
  };
  const upstreams = another();
  onTestFinished(async () => {
    for (const one of opened) await one.close();
    await threads.close();
    await blobs.close();
    await fake.close();
    await db.close();
    await rm(folder, { recursive: true });
  });
  return {
    fake,
    upstream,
    upstreams,
    clock,
    db,
    blobs,
    folder,
    mismatches,
    changed,
    warnings,
    another,
    stagedFiles: () => readdir(join(folder, "staging")).catch(() => []),
  };
}

async function insertUpstream(db: Database, { id, name, url }: Upstream): Promise<void> {
  const times = { created_at: 0, updated_at: 0 };
  await db.write(async (trx) => {
    await trx.insertInto("workspaces").values({ id: "w1", name: "w", host: null, created_at: 0 }).execute();
    await trx
      .insertInto("upstreams")
      .values({ id, workspace_id: "w1", name, url, credential: null, settings: "{}", managed: 0, ...times })
      .execute();
  });
}

/** Fails the test unless the entry is of a document. */
export function present(entry: UpstreamEntry): DocumentEntry {
  if (entry.kind !== "present") throw new Error(`the package ${entry.name} is absent`);
  return entry;
}

/** The document behind an entry, as JSON. */
export async function documentOf(
  upstreams: Upstreams,
  entry: UpstreamEntry,
): Promise<Record<string, unknown>> {
  const bytes = await upstreams.document(present(entry));
  return JSON.parse(gunzipSync(bytes).toString("utf8")) as Record<string, unknown>;
}

export async function versionsOf(upstreams: Upstreams, entry: UpstreamEntry): Promise<string[]> {
  return Object.keys((await documentOf(upstreams, entry))["versions"] as object);
}

export const random = (sizeBytes: number): Buffer => randomBytes(sizeBytes);
