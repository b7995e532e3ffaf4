import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

/*
 * The registry `fw` of one server is made as a firewall; the registry `team` of another has it as its only upstream and
 * no rules of its own.
 */

const HOUR = 60 * 60 * 1000;

let source: FakeUpstream;
let clock: TestClock;
let central: TestApp;
let downstream: TestApp;

async function api(where: TestApp, wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  const response = await where.admin.request(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  expect(response.status, response.text).toBeLessThan(300);
  return response;
}

async function installs(name: string): Promise<boolean> {
  clock.advance(HOUR);
  const { status } = await downstream.admin.request(`/npm/team/${name}/-/${name}-1.0.0.tgz`);
  expect([200, 403, 404]).toContain(status);
  return status === 200;
}

beforeAll(async () => {
  source = await createFakeUpstream();
  source.publish({ name: "sound", version: "1.0.0", manifest: { license: "MIT" } });
  source.publish({ name: "closed", version: "1.0.0", manifest: { license: "AGPL-3.0-only" } });
  source.publish({ name: "unsound", version: "1.0.0", manifest: { license: "MIT" } });
  source.publish({ name: "unsound", version: "1.0.1", manifest: { license: "MIT" } });
  clock = createTestClock();
  central = await startTestApp({ upstream: source.url, now: clock.now });
  await api(central, "POST /registries", { name: "fw", kind: "firewall", anonymousRead: true });
  await api(central, "PUT /registries/fw/upstreams", { upstreams: ["public"] });
  downstream = await startTestApp({ upstream: `${central.url}/npm/fw/`, now: clock.now });
  await api(downstream, "POST /registries", { name: "team" });
  await api(downstream, "PUT /registries/team/upstreams", { upstreams: ["public"] });
});
afterAll(async () => {
  await downstream.close();
  await central.close();
  await source.close();
});

it("a firewall has the scanner's and the licence rules in force from the start, and others have not", async () => {
  const { json } = await api(central, "GET /registries/fw");
  expect([json["kind"], json["protected"]]).toEqual(["firewall", false]);
  const modes = async (registry: string): Promise<unknown[]> => {
    const { rules } = (await api(central, `GET /registries/${registry}/policy`)).json as unknown as {
      rules: { rule: string; mode: string; from: string }[];
    };
    const wanted = rules.filter(({ rule }) => ["vulnerability", "licence", "age"].includes(rule));
    return wanted.map(({ rule, mode, from }) => [rule, mode, from]);
  };
  expect(await modes("fw")).toEqual([
    ["vulnerability", "enforce", "registry"],
    ["licence", "enforce", "registry"],
    ["age", "shadow", "profile standard"],
  ]);
  expect(await modes("default")).toEqual([
    ["vulnerability", "shadow", "profile standard"],
    ["licence", "shadow", "profile standard"],
    ["age", "shadow", "profile standard"],
  ]);
});

it("what is chosen on it governs installs through a registry downstream, before anything reaches that", async () => {
  const options = { denied: ["AGPL-3.0-only"] };
  await api(central, "PUT /registries/fw/policy/rules/licence", { options });
  await api(central, "POST /advisories/own", {
    id: "OWN-1",
    package: "unsound",
    range: "<1.0.1",
    summary: "wrong",
    severity: "critical",
  });
  expect(await installs("sound")).toBe(true);
  expect(await installs("closed")).toBe(false);
  expect(await installs("unsound")).toBe(false);
  const { json } = await downstream.admin.request("/npm/team/unsound");
  expect(Object.keys(json["versions"] as object)).toEqual(["1.0.1"]);
  await api(central, "PUT /registries/fw/policy/rules/licence", { options: { denied: [] } });
  await vi.waitFor(async () => expect(await installs("closed")).toBe(true), { timeout: 10_000 });
});

it("kinds that there are none of are refused", async () => {
  const body = { name: "odd", kind: "odd" };
  expect((await central.admin.request("/api/v1/registries", { method: "POST", body })).status).toBe(400);
});
