import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

/** What happens behind an answer may take its time on a busy machine. */
const WAIT_MS = 10_000;

const HOUR = 60 * 60 * 1000;

let source: FakeUpstream;
let clock: TestClock;
let first: TestApp;
let downstream: TestApp;
/** Stands before the first and compresses whatever it says. */
let proxy: Server;

async function startProxy(): Promise<Server> {
  const server = createServer((request, response) => {
    const { accept = "*/*" } = request.headers;
    void fetch(`${first.url}${request.url ?? ""}`, { headers: { accept } }).then(async (answer) => {
      const type = answer.headers.get("content-type") ?? "";
      const body = Buffer.from(await answer.arrayBuffer());
      const isText = type.includes("json");
      response.writeHead(answer.status, {
        "content-type": type,
        ...(isText ? { "content-encoding": "gzip" } : {}),
      });
      response.end(isText ? gzipSync(body) : body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}

beforeAll(async () => {
  source = await createFakeUpstream();
  clock = createTestClock();
  first = await startTestApp({ upstream: source.url, now: clock.now });
  downstream = await startTestApp({ upstream: source.url, now: clock.now });
  await api(first, "PATCH /registries/default", { anonymousRead: true });
  proxy = await startProxy();
  const { port } = proxy.address() as AddressInfo;
  await api(downstream, "POST /upstreams", { name: "first", url: `${first.url}/npm/default/` });
  await api(downstream, "POST /upstreams", { name: "behind", url: `http://127.0.0.1:${port}/npm/default/` });
});
afterAll(async () => {
  await downstream.close();
  await first.close();
  proxy.closeAllConnections();
  proxy.close();
  await source.close();
});

async function api(where: TestApp, wanted: string, body: unknown): Promise<void> {
  const [method = "", path = ""] = wanted.split(" ");
  const { status, text } = await where.admin.request(`/api/v1${path}`, { method, body });
  expect([status < 300, text]).toEqual([true, expect.anything()]);
}

const at = (path: string): Promise<TestResponse> => downstream.admin.request(`/npm/default/${path}`);

describe("a registry whose first upstream refuses all of a package, while the second has it too", () => {
  it.each([
    ["first", 403],
    ["first", 404],
    ["behind", 403],
    ["behind", 404],
  ])(
    "refuses it as well if the upstream %s says so with %i, also what it had before",
    async (upstream, refusalStatus) => {
      await api(downstream, "PUT /registries/default/upstreams", { upstreams: [upstream, "public"] });
      await api(first, "PATCH /registries/default", { refusalStatus });
      const name = `bad-${upstream}-${refusalStatus}`;
      source.publish({ name, version: "1.0.0" });
      expect((await at(name)).status).toBe(200);
      expect((await at(`${name}/-/${name}-1.0.0.tgz`)).status).toBe(200);
      const blocked = { status: "blocked", reason: "miner" };
      await api(first, `PUT /registries/default/packages/${name}/versions/*/status`, blocked);
      await vi.waitFor(async () => {
        clock.advance(HOUR);
        expect((await at(name)).status).toBe(403);
      }, WAIT_MS);
      for (const path of [name, `${name}/1.0.0`, `${name}/-/${name}-1.0.0.tgz`]) {
        const { status, json } = await at(path);
        expect([status, json["rule"]]).toEqual([403, "upstream"]);
        expect(json.error).toContain("miner");
      }
    },
  );
});
