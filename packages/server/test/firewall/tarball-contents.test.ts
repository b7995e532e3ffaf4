import {
  createFakeUpstream,
  createTestClock,
  makePackageTarball,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let upstream: FakeUpstream;
let clock: TestClock;
let app: TestApp;
let other: TestApp;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  other = await startTestApp({ upstream: upstream.url, now: clock.now, data: app.data });
});
afterAll(async () => {
  await other.close();
  await app.close();
  await upstream.close();
});

const at = (path: string, where = app): Promise<TestResponse> => where.admin.request(`/npm/default/${path}`);

async function rule(id: string, body: unknown): Promise<void> {
  const path = `/api/v1/registries/default/policy/rules/${id}`;
  const { status, text } = await app.admin.request(path, { method: "PUT", body });
  expect([status, text]).toEqual([200, expect.anything()]);
}

async function versionsOf(name: string, where = app): Promise<string[]> {
  const { status, json } = await at(name, where);
  return status === 403 ? [] : Object.keys(json["versions"] as object);
}

function downloads(name: string, version: string): number {
  return upstream.requests.filter(({ path }) => path.endsWith(`/${name}-${version}.tgz`)).length;
}

/** A version whose tarball holds what its document does not tell of. */
function publishLie(spec: string, manifest: object, files: Record<string, string> = {}): void {
  const [name = "", version = ""] = spec.split("@");
  const { bytes } = makePackageTarball({ name, version, manifest: { ...manifest }, files });
  upstream.publish({ name, version, tarball: bytes });
}

describe("a tarball that runs what its document does not tell of", () => {
  beforeAll(() => rule("install-script", { mode: "enforce", options: { condition: "any" } }));

  it("is fetched once, never served nor kept, and hidden everywhere from then on", async () => {
    upstream.publish({ name: "liar", version: "1.0.0" });
    publishLie("liar@1.1.0", { scripts: { postinstall: "node steal.js" } });
    for (const where of [app, other]) expect(await versionsOf("liar", where)).toEqual(["1.0.0", "1.1.0"]);
    for (let count = 0; count < 3; count += 1) {
      const { status, json } = await at("liar/-/liar-1.1.0.tgz");
      expect([status, json["rule"]]).toEqual([403, "install-script"]);
      expect(json.error).toContain("node steal.js");
      expect(json.error).toContain("Use 1.0.0");
    }
    expect(downloads("liar", "1.1.0")).toBe(1);
    for (const where of [app, other]) {
      expect(await versionsOf("liar", where)).toEqual(["1.0.0"]);
      expect((await at("liar/-/liar-1.1.0.tgz", where)).status).toBe(403);
      expect((await at("liar/1.1.0", where)).status).toBe(403);
    }
    expect(downloads("liar", "1.1.0")).toBe(1);
    const { items } = (await app.admin.request("/api/v1/registries/default/versions?text=liar")).json as {
      items: { version: string }[];
    };
    expect(items.map(({ version }) => version)).not.toContain("1.1.0");
  });

  it("may be one that npm builds because of its binding.gyp", async () => {
    publishLie("native@1.0.0", {}, { "binding.gyp": "{}" });
    const { status, json } = await at("native/-/native-1.0.0.tgz");
    expect([status, json.error]).toEqual([403, expect.stringContaining("node-gyp rebuild")]);
  });

  it("passes where it is harmless, and is looked at once", async () => {
    upstream.publish({ name: "plain", version: "1.0.0", manifest: { scripts: { test: "node test.js" } } });
    for (let count = 0; count < 2; count += 1) {
      expect((await at("plain/-/plain-1.0.0.tgz")).status).toBe(200);
    }
    expect(downloads("plain", "1.0.0")).toBe(1);
  });

  it("is looked at too when it was kept before the rule was in force", async () => {
    publishLie("early@1.0.0", { scripts: { preinstall: "curl evil" } });
    await rule("install-script", { mode: "off" });
    expect((await at("early/-/early-1.0.0.tgz")).status).toBe(200);
    await rule("install-script", { mode: "enforce", options: { condition: "any" } });
    expect((await at("early/-/early-1.0.0.tgz")).status).toBe(403);
    expect(await versionsOf("early")).toEqual([]);
  });

  it("passes with an exception for it, and no longer when that ends", async () => {
    publishLie("needed@1.0.0", { scripts: { install: "node build.js" } });
    expect((await at("needed/-/needed-1.0.0.tgz")).status).toBe(403);
    const body = {
      registry: "default",
      packages: "needed",
      range: "1.0.0",
      rules: ["install-script"],
      reason: "we read the script",
      days: 2,
    };
    expect((await app.admin.request("/api/v1/exceptions", { method: "POST", body })).status).toBe(201);
    for (const where of [app, other]) {
      expect((await at("needed/-/needed-1.0.0.tgz", where)).status).toBe(200);
      expect(await versionsOf("needed", where)).toEqual(["1.0.0"]);
    }
    clock.advance(3 * 24 * 60 * 60 * 1000);
    for (const where of [app, other]) {
      expect((await at("needed/-/needed-1.0.0.tgz", where)).status).toBe(403);
      expect(await versionsOf("needed", where)).toEqual([]);
    }
  });
});

describe("a version that two upstreams have with other tarballs", () => {
  it("stays refused for what is in the one, whatever is found in the other", async () => {
    const second = await createFakeUpstream();
    const api = async (wanted: string, body: unknown): Promise<void> => {
      const [method = "", path = ""] = wanted.split(" ");
      const { status, text } = await app.admin.request(`/api/v1${path}`, { method, body });
      expect([status < 300, text]).toEqual([true, expect.anything()]);
    };
    await api("POST /upstreams", { name: "second", url: second.url });
    await api("POST /registries", { name: "other" });
    await api("PUT /registries/other/upstreams", { upstreams: ["second"] });
    await api("PUT /registries/other/policy/rules/install-script", { mode: "enforce" });
    publishLie("both@1.0.0", { scripts: { postinstall: "node steal.js" } });
    second.publish({ name: "both", version: "1.0.0" });
    expect((await at("both/-/both-1.0.0.tgz")).status).toBe(403);
    expect((await app.admin.request("/npm/other/both/-/both-1.0.0.tgz")).status).toBe(200);
    clock.advance(2 * 60 * 1000);
    expect((await at("both")).status).toBe(403);
    expect((await app.admin.request("/npm/other/both")).status).toBe(200);
    await second.close();
  });
});

describe("a tarball that cannot be read", () => {
  it("is refused where a rule wants to know what is in it", async () => {
    upstream.publish({ name: "torn", version: "1.0.0", tarball: Buffer.from("no tarball at all") });
    const { status, json } = await at("torn/-/torn-1.0.0.tgz");
    expect([status, json.error]).toEqual([403, expect.stringContaining("cannot be inspected")]);
    expect([json["rule"], json.error]).toEqual([
      "install-script",
      expect.stringContaining("which the rule install-script asks for"),
    ]);
  });

  it("is refused in the name of the rule that wants to know", async () => {
    await rule("install-script", { mode: "off" });
    await rule("licence", { mode: "enforce", options: { denied: ["GPL-3.0-only"] } });
    upstream.publish({ name: "worn", version: "1.0.0", tarball: Buffer.from("no tarball at all") });
    const { status, json } = await at("worn/-/worn-1.0.0.tgz");
    expect([status, json["rule"], json.error]).toEqual([
      403,
      "licence",
      expect.stringContaining("which the rule licence asks for"),
    ]);
    await rule("licence", { mode: "off" });
    await rule("install-script", { mode: "enforce", options: { condition: "any" } });
  });
});

describe("a version that mends a vulnerability", () => {
  const HOUR = 60 * 60 * 1000;

  it("is let go early only if its tarball runs nothing that its document does not tell of", async () => {
    await rule("install-script", { mode: "off" });
    await rule("age", { mode: "enforce", options: { hours: 72, firstReleaseHours: 72 } });
    for (const name of ["mended", "abused"]) {
      upstream.publish({ name, version: "1.0.0", time: clock.now() - 1000 * HOUR });
      expect((await at(`${name}/-/${name}-1.0.0.tgz`)).status).toBe(200);
      clock.advance(HOUR);
      const scripts = name === "abused" ? { postinstall: "node steal.js" } : {};
      const { bytes: tarball } = makePackageTarball({ name, version: "1.0.1", manifest: { scripts } });
      upstream.publish({ name, version: "1.0.1", time: clock.now() - 5 * HOUR, tarball });
      const body = { package: name, range: "<1.0.1", summary: "a hole", severity: "high" };
      const { status } = await app.admin.request("/api/v1/advisories/own", { method: "POST", body });
      expect(status).toBe(201);
      expect(await versionsOf(name)).toEqual(["1.0.0", "1.0.1"]);
    }
    expect((await at("mended/-/mended-1.0.1.tgz")).status).toBe(200);
    const { status, json } = await at("abused/-/abused-1.0.1.tgz");
    expect([status, json["rule"]]).toEqual([403, "age"]);
    expect(await versionsOf("mended")).toEqual(["1.0.0", "1.0.1"]);
    expect(await versionsOf("abused")).toEqual(["1.0.0"]);
  });
});
