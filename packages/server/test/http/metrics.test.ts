import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ADMIN_PASSWORD,
  createFakeFeed,
  createFakeUpstream,
  httpRequest,
  loginAs,
  type TestResponse,
} from "@entrepot/testkit";
import { expect, it, onTestFinished } from "vitest";
import { METRICS } from "../../src/telemetry/metric-names.ts";
import { startServerProcess } from "./server-process.ts";

it("shows every metric of a server that is used, and what its parts say of themselves", async () => {
  const upstream = await createFakeUpstream();
  const data = await mkdtemp(join(tmpdir(), "entrepot-metrics-"));
  const feed = await createFakeFeed();
  feed.put({ id: "MAL-1", affects: { elsewhere: null } });
  const file = join(data, "entrepot.yaml");
  await writeFile(
    file,
    `advisories: [{ name: a, url: "${feed.url}" }, { name: b, url: "${feed.url}b.zip" }]\n`,
  );
  const env = {
    ENTREPOT_UPSTREAM: upstream.url,
    ENTREPOT_ADMIN_PASSWORD: ADMIN_PASSWORD,
    ENTREPOT_CONFIG: file,
    ENTREPOT_ADVISORIES: "",
  };
  const server = await startServerProcess(data, env);
  onTestFinished(async () => {
    await server.stop();
    await feed.close();
    await upstream.close();
    await rm(data, { recursive: true });
  });
  const token = await loginAs(server.url, "admin", ADMIN_PASSWORD);
  const ask = (path: string, request = {}): Promise<TestResponse> =>
    httpRequest(server.url, path, { headers: { authorization: `Bearer ${token}` }, ...request });
  const metrics = async (): Promise<string> => (await httpRequest(server.url, "/metrics")).text;

  upstream.publish({ name: "left-pad", version: "1.0.0" });
  const { tarballPath } = upstream.publish({ name: "flipped", version: "1.0.0" });
  upstream.fault(tarballPath, { kind: "flip" });
  expect((await ask("/npm/default/left-pad")).status).toBe(200);
  expect((await ask("/npm/default/left-pad/-/left-pad-1.0.0.tgz")).status).toBe(200);
  expect((await ask("/npm/default/flipped")).status).toBe(200);
  expect((await ask("/npm/default/flipped/-/flipped-1.0.0.tgz")).status).toBe(502);
  const blocked = { method: "PUT", body: { status: "blocked", reason: "a test" } };
  expect(
    (await ask("/api/v1/registries/default/packages/left-pad/versions/1.0.0/status", blocked)).status,
  ).toBe(200);
  expect((await ask("/npm/default/left-pad/-/left-pad-1.0.0.tgz")).status).toBe(403);
  const pull = "/api/v1/registries/default/packages/left-pad/versions/1.0.0/pull";
  expect((await ask(pull, { method: "POST" })).status).toBe(403);
  expect((await ask("/api/v1/jobs/collect-garbage/run", { method: "POST" })).status).toBe(202);

  await expect.poll(metrics, { timeout: 10_000 }).toContain("entrepot_jobs_total{");
  await expect.poll(metrics, { timeout: 20_000 }).toContain('entrepot_advisories{feed="a"} 1');
  const text = await metrics();
  const missing = Object.entries(METRICS).filter(
    ([name, { type }]) => !text.includes(`\n${name}${type === "histogram" ? "_count" : ""}{`),
  );
  expect(missing.map(([name]) => name)).toEqual([]);
  expect(text).toContain('entrepot_refusals_total{rule="operator-status"} 2');
  expect(text).toContain('entrepot_jobs_total{kind="collect-garbage",outcome="done"} 1');
  expect(text).toContain('entrepot_upstream_breaker_state{upstream="public"} 0');
  expect(text).toContain('entrepot_queue_length{queue="threads"} 0');
  expect(text).toContain('entrepot_log_lines_dropped_total{log="access"} 0');
  for (const cache of ["views", "blobs", "documents"]) {
    expect(text).toMatch(new RegExp(`entrepot_cache_bytes{cache="${cache}"} [1-9]`));
  }

  upstream.fault("*", { kind: "status", status: 500 });
  for (let count = 0; count < 5; count += 1) await ask(`/npm/default/unknown-${count}`);
  expect(await metrics()).toContain('entrepot_upstream_breaker_state{upstream="public"} 2');
});
