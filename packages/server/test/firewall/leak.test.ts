import {
  createFakeUpstream,
  createTestClock,
  hasPostgres,
  startPostgres,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestClock,
  type TestPostgres,
  type TestResponse,
} from "@entrepot/testkit";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDownloadable } from "@entrepot/core";
import semver from "semver";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startFeeds, type WorldFeeds } from "./leak-advisories.ts";
import {
  DAY,
  hiddenIn,
  MINUTE,
  makeWorlds,
  type World,
  type WorldRule,
  type WorldState,
} from "./leak-worlds.ts";
import { offers, walk, wordOf } from "./leak-walk.ts";

const ABBREVIATED = "application/vnd.npm.install-v1+json";
const BATCHES = 10;
const WORLDS_PER_BATCH = 100;
const WORLDS_DOWNSTREAM = 60;
const WORLDS_POSTGRES = 60;
const PARALLEL = 16;
const DOWNSTREAM = makeWorlds(WORLDS_DOWNSTREAM, 1000);
const WORLDS = Array.from({ length: BATCHES }, (_, batch) => makeWorlds(WORLDS_PER_BATCH, batch + 1));
let upstream: FakeUpstream;
let feeds: WorldFeeds;
let clock: TestClock;
let data: string;
/** Null: SQLite. */
let database: string | null;
let app: TestApp;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  feeds = await startFeeds([...DOWNSTREAM, ...WORLDS.flat()]);
});
afterAll(async () => {
  await upstream.close();
  await feeds.close();
});

/** A server on an empty database for the tests of a group. */
function startsOn(databaseUrl: () => string | null): void {
  beforeAll(async () => {
    clock = createTestClock();
    data = await mkdtemp(join(tmpdir(), "entrepot-leak-"));
    database = databaseUrl();
    app = await open();
    await fetchAdvisories();
  });
  afterAll(async () => {
    await app.close();
    await rm(data, { recursive: true, force: true });
  });
}

function open(): Promise<TestApp> {
  const env = {
    ENTREPOT_ANONYMOUS_READ: "true",
    ...(database === null ? {} : { ENTREPOT_DATABASE_URL: database }),
  };
  return startTestApp({ upstream: upstream.url, data, now: clock.now, env, file: feeds.file });
}

async function fetchAdvisories(): Promise<void> {
  await accept(app.admin.request("/api/v1/advisories/sync", { method: "POST", body: {} }));
  await vi.waitFor(async () => {
    const { json } = await app.admin.request("/api/v1/advisories/status");
    expect(json["epoch"]).toEqual(expect.any(Number));
  }, 30_000);
}

/** A world on its way through its phases. */
interface Life {
  world: World;
  beganAt: number;
  rules: readonly WorldRule[];
  exceptedAt: number | null;
  served: Map<string, number>;
}

function stateOf({ beganAt, rules, exceptedAt, served }: Life): WorldState {
  return { beganAt, rules, exceptedAt, served, now: clock.now() };
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

async function begin(world: World): Promise<Life> {
  const beganAt = clock.now();
  const newest = world.versions
    .map(({ version }) => version)
    .sort(semver.compare)
    .at(-1);
  for (const { version, ageMs, manifest, deprecated } of world.versions) {
    upstream.publish({
      name: world.name,
      version,
      manifest: { ...manifest, description: `${world.name}-${wordOf(version)}` },
      time: beganAt - ageMs,
      tag: version === newest ? "latest" : null,
      ...(deprecated === null ? {} : { deprecated }),
    });
  }
  for (const { version, status } of world.statuses) {
    const path = `/api/v1/registries/default/packages/${world.name}/versions/${version}/status`;
    await accept(app.admin.request(path, { method: "PUT", body: { status, reason: "" } }));
  }
  return { world, beganAt, rules: [], exceptedAt: null, served: new Map() };
}

async function accept(answer: Promise<TestResponse>): Promise<void> {
  const { status, text } = await answer;
  expect([status < 300, text]).toEqual([true, expect.anything()]);
}

/** Puts the rules of all worlds in force, in one stroke. */
async function enforce(lives: readonly Life[], round: 0 | 1): Promise<void> {
  const rules = lives.flatMap(({ world }) =>
    world.rules[round].map((rule) => ({ ...rule, packages: world.name })),
  );
  const path = "/api/v1/registries/default/policy/document";
  await accept(app.admin.request(path, { method: "PUT", body: { profile: null, rules } }));
  for (const life of lives) life.rules = life.world.rules[round];
}

async function except(life: Life): Promise<void> {
  const { name, exceptions } = life.world;
  for (const { range, rules, days } of exceptions) {
    const body = { registry: "default", packages: name, range, rules, reason: "needed", days };
    await accept(app.admin.request("/api/v1/exceptions", { method: "POST", body }));
  }
  if (exceptions.length > 0) life.exceptedAt = clock.now();
}

/** Asks for all there is of a world, with a reader closely, and compares with what may be seen. */
async function check(at: TestApp, life: Life, reader: Persona | null = null): Promise<void> {
  const { name } = life.world;
  for (const accept of [undefined, ABBREVIATED]) {
    const headers = accept === undefined ? {} : { accept };
    expectView(await at.request(`/npm/default/${name}`, { headers }), life);
  }
  for (const { version } of life.world.versions) {
    const hidden = hiddenIn(life.world, stateOf(life));
    const verdict = hidden.get(version);
    const about = `${name}@${version} ${JSON.stringify(verdict)}`;
    const manifest = await at.request(`/npm/default/${name}/${version}`);
    expect([about, manifest.status]).toEqual([about, verdict === undefined ? 200 : 403]);
    const tarball = await at.request(`/npm/default/${name}/-/${name}-${version}.tgz`);
    if (verdict === undefined || !isDownloadable(verdict)) {
      expect([about, tarball.status]).toEqual([about, verdict === undefined ? 200 : 403]);
    }
    if (tarball.status === 200 && !life.served.has(version)) life.served.set(version, clock.now());
    await walk(at, life.world, { version, verdict, reader });
  }
}

/** What a registry behind the first one may show: nothing that the first one denies, once it has asked again. */
async function checkDownstream(at: TestApp, life: Life): Promise<void> {
  const { world } = life;
  const hidden = hiddenIn(world, stateOf(life));
  await vi.waitFor(async () => {
    const response = await at.request(`/npm/default/${world.name}`);
    for (const version of hidden.keys()) {
      expect([version, offers(response, version)]).toEqual([version, false]);
    }
    expect(response.status).toBe(hidden.size === world.versions.length ? 403 : 200);
  }, 20_000);
  for (const { version } of world.versions) {
    const verdict = hidden.get(version);
    if (verdict !== undefined && isDownloadable(verdict)) continue;
    const { status } = await at.request(`/npm/default/${world.name}/-/${world.name}-${version}.tgz`);
    if (verdict === undefined) expect([version, status]).toEqual([version, 200]);
    else expect([version, status >= 400 && status < 500]).toEqual([version, true]);
  }
}

/** Resolves when it is recorded what was handed out; that is written behind the answers. */
async function recorded({ world, served }: Life): Promise<void> {
  await vi.waitFor(async () => {
    const path = `/api/v1/registries/default/versions?text=${world.name}&limit=100`;
    const { items } = (await app.admin.request(path)).json as { items: { name: string }[] };
    expect(items.filter(({ name }) => name === world.name)).toHaveLength(served.size);
  }, 10_000);
}

/** Resolves when the catalogue has the packages, which it learns of behind the answers. */
async function catalogued(lives: readonly Life[]): Promise<void> {
  const kept = lives.filter(({ served }) => served.size > 0);
  await inParallel(kept, async ({ world: { name } }) => {
    await vi.waitFor(async () => {
      const path = `/api/v1/registries/default/packages?query=${name}&origin=cached&limit=100`;
      const { items } = (await app.admin.request(path)).json as { items: { name: string }[] };
      expect(items.map((item) => item.name)).toContain(name);
    }, 60_000);
  });
}

interface Shown {
  "versions": Record<string, unknown>;
  "time": Record<string, string>;
  "dist-tags": Record<string, string>;
  "_policy"?: { hidden: Record<string, unknown> };
}

function expectView(response: TestResponse, life: Life): void {
  const { world } = life;
  const hidden = hiddenIn(world, stateOf(life));
  const all = world.versions.map(({ version }) => version);
  const allowed = all.filter((version) => !hidden.has(version));
  const about = `${world.name} ${JSON.stringify([...hidden])}`;
  if (allowed.length === 0) {
    expect([about, response.status]).toEqual([about, 403]);
    return;
  }
  expect([about, response.status]).toEqual([about, 200]);
  const shown = response.json as unknown as Shown;
  expect([about, Object.keys(shown.versions).sort()]).toEqual([about, [...allowed].sort()]);
  expect(Object.keys(shown._policy?.hidden ?? {}).sort()).toEqual([...hidden.keys()].sort());
  for (const version of hidden.keys()) expect([about, offers(response, version)]).toEqual([about, false]);
  const target = [...all].sort(semver.compare).at(-1) ?? "";
  const { latest } = shown["dist-tags"];
  if (latest === undefined) return;
  expect(allowed).toContain(latest);
  expect(semver.compare(latest, target)).toBeLessThanOrEqual(0);
  if (semver.prerelease(target) === null) expect(semver.prerelease(latest)).toBeNull();
}

/** Resolves when a process goes by the rules of all worlds; over PostgreSQL that takes it some milliseconds. */
async function knowsRules(at: TestApp, lives: readonly Life[]): Promise<void> {
  const wanted = lives.flatMap(({ world, rules }) => rules.map(({ rule }) => `${world.name} ${rule}`));
  await vi.waitFor(async () => {
    const { json } = await at.admin.request("/api/v1/registries/default/policy/document");
    const { rules } = json as unknown as { rules: { packages: string; rule: string }[] };
    expect(rules.map(({ packages, rule }) => `${packages} ${rule}`).sort()).toEqual(wanted.sort());
  }, 10_000);
}

async function liveThrough(worlds: readonly World[], { isClose }: { isClose: boolean }): Promise<void> {
  const lives: Life[] = [];
  await inParallel(worlds, async (world) => {
    lives.push(await begin(world));
  });
  await enforce(lives, 0);
  const everywhere = (at: TestApp, reader: Persona | null = null): Promise<void> =>
    inParallel(lives, (life) => check(at, life, reader));
  await everywhere(app);
  if (isClose) await catalogued(lives);
  await everywhere(app, isClose ? await app.as("reader", "read-only") : null);
  await inParallel(lives, except);
  await everywhere(app);
  await inParallel(lives, recorded);
  clock.advance(Math.max(...lives.map(({ world }) => world.pauseMs % (3 * DAY))));
  await everywhere(app);
  const second = await open();
  await everywhere(second);
  await inParallel(lives, recorded);
  await enforce(lives, 1);
  await knowsRules(second, lives);
  await everywhere(second);
  await everywhere(app);
  await second.close();
  await inParallel(lives, recorded);
  clock.advance(25 * DAY);
  await everywhere(app);
  await app.close();
  app = await open();
  await everywhere(app);
}

describe("on SQLite", () => {
  startsOn(() => null);

  it("what is denied upstream is neither shown nor served by a registry behind, once it has asked again", async () => {
    const lives: Life[] = [];
    await inParallel(DOWNSTREAM, async (world) => {
      lives.push(await begin(world));
    });
    const behind = await startTestApp({
      upstream: `${app.url}/npm/default/`,
      now: clock.now,
      env: { ENTREPOT_ANONYMOUS_READ: "true" },
    });
    try {
      for (const round of [0, 1] as const) {
        await enforce(lives, round);
        // Its word on a package holds for a minute.
        clock.advance(5 * MINUTE);
        await inParallel(lives, (life) => check(app, life));
        await inParallel(lives, (life) => checkDownstream(behind, life));
        await inParallel(lives, recorded);
      }
    } finally {
      await behind.close();
    }
  }, 120_000);

  it.each(Array.from({ length: BATCHES }, (_, batch) => batch))(
    `what is denied in ${WORLDS_PER_BATCH} random worlds is neither shown nor served, fresh, warm, later, after a change of mind, a restart, and elsewhere: %i`,
    async (batch) => {
      await liveThrough(WORLDS[batch] ?? [], { isClose: batch === 0 });
    },
    120_000,
  );
});

describe.skipIf(!hasPostgres("debian"))("on PostgreSQL", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres({ flavour: "debian" });
  });
  startsOn(() => postgres.url);
  afterAll(() => postgres.stop());

  it(`what is denied in ${WORLDS_POSTGRES} random worlds is neither shown nor served`, async () => {
    await liveThrough((WORLDS[0] ?? []).slice(0, WORLDS_POSTGRES), { isClose: true });
  }, 120_000);
});
