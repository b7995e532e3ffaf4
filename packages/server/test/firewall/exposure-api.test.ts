import {
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let upstream: FakeUpstream;
let app: TestApp;
let people: Persona[];

const LIST = "left@1.0.0\nright@1.0.0\n@acme/three@2.0.0\nfour@^1\nfive@1.0.0\n";

type Wanted = [name: string, version: string, registry?: string];

const tarball = (...[name, version, registry = "default"]: Wanted): string =>
  `/npm/${registry}/${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;

async function fetchIt(who: Persona, ...wanted: Wanted): Promise<number> {
  const headers = { "user-agent": "npm/11 project/shop", "x-entrepot-project": `${who.name}-app` };
  return (await who.request(tarball(...wanted), { headers })).status;
}

async function ask(body: Record<string, unknown>, path = "/exposure"): Promise<TestResponse> {
  return await app.admin.request(`/api/v1${path}`, { method: "POST", body });
}

beforeEach(async () => {
  upstream = await createFakeUpstream();
  for (const name of ["left", "right", "@acme/three", "four", "five"]) {
    for (const version of ["1.0.0", "1.5.0", "2.0.0"]) upstream.publish({ name, version });
  }
  app = await startTestApp({ upstream: upstream.url });
  const { json } = await app.admin.request("/api/v1/registries/default");
  await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "second" } });
  const body = { upstreams: json["upstreams"] };
  await app.admin.request("/api/v1/registries/second/upstreams", { method: "PUT", body });
  people = await Promise.all(["ada", "bob", "eve"].map((name) => app.as(name)));
});
afterEach(async () => {
  await app.close();
  await upstream.close();
});

const names = (list: unknown): string[] => (list as { name: string }[]).map(({ name }) => name).sort();

describe("exposure", () => {
  it("lists exactly who installed which of the listed versions, and refuses them from then on", async () => {
    const [ada, bob, eve] = people as [Persona, Persona, Persona];
    expect(await fetchIt(ada, "left", "1.0.0")).toBe(200);
    expect(await fetchIt(bob, "left", "1.0.0")).toBe(200);
    expect(await fetchIt(bob, "right", "1.0.0", "default")).toBe(200);
    expect(await fetchIt(eve, "right", "1.0.0")).toBe(200);
    expect(await fetchIt(eve, "right", "1.5.0")).toBe(200);
    const { json, status } = await ask({ list: LIST, hold: true, reason: "worm" });
    expect(status).toBe(200);
    const fetches = json["fetches"] as Record<string, unknown>[];
    expect(
      fetches.map(({ package: name, version, principal, project }) => [name, version, principal, project]),
    ).toEqual([
      ["left", "1.0.0", "ada", "ada-app"],
      ["left", "1.0.0", "bob", "bob-app"],
      ["right", "1.0.0", "bob", "bob-app"],
      ["right", "1.0.0", "eve", "eve-app"],
    ]);
    expect(fetches[0]).toMatchObject({ address: "127.0.0.1", client: "npm/11 project/shop", count: 1 });
    const items = json["items"] as Record<string, unknown>[];
    expect(items.map(({ package: name, count, fetched }) => [name, count, fetched])).toEqual([
      ["left", 2, ["1.0.0"]],
      ["right", 2, ["1.0.0"]],
      ["@acme/three", 0, []],
      ["four", 0, []],
      ["five", 0, []],
    ]);
    const summary = json["summary"] as Record<string, unknown>;
    expect(names(summary["packages"])).toEqual(["left", "right"]);
    expect(names(summary["people"])).toEqual(["ada", "bob", "eve"]);
    expect(names(summary["projects"])).toEqual(["ada-app", "bob-app", "eve-app"]);
    expect(names(summary["credentials"])).toHaveLength(3);
    expect(json["exposed"]).toBe(true);
    for (const [name, version] of [
      ["left", "1.0.0"],
      ["@acme/three", "2.0.0"],
      ["four", "1.0.0"],
      ["four", "1.5.0"],
    ] as const) {
      expect(await fetchIt(ada, name, version)).toBe(403);
      expect(await fetchIt(ada, name, version, "second")).toBe(403);
    }
    expect(await fetchIt(ada, "four", "2.0.0")).toBe(200);
    const again = await ask({ list: "left@1.0.0" });
    expect(again.json["items"]).toMatchObject([{ count: 2, refused: 2 }]);
    expect(again.json["held"]).toBe(null);
  });

  it("reads ranges, and says what it cannot read", async () => {
    const [ada] = people as [Persona];
    await fetchIt(ada, "left", "1.0.0");
    await fetchIt(ada, "left", "1.5.0");
    await fetchIt(ada, "left", "2.0.0");
    const { json } = await ask({ list: "left@>=1 <2\nleft@latest\nright@*" });
    expect(json["items"]).toMatchObject([
      { package: "left", range: ">=1 <2", fetched: ["1.0.0", "1.5.0"], count: 2 },
      { package: "right", range: "*", fetched: [], count: 0 },
    ]);
    expect(json["unread"]).toMatchObject([{ line: 2, text: "left@latest" }]);
  });

  it("replaces what somebody allowed, and leaves what is blocked", async () => {
    const [ada] = people as [Persona];
    const statusOf = (registry: string, version: string): string =>
      `/api/v1/registries/${registry}/packages/left/versions/${version}/status`;
    const set = async (path: string, status: string): Promise<void> => {
      await app.admin.request(path, { method: "PUT", body: { status, reason: "earlier" } });
    };
    await set(statusOf("second", "1.0.0"), "allowed");
    await set(statusOf("*", "1.5.0"), "allowed");
    await set(statusOf("*", "2.0.0"), "blocked");
    const { json } = await ask({ list: "left@1.0.0\nleft@1.5.0\nleft@2.0.0", hold: true, reason: "worm" });
    expect(json["held"]).toMatchObject({
      status: "held",
      changed: [
        { registry: "*", version: "1.0.0", before: null },
        { registry: "*", version: "1.5.0", before: "allowed" },
        { registry: "second", version: "1.0.0", before: "allowed" },
      ],
      notHeld: [],
    });
    for (const version of ["1.0.0", "1.5.0", "2.0.0"]) {
      expect(await fetchIt(ada, "left", version, "second")).toBe(403);
    }
    const { text } = await app.admin.request(tarball("left", "2.0.0"));
    expect(text).toContain("earlier");
  });

  it("holds in one registry alone for who manages that", async () => {
    const [ada, bob] = people as [Persona, Persona];
    const rule = { subject: "user", name: "ada", permissions: ["manage-registry"], registry: "second" };
    await app.admin.request("/api/v1/access-rules", { method: "POST", body: rule });
    await fetchIt(bob, "left", "1.0.0");
    await fetchIt(bob, "left", "1.0.0", "second");
    const body = { list: "left@*", hold: true, status: "blocked", reason: "worm" };
    expect((await ada.request("/api/v1/exposure", { method: "POST", body })).status).toBe(403);
    const { json } = await ada.request("/api/v1/registries/second/exposure", { method: "POST", body });
    expect(json["fetches"]).toMatchObject([{ registry: "second", principal: "bob" }]);
    expect(await fetchIt(bob, "left", "1.0.0", "second")).toBe(403);
    expect(await fetchIt(bob, "left", "1.0.0")).toBe(200);
  });

  it("names ranges that it could not hold", async () => {
    const { json } = await ask({ list: "absent@^1\nleft@^9\nleft@1.0.0", hold: true, reason: "worm" });
    expect(json["held"]).toMatchObject({
      versions: [{ package: "left", version: "1.0.0" }],
      notHeld: [
        { package: "absent", range: "^1", why: "No registry here has this package." },
        { package: "left", range: "^9", why: "No version of it is in this range." },
      ],
    });
  });

  it("refuses lists that say nothing, and holds without a reason", async () => {
    for (const body of [
      { list: "" },
      { list: "nothing to see here" },
      { list: "left@1.0.0", hold: true },
      { list: "left@1.0.0", hold: true, reason: "x".repeat(501) },
      { list: "x".repeat(200_001) },
      { list: "left@1.0.0", status: "gone" },
      {},
    ]) {
      const { status, json } = await ask(body);
      expect([status, json["code"]]).toEqual([400, "request-invalid"]);
    }
    expect(await fetchIt(people[0] as Persona, "left", "1.0.0")).toBe(200);
  });
});
