import { setTimeout as delay } from "node:timers/promises";
import {
  createFakeUpstream,
  createTestClock,
  hasPostgres,
  startPostgres,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestPostgres,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const DAY = 86_400_000;
/** Longer than what jobs wait for changes that come together. */
const SOON = 61_000;

let app: TestApp;
let upstream: FakeUpstream;
let clock: TestClock;
let scripted: ReturnType<FakeUpstream["publish"]>;

type Json = Record<string, unknown>;

async function call(wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

async function admin(wanted: string, body?: unknown): Promise<Json> {
  const response = await call(wanted, body);
  expect(response.status, response.text).toBeLessThan(300);
  return response.text === "" ? {} : response.json;
}

const rule = (id: string, mode: string, options: object = {}): Promise<Json> =>
  admin(`PUT /policy/rules/${id}`, { mode, options });

async function findings(query: string): Promise<Json[]> {
  return (await admin(`GET /findings?${query}`))["items"] as Json[];
}

async function runCheck(): Promise<string[]> {
  const { id } = await admin("POST /jobs/check-packages/run");
  await vi.waitFor(
    async () => {
      const { items } = (await admin("GET /jobs?kind=check-packages")) as { items: Json[] };
      expect(items.find((job) => job["id"] === id)?.["state"]).toBe("done");
    },
    { timeout: 10_000 },
  );
  const { items } = (await admin(`GET /jobs/${String(id)}/lines`)) as { items: { text: string }[] };
  return items.map(({ text }) => text);
}

/** Waits until everything is looked at that is due by now. */
async function quiet(): Promise<void> {
  await vi.waitFor(
    async () => {
      const { items } = (await admin("GET /jobs?kind=check-packages")) as { items: Json[] };
      const isDue = (job: Json): boolean => Date.parse(String(job["runAt"])) <= clock.now();
      const open = items.filter((job) => ["running", "waiting"].includes(String(job["state"])));
      expect(open.filter(isDue)).toEqual([]);
    },
    { timeout: 10_000 },
  );
}

/** Cached versions are recorded behind the answer. */
async function keep(name: string): Promise<void> {
  expect(await status(`${name}/-/${name}-1.0.0.tgz`)).toBe(200);
  await vi.waitFor(
    async () => {
      const { items } = (await admin("GET /registries/default/packages")) as { items: Json[] };
      expect(items.map((item) => item["name"])).toContain(name);
    },
    { timeout: 10_000 },
  );
  // What is served counts from the next full minute on.
  clock.advance(60_000);
}

async function status(path: string): Promise<number> {
  return (await app.admin.request(`/npm/default/${path}`)).status;
}

async function audited(name: string): Promise<unknown> {
  const body = { [name]: ["1.0.0"] };
  const path = "/npm/default/-/npm/v1/security/advisories/bulk";
  return (await app.admin.request(path, { method: "POST", body })).json[name];
}

async function advise(name: string, summary = "wrong"): Promise<void> {
  const id = `OWN-${name}`;
  await admin("POST /advisories/own", { id, package: name, range: "<2", summary, severity: "high" });
}

function suite(databaseUrl: () => Promise<string | null>): void {
  beforeAll(async () => {
    upstream = await createFakeUpstream();
    clock = createTestClock();
    const url = await databaseUrl();
    const env = url === null ? {} : { ENTREPOT_DATABASE_URL: url };
    app = await startTestApp({ upstream: upstream.url, now: clock.now, env });
    const old = { version: "1.0.0", time: clock.now() - 100 * DAY };
    for (const name of ["kept", "seen", "settled", "returned"]) {
      upstream.publish({ ...old, name, manifest: { license: "MIT" } });
    }
    upstream.publish({ ...old, name: "unnamed" });
    scripted = upstream.publish({
      ...old,
      name: "scripted",
      manifest: { license: "MIT", scripts: { postinstall: "node steal.js" } },
    });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  it("a stored version that an advisory is written for is refused, found, told and audited within one run", async () => {
    const options = { onlyWhereFixed: false, graceDays: { exploited: 0, critical: 0, high: 0, other: 0 } };
    await rule("vulnerability", "enforce", options);
    await keep("kept");
    await runCheck();
    expect([await findings("package=kept"), await audited("kept")]).toEqual([[], undefined]);
    await advise("kept");
    const lines = await runCheck();
    expect(lines).toEqual([
      "default: kept@1.0.0 was compliant and is noncompliant",
      expect.stringMatching(/^default: kept@1\.0\.0 opened, vulnerability: It has OWN-kept \(high\): wrong/),
    ]);
    expect(await status("kept/-/kept-1.0.0.tgz")).toBe(403);
    expect(await findings("package=kept")).toEqual([
      expect.objectContaining({
        registry: "default",
        package: "kept",
        version: "1.0.0",
        rule: "vulnerability",
        mode: "enforce",
        result: "noncompliant",
        presence: "stored",
        state: "open",
        evidence: expect.objectContaining({ advisories: "OWN-kept", severity: "high" }),
      }),
    ]);
    expect(await audited("kept")).toEqual([expect.objectContaining({ title: "wrong" })]);
    const notices = (await admin("GET /notices"))["items"] as Json[];
    expect(notices.map(({ text }) => text)).toEqual([
      "Kept here and no longer as policy wants it: kept@1.0.0 in default (vulnerability). See: entrepot findings",
    ]);
  });

  it("it closes by itself when the advisory is taken back", async () => {
    await admin("DELETE /advisories/own/OWN-kept");
    expect(await runCheck()).toEqual([
      "default: kept@1.0.0 was noncompliant and is compliant",
      "default: kept@1.0.0 closed, vulnerability",
    ]);
    expect(await findings("package=kept")).toEqual([]);
    expect(await findings("package=kept&state=closed")).toEqual([
      expect.objectContaining({ closedBy: null, note: "No rule has this against it any more." }),
    ]);
  });

  it("an install script that is refused opens one, which shows the script, and a release closes it", async () => {
    await rule("install-script", "enforce", { condition: "any" });
    expect(await status("scripted/-/scripted-1.0.0.tgz")).toBe(403);
    expect(await status("scripted/-/scripted-1.0.0.tgz")).toBe(403);
    const [finding, ...others] = await findings("package=scripted");
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      rule: "install-script",
      presence: "refused",
      state: "open",
      reason: expect.stringMatching(/^It runs a script when it is installed/),
    });
    // Whoever reviews it reads the script, for which the tarball is fetched once and not kept.
    const at = `/registries/default/findings/${String(finding?.["id"])}`;
    for (let look = 0; look < 2; look += 1) {
      expect((await admin(`GET ${at}`))["scripts"]).toEqual({ postinstall: "node steal.js" });
    }
    expect(upstream.count(scripted.tarballPath)).toBe(1);
    // A check looks at it again, though nothing of it is kept.
    clock.advance(60_000);
    await runCheck();
    expect(await findings("package=scripted")).toEqual([
      expect.objectContaining({ id: finding?.["id"], reason: expect.stringContaining("node steal.js") }),
    ]);
    const path = "/registries/default/packages/scripted/versions/1.0.0/release";
    await admin(`POST ${path}`, { reason: "read it", days: 7 });
    await keep("scripted");
    expect(await findings("package=scripted&state=all")).toEqual([
      expect.objectContaining({ state: "closed", closedBy: "admin", note: "Released: read it" }),
    ]);
    clock.advance(7 * DAY);
    await runCheck();
    expect(await findings("package=scripted")).toEqual([expect.objectContaining({ presence: "stored" })]);
    await rule("install-script", "shadow");
  });

  it("an update that a rule keeps back waits for somebody to look at it", async () => {
    await keep("returned");
    upstream.publish({
      name: "returned",
      version: "1.1.0",
      manifest: { license: "MIT", scripts: { install: "x" } },
    });
    clock.advance(DAY / 24);
    await rule("install-script", "enforce", { condition: "any" });
    await vi.waitFor(
      async () => {
        // The new document is fetched behind the answer.
        await status("returned");
        await runCheck();
        expect(await findings("package=returned")).toEqual([
          expect.objectContaining({ version: "1.1.0", rule: "install-script", presence: "reachable" }),
        ]);
      },
      { timeout: 10_000 },
    );
    await rule("install-script", "shadow");
    await runCheck();
    expect(await findings("package=returned")).toEqual([]);
  });

  it("an advisory for a package that an upstream has is found without anybody doing anything", async () => {
    await status("seen");
    await advise("seen");
    await vi.waitFor(
      async () => {
        // The job is queued a little behind the change.
        clock.advance(SOON);
        await quiet();
        expect(await findings("package=seen")).toEqual([
          expect.objectContaining({ rule: "vulnerability", presence: "reachable", version: "1.0.0" }),
        ]);
      },
      { timeout: 10_000 },
    );
  });

  it("what somebody closes stays closed until something else is said of it", async () => {
    await keep("settled");
    await advise("settled");
    await runCheck();
    const [finding] = await findings("package=settled");
    const path = `/registries/default/findings/${String(finding?.["id"])}`;
    expect((await call(`POST ${path}/close`, { note: " " })).status).toBe(400);
    const closed = await admin(`POST ${path}/close`, { note: "only in tests" });
    expect(closed).toMatchObject({ state: "closed", closedBy: "admin", note: "only in tests" });
    expect((await call(`POST ${path}/close`, { note: "again" })).status).toBe(400);
    await runCheck();
    expect(await findings("package=settled")).toEqual([]);
    await admin("PUT /advisories/own/OWN-settled", {
      package: "settled",
      range: "<2",
      summary: "worse",
      severity: "critical",
    });
    await runCheck();
    expect(await findings("package=settled")).toEqual([
      expect.objectContaining({
        id: finding?.["id"],
        closedBy: null,
        reason: expect.stringContaining("worse"),
      }),
    ]);
  });

  it("a licence that is not named is one until the policy says that it does not matter", async () => {
    await keep("unnamed");
    await runCheck();
    expect(await findings("package=unnamed")).toEqual([
      expect.objectContaining({ rule: "licence", mode: "shadow", result: "warn" }),
    ]);
    await rule("licence", "shadow", { missing: "allow" });
    await runCheck();
    expect(await findings("package=unnamed")).toEqual([]);
  });

  it("behind a decision on one version only that package is looked at", async () => {
    // Earlier tests changed what concerns all packages; jobs are queued up to a second behind changes.
    await delay(1_500);
    clock.advance(SOON);
    await quiet();
    const analysed = async (name: string): Promise<unknown> => {
      const path = `/registries/default/packages/${name}/versions/1.0.0/compliance`;
      return (await admin(`GET ${path}`))["analysedAt"];
    };
    const before = await analysed("kept");
    const status = { status: "held", reason: "to be looked at" };
    await admin("PUT /registries/default/packages/unnamed/versions/1.0.0/status", status);
    const since = clock.now();
    await vi.waitFor(
      async () => {
        clock.advance(SOON);
        await quiet();
        expect(Date.parse(String(await analysed("unnamed")))).toBeGreaterThan(since);
      },
      { timeout: 10_000 },
    );
    expect(await analysed("kept")).toBe(before);
  });

  it("a version that is blocked needs nobody to look at it any more", async () => {
    await admin("PUT /registries/default/packages/settled/versions/1.0.0/status", {
      status: "blocked",
      reason: "decided",
    });
    await runCheck();
    expect(await findings("package=settled")).toEqual([]);
  });

  it("looking anew tells of every rule what it says and where it was chosen, and when it was", async () => {
    await rule("vulnerability", "enforce");
    await admin("PUT /registries/default/policy/rules/licence", { mode: "enforce", packages: "kept" });
    const path = "/registries/default/packages/kept";
    const before = (await admin(`GET ${path}/versions/1.0.0/compliance`))["analysedAt"];
    clock.advance(DAY);
    const { versions, analysedAt, analysedBefore } = (await admin(`POST ${path}/reanalyse`)) as {
      versions: { version: string; result: string; before: string; rules: Json[] }[];
    } & Json;
    expect([analysedBefore, analysedAt]).toEqual([before, new Date(clock.now()).toISOString()]);
    expect((await admin(`GET ${path}/versions/1.0.0/compliance`))["analysedAt"]).toBe(analysedAt);
    expect(versions).toMatchObject([{ version: "1.0.0", result: "compliant", before: "compliant" }]);
    const rules = versions[0]?.rules ?? [];
    const known = ((await admin("GET /policy"))["rules"] as Json[]).map((one) => one["rule"]);
    expect(rules.map((one) => one["rule"])).toEqual(known);
    const told = rules.filter((one) => ["vulnerability", "licence", "age"].includes(String(one["rule"])));
    expect(told).toEqual([
      expect.objectContaining({ rule: "vulnerability", mode: "enforce", source: "workspace", outcome: null }),
      expect.objectContaining({ rule: "licence", mode: "enforce", source: "registry, kept", outcome: null }),
      expect.objectContaining({ rule: "age", mode: "shadow", source: "profile standard", outcome: null }),
    ]);
    expect((await call("POST /registries/default/packages/nothing/reanalyse")).status).toBe(404);
  });

  it("what is published is looked at at once", async () => {
    await app.admin.publish({ name: "own", version: "1.0.0" });
    await vi.waitFor(
      async () => {
        clock.advance(6_000);
        const path = "/registries/default/packages/own/versions/1.0.0/compliance";
        expect((await admin(`GET ${path}`))["analysedAt"]).not.toBeNull();
      },
      { timeout: 10_000, interval: 300 },
    );
  });

  it("a list is paged, and what one registry's manager sees is that registry's", async () => {
    const all = await findings("state=all");
    expect(all.length).toBeGreaterThan(2);
    const pages: Json[] = [];
    let cursor = "";
    for (let page = 0; page <= all.length; page += 1) {
      const path = `/registries/default/findings?state=all&limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const { items, next } = (await admin(`GET ${path}`)) as { items: Json[]; next: string | null };
      pages.push(...items);
      if (next === null) break;
      cursor = next;
    }
    expect(pages).toEqual(all);
    await admin("POST /registries", { name: "other" });
    expect((await admin("GET /registries/other/findings?state=all"))["items"]).toEqual([]);
    const id = String(all[0]?.["id"]);
    expect((await call(`GET /registries/other/findings/${id}`)).status).toBe(404);
    expect((await call("GET /findings?state=odd")).status).toBe(400);
  });
}

describe("findings on SQLite", () => suite(() => Promise.resolve(null)));

describe.skipIf(!hasPostgres("debian"))("findings on PostgreSQL", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres({ flavour: "debian" });
  });
  afterAll(async () => {
    await server.stop();
  });
  suite(() => Promise.resolve(server.url));
});
