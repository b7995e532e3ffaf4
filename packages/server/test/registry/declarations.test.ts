import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestApp, type TestApp, type TestAppOptions } from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openDatabase } from "../../src/db/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";

let data: string;
let running: TestApp | null;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "entrepot-declared-"));
  running = null;
});
afterEach(async () => {
  await running?.close();
  await rm(data, { recursive: true });
});

/** Starts the server on the data of the start before. */
async function start(file: string, options: TestAppOptions = {}): Promise<TestApp> {
  await running?.close();
  running = await startTestApp({ data, file, ...options });
  return running;
}

async function show(app: TestApp, path: string): Promise<Record<string, unknown>> {
  const { status, json } = await app.admin.request(`/api/v1/${path}`);
  expect(status).toBe(200);
  return json;
}

async function changeKinds(): Promise<string[]> {
  const db = await openDatabase({ url: `sqlite:${data}/entrepot.db` });
  const rows = await db.read.selectFrom("changes").select(["kind", "actor"]).execute();
  await db.close();
  return rows.filter(({ actor }) => actor !== "admin").map(({ kind }) => kind);
}

const UPSTREAM = "upstreams:\n  - { name: corp, url: http://127.0.0.1:9/ }\n";

describe("what the configuration file declares", () => {
  it("is all that holds: claims and settings that it leaves out go", async () => {
    const declared = (claims: string, settings: string): string =>
      `upstreams:\n  - { name: corp, url: "http://127.0.0.1:9/"${settings} }\n` +
      `registries:\n  - { name: team, upstreams: [corp], claims: [${claims}] }\n`;
    const first = await start(declared('"@team/*", "a-*"', ", freshSeconds: 5, allowedHosts: [cdn.test]"));
    expect((await show(first, "registries/team"))["claims"]).toEqual(["@team/*", "a-*"]);
    expect(await show(first, "upstreams/corp")).toMatchObject({
      freshSeconds: 5,
      allowedHosts: ["cdn.test"],
    });

    const second = await start(declared('"a-*", "b-*"', ""));
    expect((await show(second, "registries/team"))["claims"]).toEqual(["a-*", "b-*"]);
    expect(await show(second, "upstreams/corp")).toMatchObject({ freshSeconds: 60, allowedHosts: [] });
  });

  it("and does so no longer stays with its packages, can be changed, and is told of in the log", async () => {
    const first = await start(
      `${UPSTREAM}registries:\n  - { name: team, upstreams: [corp], claims: ["@a/*"] }\n`,
    );
    expect((await first.admin.publish({ registry: "team", name: "kept", version: "1.0.0" })).status).toBe(
      201,
    );

    const info = vi.fn();
    const second = await start("limits: {}\n", { log: { ...createSilentLog(), info } });
    expect(await show(second, "registries/team")).toMatchObject({
      managed: false,
      upstreams: ["corp"],
      claims: ["@a/*"],
    });
    expect(info.mock.calls).toContainEqual([
      "registry is no longer managed by configuration",
      { registry: "team" },
    ]);
    expect(info.mock.calls).toContainEqual([
      "upstream is no longer managed by configuration",
      { upstream: "corp" },
    ]);
    expect((await second.admin.request("/npm/team/kept")).status).toBe(200);
    const body = { description: "by hand" };
    expect((await second.admin.request("/api/v1/registries/team", { method: "PATCH", body })).status).toBe(
      200,
    );
    const patch = { freshSeconds: 7 };
    const changed = await second.admin.request("/api/v1/upstreams/corp", { method: "PATCH", body: patch });
    expect(changed.status).toBe(200);
  });

  it("is not written again when it is true already", async () => {
    const file = `${UPSTREAM}registries:\n  - { name: team, description: ours, upstreams: [corp], claims: ["@a/*"] }\n`;
    await start(file);
    const before = await changeKinds();
    await start(file);
    expect(await changeKinds()).toEqual(before);
  });

  it("may be the registry default, which the environment opens at every start", async () => {
    const options = { env: { ENTREPOT_ANONYMOUS_READ: "true" } };
    const file = "registries:\n  - { name: default, description: ours }\n";
    for (const app of [() => start(file, options), () => start(file, options)]) {
      expect(await show(await app(), "registries/default")).toMatchObject({
        anonymousRead: true,
        managed: true,
        description: "ours",
      });
    }
    expect(await show(await start(file), "registries/default")).toMatchObject({ anonymousRead: false });
    // No longer declared, it is opened like any other.
    expect(await show(await start("limits: {}\n", options), "registries/default")).toMatchObject({
      anonymousRead: true,
      managed: false,
    });
  });

  it("names a host twice: the start says so", async () => {
    await start("registries:\n  - { name: one, host: npm.example.test }\n");
    await running?.close();
    running = null;
    await expect(start("registries:\n  - { name: two, host: npm.example.test }\n")).rejects.toThrow(
      'The host "npm.example.test" exists already.',
    );
  });
});

describe("a first start", () => {
  it("names ENTREPOT_UPSTREAM when that is this server", async () => {
    const env = {
      ENTREPOT_PORT: "48731",
      ENTREPOT_UPSTREAM: "http://localhost:48731/npm/default/",
    };
    await expect(start("limits: {}\n", { env })).rejects.toMatchObject({
      code: "config-invalid",
      message:
        'ENTREPOT_UPSTREAM, http://localhost:48731/npm/default/, cannot be the upstream of the registry "default": ' +
        "This URL leads back to this server; that would be a loop. " +
        'Set ENTREPOT_UPSTREAM to the URL of the registry to ask for packages, or to "none" to start without.',
    });
  });

  it("names ENTREPOT_UPSTREAM when npm is configured to ask this server", async () => {
    vi.stubEnv("npm_config_registry", "http://127.0.0.1:48731/npm/default/");
    const env = { ENTREPOT_PORT: "48731", ENTREPOT_UPSTREAM: "" };
    await expect(start("limits: {}\n", { env })).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringMatching(
        /^The registry that npm is configured with here, .*, cannot be .* Set ENTREPOT_UPSTREAM to /,
      ),
    });
    vi.unstubAllEnvs();
  });
});
