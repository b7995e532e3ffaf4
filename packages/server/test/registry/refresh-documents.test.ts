import { createFakeUpstream, createTestClock, startTestApp } from "@entrepot/testkit";
import { expect, it, vi } from "vitest";
import { createMemoryStore } from "../../src/blobs/index.ts";
import type { Database } from "../../src/db/index.ts";
import { refreshDocuments, type RefreshDeps } from "../../src/registry/index.ts";
import { DEFAULT_UPSTREAM_SETTINGS, type Upstream } from "../../src/upstream/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { publishDirectly } from "./publish-directly.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);
const UPSTREAM: Upstream = {
  id: "u",
  name: "public",
  url: "http://127.0.0.1:9/",
  credential: null,
  settings: DEFAULT_UPSTREAM_SETTINGS,
};

interface World {
  deps: RefreshDeps;
  /** What upstreams were asked for. */
  asked: string[];
  says: Map<string, string | Error>;
  at: (now: number) => void;
  run(): Promise<{ lines: string[]; counts: Record<string, number> }>;
}

async function cache(db: Database, registryId: string, name: string): Promise<void> {
  const hashes = { digest: "d", integrity: "i", shasum: null, size_bytes: 1 };
  const key = { registry_id: registryId, upstream_id: "u", name, version: "1.0.0" };
  await db.write(async (trx) => {
    await trx
      .insertInto("cached_versions")
      .values({ ...key, ...hashes, cached_at: START, cached_by: null })
      .execute();
    const document = { document_digest: null, etag: null, last_modified: null, document: null };
    const times = { fetched_at: START, checked_at: START };
    await trx
      .insertInto("upstream_documents")
      .values({ upstream_id: "u", upstream_url: UPSTREAM.url, name, state: "absent", ...document, ...times })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}

async function decided(
  db: Database,
  {
    workspaceId,
    registryId,
    name,
    at,
  }: { workspaceId: string; registryId: string; name: string; at: number },
): Promise<void> {
  const who = { principal: "ada", credential: null, address: "", client: "", project: null };
  const why = { rule: null, reason: null, until: null, told_at: null };
  const what = { outcome: "served" as const, purpose: "tarball", name, version: "1.0.0" };
  const where = { workspace_id: workspaceId, registry_id: registryId, registry: "r" };
  await db.write((trx) =>
    trx
      .insertInto("decisions")
      .values({ ...where, ...what, ...who, ...why, at, count: 1 })
      .execute(),
  );
}

describeOnEachDatabase("documents of cached packages", (databases) => {
  async function makeWorld(more: { frozenAt?: number; local?: string } = {}): Promise<
    World & {
      db: Database;
      registryId: string;
      workspaceId: string;
    }
  > {
    const db = await databases.open();
    const publisher = await publishDirectly({ db, blobs: createMemoryStore(), now: Date.now });
    databases.afterwards(() => publisher.close());
    const { id, workspaceId } = publisher.registry;
    const row = { id: "u", workspace_id: workspaceId, name: "public", url: UPSTREAM.url, credential: null };
    await db.write((trx) =>
      trx
        .insertInto("upstreams")
        .values({ ...row, settings: "{}", managed: 0, created_at: 1, updated_at: 1 })
        .execute(),
    );
    let now = START;
    const [asked, says] = [[] as string[], new Map<string, string | Error>()];
    async function current(
      _upstream: unknown,
      name: string,
      options: { askedSince?: number },
    ): Promise<unknown> {
      if (options.askedSince === undefined) return { kind: "present", digest: "old" };
      asked.push(name);
      expect(options.askedSince).toBeLessThanOrEqual(now - DAY + HOUR);
      const said = says.get(name) ?? "old";
      if (said instanceof Error) throw said;
      await db.write((trx) =>
        trx
          .updateTable("upstream_documents")
          .set({ checked_at: now })
          .where("upstream_id", "=", "u")
          .where("name", "=", name)
          .execute(),
      );
      return { kind: "present", digest: said };
    }
    const registry = { ...publisher.registry, upstreams: [UPSTREAM], frozenAt: more.frozenAt ?? null };
    const deps: RefreshDeps = {
      db,
      workspaceId,
      now: () => now,
      registries: { snapshot: async () => ({ byId: new Map([[id, registry]]) }) },
      origins: {
        of: (_registry, name) => (name === more.local ? { kind: "claimed" } : { kind: "upstream" }),
      },
      upstreams: { current: current as unknown as RefreshDeps["upstreams"]["current"] },
    };
    async function run(): Promise<{ lines: string[]; counts: Record<string, number> }> {
      const [lines, counts] = [[] as string[], {} as Record<string, number>];
      asked.length = 0;
      await refreshDocuments(deps, {
        log: (text) => void lines.push(text),
        count: (name, by = 1) => void (counts[name] = (counts[name] ?? 0) + by),
        signal: new AbortController().signal,
      });
      return { lines, counts };
    }
    return { deps, asked, says, at: (time) => void (now = time), run, db, registryId: id, workspaceId };
  }

  it("are asked for daily when used within 7 days, weekly within 30, else every 15 days", async () => {
    const world = await makeWorld();
    const { db, registryId, workspaceId } = world;
    await cache(db, registryId, "left");
    await cache(db, registryId, "right");
    const days = new Map<string, number[]>([
      ["left", []],
      ["right", []],
    ]);
    for (let day = 1; day <= 70; day += 1) {
      // Runs do not begin at the very same time each night.
      const now = START + day * DAY - (day % 2) * 1000;
      world.at(now);
      if (day === 10) await decided(db, { workspaceId, registryId, name: "right", at: now });
      await world.run();
      for (const name of world.asked) days.get(name)?.push(day);
    }
    expect(days.get("left")).toEqual([1, 2, 3, 4, 5, 6, 7, 14, 21, 28, 43, 58]);
    expect(days.get("right")).toEqual([
      1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 24, 31, 38, 53, 68,
    ]);
  });

  it("are told of where they changed or could not be had, and the others are asked for all the same", async () => {
    const world = await makeWorld();
    for (const name of ["a", "b", "c"]) await cache(world.db, world.registryId, name);
    world.says.set("a", new Error("The upstream does not answer."));
    world.says.set("b", "new");
    world.at(START + DAY);
    const { lines, counts } = await world.run();
    expect(world.asked.toSorted()).toEqual(["a", "b", "c"]);
    expect(counts).toEqual({ packages: 3, requests: 3, failed: 1, changed: 1 });
    expect(lines.toSorted()).toEqual([
      "a: The upstream does not answer.",
      "b: public says something else now",
      "own: of 3 packages 3 were asked for",
    ]);
  });

  it("are all looked at, however many there are", async () => {
    const world = await makeWorld();
    for (let at = 0; at < 450; at += 1) await cache(world.db, world.registryId, `p${at}`);
    world.at(START + DAY);
    expect((await world.run()).counts).toEqual({ packages: 450, requests: 450 });
    expect(new Set(world.asked).size).toBe(450);
  });

  it("are not asked for where the name is our own, or the registry is frozen", async () => {
    const own = await makeWorld({ local: "left" });
    await cache(own.db, own.registryId, "left");
    own.at(START + DAY);
    expect((await own.run()).counts).toEqual({ packages: 1 });
    const frozen = await makeWorld({ frozenAt: START });
    await cache(frozen.db, frozen.registryId, "left");
    frozen.at(START + DAY);
    expect((await frozen.run()).counts).toEqual({});
  });
});

it("what was deprecated upstream reaches clients although documents are fresh for long", async () => {
  const upstream = await createFakeUpstream();
  const clock = createTestClock();
  const file = "upstreamFreshSeconds: 31536000";
  const app = await startTestApp({ upstream: upstream.url, now: clock.now, file });
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await app.admin.request(`/npm/default/${path}`)).json;
  upstream.publish({ name: "left", version: "1.0.0" });
  await get("left");
  expect((await app.admin.request("/npm/default/left/-/left-1.0.0.tgz")).status).toBe(200);
  upstream.deprecate("left", "1.0.0", "use right");
  await vi.waitFor(
    async () => {
      // What passed through is written down behind the answer.
      const { items } = (await app.admin.request("/api/v1/registries/default/versions")).json as {
        items: unknown[];
      };
      expect(items).toHaveLength(1);
    },
    { timeout: 10_000 },
  );
  clock.advance(DAY - 2 * HOUR);
  expect((await get("left/1.0.0"))["deprecated"]).toBeUndefined();
  clock.advance(2 * HOUR);
  await app.admin.request("/api/v1/jobs/refresh-documents/run", { method: "POST" });
  await vi.waitFor(async () => expect((await get("left/1.0.0"))["deprecated"]).toBe("use right"), {
    timeout: 20_000,
    interval: 50,
  });
  await app.close();
  await upstream.close();
});
