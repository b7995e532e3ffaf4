import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const HOUR = 60 * 60 * 1000;

let source: FakeUpstream;
let clock: TestClock;
let first: TestApp;
let downstream: TestApp;

beforeAll(async () => {
  source = await createFakeUpstream();
  clock = createTestClock();
  first = await startTestApp({ upstream: source.url, now: clock.now });
  downstream = await startTestApp({ upstream: source.url, now: clock.now });
  await api(first, "PATCH /registries/default", { anonymousRead: true });
  await api(downstream, "POST /upstreams", { name: "first", url: `${first.url}/npm/default/` });
  await api(downstream, "PUT /registries/default/upstreams", { upstreams: ["first", "public"] });
});
afterAll(async () => {
  await downstream.close();
  await first.close();
  await source.close();
});

async function api(where: TestApp, wanted: string, body: unknown): Promise<void> {
  const [method = "", path = ""] = wanted.split(" ");
  const { status, text } = await where.admin.request(`/api/v1${path}`, { method, body });
  expect([status < 300, text]).toEqual([true, expect.anything()]);
}

const at = (path: string): Promise<TestResponse> => downstream.admin.request(`/npm/default/${path}`);

describe("a registry whose first upstream refuses all of a package, while the second has it too", () => {
  for (const refusalStatus of [403, 404]) {
    it(`refuses it as well if the first says so with ${refusalStatus}, also what it had before`, async () => {
      await api(first, "PATCH /registries/default", { refusalStatus });
      const name = `bad-${refusalStatus}`;
      source.publish({ name, version: "1.0.0" });
      expect((await at(name)).status).toBe(200);
      expect((await at(`${name}/-/${name}-1.0.0.tgz`)).status).toBe(200);
      const blocked = { status: "blocked", reason: "miner" };
      await api(first, `PUT /registries/default/packages/${name}/versions/*/status`, blocked);
      await vi.waitFor(async () => {
        clock.advance(HOUR);
        expect((await at(name)).status).toBe(403);
      });
      for (const path of [name, `${name}/1.0.0`, `${name}/-/${name}-1.0.0.tgz`]) {
        const { status, json } = await at(path);
        expect([status, json["rule"]]).toEqual([403, "upstream"]);
        expect(json.error).toContain("miner");
      }
    });
  }
});
