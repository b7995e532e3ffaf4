import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestClock,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface ShadowRule {
  rule: string;
  downloads: number;
  counts: Record<string, number>;
  versions: { name: string; version: string; outcome: string; reason: string; downloads: number }[];
  packages: { name: string; versions: number; downloads: number }[];
  people: { name: string; versions: number; downloads: number }[];
  projects: { name: string }[];
}

let upstream: FakeUpstream;
let app: TestApp;
let clock: TestClock;
let people: [Persona, Persona];

beforeEach(async () => {
  clock = createTestClock();
  upstream = await createFakeUpstream();
  for (const name of ["left", "right"]) {
    upstream.publish({ name, version: "1.0.0", time: clock.now() - 400 * DAY_MS });
    upstream.publish({ name, version: "1.1.0", time: clock.now() - 24 * HOUR_MS });
  }
  upstream.publish({ name: "old", version: "1.0.0", time: clock.now() - 400 * DAY_MS });
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  people = [await app.as("ada"), await app.as("bob")];
});
afterEach(async () => {
  await app.close();
  await upstream.close();
});

async function fetchIt(who: Persona, name: string, version: string): Promise<number> {
  const headers = { "x-entrepot-project": `${who.name}-app` };
  return (await who.request(`/npm/default/${name}/-/${name}-${version}.tgz`, { headers })).status;
}

async function report(query = "", path = "/shadow"): Promise<Record<string, unknown>> {
  const { json, status, text } = await app.admin.request(`/api/v1${path}${query}`);
  expect(status, text).toBe(200);
  return json;
}

async function ruleIn(query: string, rule: string, path?: string): Promise<ShadowRule | undefined> {
  return ((await report(query, path))["rules"] as ShadowRule[]).find((found) => found.rule === rule);
}

describe("the shadow report", () => {
  it("lists what a rule would have refused, of which package, to whom and for which project", async () => {
    const [ada, bob] = people;
    expect(await fetchIt(ada, "left", "1.1.0")).toBe(200);
    expect(await fetchIt(ada, "right", "1.1.0")).toBe(200);
    expect(await fetchIt(bob, "right", "1.1.0")).toBe(200);
    expect(await fetchIt(bob, "right", "1.0.0")).toBe(200);
    expect(await fetchIt(bob, "old", "1.0.0")).toBe(200);
    const whole = await report();
    expect(whole).toMatchObject({ versions: 4, downloads: 5, unknown: 0, isCut: false, days: 14 });
    const age = await ruleIn("", "age");
    expect(age).toMatchObject({
      downloads: 3,
      counts: { versions: 2, packages: 2, people: 2, projects: 2 },
      packages: [
        { name: "right", versions: 1, downloads: 2 },
        { name: "left", versions: 1, downloads: 1 },
      ],
      people: [
        { name: "ada", versions: 2, downloads: 2 },
        { name: "bob", versions: 1, downloads: 1 },
      ],
    });
    expect(age?.versions.map(({ name, version, outcome }) => [name, version, outcome])).toEqual([
      ["right", "1.1.0", "hold"],
      ["left", "1.1.0", "hold"],
    ]);
    expect(age?.versions[0]?.reason).toContain("old");
  });

  it("judges each download at its own time", async () => {
    const [ada, bob] = people;
    await fetchIt(ada, "left", "1.1.0");
    clock.advance(10 * DAY_MS);
    await fetchIt(bob, "left", "1.1.0");
    const age = await ruleIn("", "age");
    expect(age?.people.map(({ name }) => name)).toEqual(["ada"]);
    expect(await ruleIn("?days=5", "age")).toBe(undefined);
  });

  it("refuses in force just what it listed", async () => {
    const [ada] = people;
    for (const name of ["left", "right"]) {
      expect(await fetchIt(ada, name, "1.1.0")).toBe(200);
      expect(await fetchIt(ada, name, "1.0.0")).toBe(200);
    }
    const listed = (await ruleIn("", "age"))?.versions
      .map(({ name, version }) => `${name}@${version}`)
      .sort();
    expect(listed).toEqual(["left@1.1.0", "right@1.1.0"]);
    const other = await startTestApp({ upstream: upstream.url, now: clock.now });
    try {
      const body = { mode: "enforce" };
      const set = await other.admin.request("/api/v1/registries/default/policy/rules/age", {
        method: "PUT",
        body,
      });
      expect(set.status, set.text).toBeLessThan(300);
      for (const name of ["left", "right"]) {
        for (const [version, status] of [
          ["1.1.0", 403],
          ["1.0.0", 200],
        ] as const) {
          const path = `/npm/default/${name}/-/${name}-${version}.tgz`;
          expect((await other.admin.request(path)).status).toBe(status);
        }
      }
    } finally {
      await other.close();
    }
  });

  it("tries one rule that is off, and counts what is refused for real", async () => {
    const [ada] = people;
    upstream.publish({ name: "left", version: "2.0.0-rc.1", tag: "next", time: clock.now() - 400 * DAY_MS });
    await fetchIt(ada, "left", "2.0.0-rc.1");
    const status = "/api/v1/registries/*/packages/right/versions/1.0.0/status";
    await app.admin.request(status, { method: "PUT", body: { status: "blocked", reason: "worm" } });
    expect(await fetchIt(ada, "right", "1.0.0")).toBe(403);
    expect(await ruleIn("", "prerelease")).toBe(undefined);
    expect(await ruleIn("?rule=prerelease", "prerelease")).toMatchObject({
      versions: [{ name: "left", version: "2.0.0-rc.1", downloads: 1 }],
    });
    expect((await report())["refused"]).toEqual([
      { rule: "operator-status", versions: 1, people: 1, refusals: 1 },
    ]);
  });

  it("can be had of one registry, by who manages it", async () => {
    const [ada] = people;
    await fetchIt(ada, "left", "1.1.0");
    await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "other" } });
    expect(await ruleIn("", "age", "/registries/default/shadow")).toMatchObject({ downloads: 1 });
    expect(await ruleIn("", "age", "/registries/other/shadow")).toBe(undefined);
    expect((await ada.request("/api/v1/registries/default/shadow")).status).toBe(403);
    for (const query of ["days=0", "days=366", "days=x", "rule=none"]) {
      expect((await app.admin.request(`/api/v1/shadow?${query}`)).status).toBe(400);
    }
  });
});
