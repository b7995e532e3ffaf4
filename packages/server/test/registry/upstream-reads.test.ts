import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** What happens behind an answer may take its time on a busy machine. */
const WAIT_MS = 10_000;

const MINUTE = 60_000;

let app: TestApp;
let clock: TestClock;
let upstream: FakeUpstream;

beforeEach(async () => {
  clock = createTestClock();
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
});
afterEach(async () => {
  await app.close();
  await upstream.close();
});

const at = (path: string, headers: Record<string, string> = {}): Promise<TestResponse> =>
  app.admin.request(`/npm/default/${path}`, { headers });

describe("a fresh server with an upstream", () => {
  it("installs from it without any set-up", async () => {
    upstream.publish({ name: "left", version: "1.0.0", manifest: { dependencies: { "@pub/deep": "^1" } } });
    upstream.publish({ name: "@pub/deep", version: "1.1.0" });
    const left = (await at("left")).json as { versions: Record<string, { dist: { tarball: string } }> };
    const tarball = new URL(left.versions["1.0.0"]?.dist.tarball ?? "").pathname;
    expect((await app.admin.request(tarball)).status).toBe(200);
    expect((await at("@pub/deep/^1")).json["version"]).toBe("1.1.0");
    expect((await at("@pub/deep/-/deep-1.1.0.tgz")).status).toBe(200);
  });

  it("shows the upstream's publish times in both forms, never its own", async () => {
    const times = ["2012-03-04T05:06:07.000Z", "2019-01-02T03:04:05.678Z"];
    for (const [index, time] of times.entries()) {
      upstream.publish({ name: "old", version: `${index}.0.0`, time });
    }
    upstream.remove("old", "0.0.0");
    const { time } = upstream.document("old") as { time: Record<string, string> };
    for (const accept of ["*/*", "application/vnd.npm.install-v1+json"]) {
      const { json } = await at("old", { accept });
      expect(json["time"]).toMatchObject({ "1.0.0": times[1], "modified": time["modified"] });
      if (accept !== "*/*") expect(json["modified"]).toBe(time["modified"]);
    }
    expect((await at("old")).json["time"]).toEqual(time);
  });

  it("records every version that passed through, with origin, time and who asked", async () => {
    const names = Array.from({ length: 6 }, (_, index) => `dep-${index}`);
    for (const name of names) upstream.publish({ name, version: "1.0.0" });
    const ada = await app.as("ada");
    for (const name of names) await ada.request(`/npm/default/${name}/-/${name}-1.0.0.tgz`);
    await app.admin.publish({ name: "own", version: "1.0.0" });
    const list = async (): Promise<unknown[]> =>
      (await app.admin.request("/api/v1/registries/default/versions")).json["items"] as unknown[];
    await expect.poll(async () => (await list()).length).toBe(7);
    const at = new Date(clock.now()).toISOString();
    const facts = {
      version: "1.0.0",
      sizeBytes: expect.any(Number),
      integrity: expect.stringMatching(/^sha512-/),
      at,
      status: "allow",
      reason: null,
      isUnlisted: false,
    };
    expect(await list()).toEqual([
      ...names.map((name) => ({ name, ...facts, origin: "cached", by: "ada" })),
      { name: "own", ...facts, origin: "local", by: "admin" },
    ]);
  });
});

describe("how often the upstream is asked", () => {
  it("is once for many installs within the window, and once conditionally after it", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    for (let install = 0; install < 10; install += 1) {
      expect(
        (await at("left", { accept: install % 2 === 0 ? "*/*" : "application/vnd.npm.install-v1+json" }))
          .status,
      ).toBe(200);
      expect((await at("left/-/left-1.0.0.tgz")).status).toBe(200);
      clock.advance(MINUTE / 20);
    }
    expect([upstream.count("left"), upstream.count("left/-/left-1.0.0.tgz")]).toEqual([1, 1]);
    clock.advance(2 * MINUTE);
    expect((await at("left")).status).toBe(200);
    expect(upstream.requests.filter(({ path }) => path === "/left").map(({ status }) => status)).toEqual([
      200, 304,
    ]);
    expect(upstream.requests.at(-1)?.headers["if-none-match"]).toMatch(/^"/);
  });

  it("is once for twenty equal cold requests, in both forms", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    upstream.fault("left", { kind: "delay", milliseconds: 100 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => at("left")));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(upstream.count("left")).toBe(1);
    const tarballs = await Promise.all(Array.from({ length: 20 }, () => at("left/-/left-1.0.0.tgz")));
    expect(tarballs.every(({ status }) => status === 200)).toBe(true);
    expect(upstream.count("left/-/left-1.0.0.tgz")).toBe(1);
  });

  it("is once for many requests of a name that is not there, until the shorter window ends", async () => {
    for (let request = 0; request < 5; request += 1) expect((await at("missing")).status).toBe(404);
    expect(upstream.count("missing")).toBe(1);
    upstream.publish({ name: "missing", version: "1.0.0" });
    clock.advance(31_000);
    await at("missing");
    await expect.poll(async () => (await at("missing")).status).toBe(200);
  });

  it("is not at all for anything that is not a package or a tarball", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    for (const path of ["", "-/ping", "-/whoami", "-/nothing", "-/package/left/visibility"]) {
      await at(path);
    }
    expect(upstream.count()).toBe(0);
  });
});

describe("what the upstream does is followed:", () => {
  beforeEach(() => {
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) upstream.publish({ name: "left", version });
  });

  async function later(): Promise<Record<string, unknown>> {
    clock.advance(3 * MINUTE);
    return (await at("left")).json;
  }

  it("new versions and moved tags", async () => {
    await at("left");
    upstream.publish({ name: "left", version: "2.0.0", tag: "next" });
    upstream.setTag("left", "latest", "1.1.0");
    const json = await later();
    expect(Object.keys(json["versions"] as object)).toContain("2.0.0");
    expect(json["dist-tags"]).toEqual({ latest: "1.1.0", next: "2.0.0" });
  });

  it("deprecations and their end", async () => {
    await at("left");
    upstream.deprecate("left", "1.0.0", "do not use");
    expect(await later()).toMatchObject({ versions: { "1.0.0": { deprecated: "do not use" } } });
    upstream.deprecate("left", "1.0.0", "");
    const { versions } = (await later()) as { versions: Record<string, object> };
    expect(versions["1.0.0"]).not.toHaveProperty("deprecated");
  });

  it("removed versions, also when their tarball is cached", async () => {
    expect((await at("left/-/left-1.2.0.tgz")).status).toBe(200);
    upstream.remove("left", "1.2.0");
    upstream.setTag("left", "latest", "1.1.0");
    const json = await later();
    expect(Object.keys(json["versions"] as object)).toEqual(["1.0.0", "1.1.0"]);
    expect((await at("left/1.2.0")).status).toBe(404);
    expect((await at("left/-/left-1.2.0.tgz")).status).toBe(404);
  });

  it("removed packages", async () => {
    expect((await at("left/-/left-1.0.0.tgz")).status).toBe(200);
    upstream.remove("left");
    clock.advance(3 * MINUTE);
    expect((await at("left")).status).toBe(404);
    expect((await at("left/-/left-1.0.0.tgz")).status).toBe(404);
  });

  it("another tarball under an old version is refused on every way to it, until somebody takes the upstream's word", async () => {
    upstream.publish({ name: "twice", version: "0.9.0", tag: null });
    const first = upstream.publish({ name: "twice", version: "1.0.0" });
    for (const path of ["twice", "twice/1.0.0", "twice/-/twice-1.0.0.tgz"]) {
      expect((await at(path)).status).toBe(200);
    }
    upstream.publish({ name: "twice", version: "1.0.0", tag: null, files: { "index.js": "changed" } });
    await later();
    const packument = await at("twice");
    expect(Object.keys(packument.json["versions"] as object)).toEqual(["0.9.0"]);
    expect(packument.json["dist-tags"]).toEqual({ latest: "0.9.0" });
    for (const path of ["twice/1.0.0", "twice/-/twice-1.0.0.tgz"]) {
      const { status, json } = await at(path);
      expect([status, json["rule"]]).toEqual([403, "integrity-change"]);
      expect(json.error).toContain("Use 0.9.0");
    }
    // Whoever administers may take the upstream's word for it.
    const { json: listed } = await app.admin.request("/api/v1/integrity-changes");
    const [change] = listed["items"] as { upstream: string; is: string }[];
    const accepted = {
      upstream: change?.upstream,
      package: "twice",
      version: "1.0.0",
      reason: "its author told us",
    };
    const accept = (integrity: string): Promise<TestResponse> =>
      app.admin.request("/api/v1/integrity-changes/accept", {
        method: "POST",
        body: { ...accepted, integrity },
      });
    expect((await accept("sha512-other")).status).toBe(404);
    expect((await accept(change?.is ?? "")).status).toBe(200);
    expect((await at("twice/-/twice-1.0.0.tgz")).bytes.equals(first.bytes)).toBe(false);
    expect((await app.admin.request("/api/v1/integrity-changes")).json["items"]).toEqual([]);
    upstream.publish({ name: "twice", version: "1.0.0", tarball: first.bytes });
    await later();
    await at("twice");
    expect((await at("twice/-/twice-1.0.0.tgz")).status).toBe(403);
    expect((await accept(first.integrity)).status).toBe(200);
    expect(Object.keys((await at("twice")).json["versions"] as object)).toContain("1.0.0");
    expect((await at("twice/-/twice-1.0.0.tgz")).bytes.equals(first.bytes)).toBe(true);
  });
});

describe("a version that the upstream takes back and brings again", () => {
  function publish(version: string, text: string): void {
    upstream.publish({ name: "again", version, tag: null, files: { "index.js": text } });
  }

  async function shownLater(versions: readonly string[]): Promise<void> {
    await vi.waitFor(async () => {
      clock.advance(10 * MINUTE);
      expect(Object.keys((await at("again")).json["versions"] as object)).toEqual(versions);
    }, WAIT_MS);
  }

  it("is refused if it comes with another tarball than the one that passed through here", async () => {
    upstream.publish({ name: "again", version: "0.9.0" });
    const others = ["1.0.0", "1.1.0"];
    for (const version of others) publish(version, "first");
    for (const version of others) expect((await at(`again/-/again-${version}.tgz`)).status).toBe(200);
    // What passed through is written down behind the answer.
    await vi.waitFor(async () => {
      const { json } = await app.admin.request("/api/v1/registries/default/versions?text=again");
      expect(json["items"]).toHaveLength(2);
    }, WAIT_MS);
    for (const version of others) upstream.remove("again", version);
    await shownLater(["0.9.0"]);
    publish("1.0.0", "first");
    publish("1.1.0", "second");
    await shownLater(["0.9.0", ...others]);
    expect((await at("again/-/again-1.0.0.tgz")).status).toBe(200);
    for (const path of ["again/-/again-1.1.0.tgz", "again/1.1.0"]) {
      const { status, json } = await at(path);
      expect([status, json["rule"]]).toEqual([403, "integrity-change"]);
    }
    await shownLater(["0.9.0", "1.0.0"]);
  });
});

describe("an upstream that is down", () => {
  it("leaves everything installable that was cached", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    const { bytes } = await at("left/-/left-1.0.0.tgz");
    const before = await at("left");
    await upstream.offline();
    for (const minutes of [1, 10, 60 * 24 * 30]) {
      clock.advance(minutes * MINUTE);
      expect((await at("left")).text).toBe(before.text);
      expect((await at("left/latest")).status).toBe(200);
      expect((await at("left/-/left-1.0.0.tgz")).bytes.equals(bytes)).toBe(true);
    }
  });

  it("is named for what was never seen, which is never 404", async () => {
    await upstream.offline();
    for (const path of ["never", "never/1.0.0", "never/-/never-1.0.0.tgz", "-/package/never/dist-tags"]) {
      const { status, json, headers } = await at(path);
      expect([502, 503, 504]).toContain(status);
      expect(json.error).toContain('"public"');
      if (status === 503) expect(Number(headers["retry-after"] ?? 1)).toBeGreaterThanOrEqual(1);
    }
  });

  it("is asked again when it is back", async () => {
    await upstream.offline();
    expect((await at("left")).status).toBeGreaterThanOrEqual(502);
    upstream.publish({ name: "left", version: "1.0.0" });
    await upstream.online();
    clock.advance(5 * MINUTE);
    expect((await at("left")).status).toBe(200);
  });

  it("does not keep own packages from being served or published", async () => {
    await app.admin.publish({ name: "own", version: "1.0.0" });
    await upstream.offline();
    expect((await app.admin.publish({ name: "own", version: "1.1.0" })).status).toBe(201);
    expect((await app.admin.publish({ name: "new", version: "1.0.0" })).status).toBe(201);
    expect(Object.keys((await at("own")).json["versions"] as object)).toEqual(["1.0.0", "1.1.0"]);
    expect((await at("new/-/new-1.0.0.tgz")).status).toBe(200);
  });

  it.each([429, 500, 503])("by %i is an error that names it, never absence", async (status) => {
    upstream.fault("left", { kind: "status", status, headers: { "retry-after": "7" } });
    const answer = await at("left");
    expect(answer.status).toBe(503);
    expect(answer.json.error).toBe(`The upstream "public" answered ${status}.`);
    expect(answer.headers["retry-after"]).toBe("7");
  });
});

describe("an upstream that lies", () => {
  it("is never served nor kept, and heals when it heals", async () => {
    const { bytes } = upstream.publish({
      name: "left",
      version: "1.0.0",
      files: { "a.js": "a".repeat(3000) },
    });
    const path = "left/-/left-1.0.0.tgz";
    for (const kind of ["flip", "truncate", "html", "empty", "cut"] as const) {
      upstream.fault(path, { kind });
      const { status, json } = await at(path);
      expect([kind, [502, 503].includes(status), json.error?.includes('"public"')]).toEqual([
        kind,
        true,
        true,
      ]);
    }
    upstream.fault(path, null);
    clock.advance(5 * MINUTE);
    expect((await at(path)).bytes.equals(bytes)).toBe(true);
  });

  it("about the name is refused", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    upstream.publish({ name: "right", version: "1.0.0" });
    upstream.fault("left", { kind: "other-package", name: "right" });
    const { status, json } = await at("left");
    expect([status, json.error]).toEqual([
      502,
      expect.stringContaining('The upstream "public" sent no valid document of left'),
    ]);
  });
});
