import { runClientCommand, type ClientIo } from "@entrepot/cli";
import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

const DAY = 86_400_000;

let app: TestApp;
let upstream: FakeUpstream;
let clock: TestClock;

interface Reason {
  rule: string;
  result: string;
  counts: boolean;
  source: string;
}

async function call(wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

async function admin(wanted: string, body?: unknown): Promise<TestResponse> {
  const response = await call(wanted, body);
  expect(response.status, response.text).toBeLessThan(300);
  return response;
}

const rule = (id: string, options: object = {}): Promise<TestResponse> =>
  admin(`PUT /policy/rules/${id}`, { mode: "enforce", options });

async function complianceOf(name: string, version = "1.0.0"): Promise<TestResponse["json"]> {
  const path = `/registries/default/packages/${encodeURIComponent(name)}/versions/${version}/compliance`;
  return (await admin(`GET ${path}`)).json;
}

const counted = (json: TestResponse["json"]): string[] =>
  (json["reasons"] as Reason[]).filter(({ counts }) => counts).map((one) => `${one.rule} ${one.result}`);

beforeAll(async () => {
  upstream = await createFakeUpstream();
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  const old = { version: "1.0.0", time: clock.now() - 100 * DAY };
  for (const name of ["fine", "unsound", "watched", "contained", "banned", "blocked", "excepted"]) {
    upstream.publish({ ...old, name, manifest: { license: "MIT" } });
  }
  upstream.publish({ ...old, name: "unlicensed" });
  upstream.publish({ ...old, name: "closed", manifest: { license: "GPL-3.0-only" } });
  upstream.publish({ ...old, name: "retired", manifest: { license: "MIT", deprecated: "use fine" } });
  upstream.publish({ ...old, name: "young", time: clock.now() - DAY, manifest: { license: "MIT" } });
  upstream.publish({
    ...old,
    name: "scripted",
    manifest: { license: "MIT", scripts: { postinstall: "x" }, hasInstallScript: true },
  });
  for (const name of ["unsound", "watched", "contained"]) {
    const advisory = { id: `OWN-${name}`, package: name, range: "<2", summary: "wrong", severity: "high" };
    await admin("POST /advisories/own", advisory);
  }
  const year = 365 * DAY;
  for (const [name, age] of Object.entries({
    unlisted: 100 * DAY,
    behind: 100 * DAY,
    lately: 10 * DAY,
    ancient: 4 * year,
  })) {
    upstream.publish({ name, version: "1.0.0", time: clock.now() - age, manifest: { license: "MIT" } });
  }
  upstream.publish({ ...old, name: "behind", version: "1.0.1", manifest: { license: "MIT" } });
  await admin("PUT /registries/default/packages/unlisted/versions/1.0.0/status", { status: "unlisted" });
  await admin("PUT /assessments/OWN-watched", { type: "remediate", comment: "soon" });
  await admin("PUT /assessments/OWN-contained", { type: "contain", comment: "now" });
  await rule("vulnerability", { onlyWhereFixed: false });
  await rule("licence", { denied: ["GPL-3.0-only"] });
  await rule("deprecated");
  await rule("install-script", { condition: "any" });
  await rule("age", { hours: 72, firstReleaseHours: 72 });
  const entries = ["banned", "excepted"].map((packages) => ({ packages, range: "*", reason: "no" }));
  await rule("deny-list", { entries });
  await admin("PUT /registries/*/packages/blocked/versions/1.0.0/status", {
    status: "blocked",
    reason: "no",
  });
  await admin("POST /exceptions", {
    packages: "excepted",
    range: "*",
    rules: ["deny-list"],
    reason: "needed",
    days: 30,
  });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

it.each<[string, string, string[]]>([
  ["fine", "compliant", []],
  ["unsound", "noncompliant", ["vulnerability noncompliant"]],
  ["watched", "warn", ["vulnerability warn"]],
  ["contained", "noncompliant", ["vulnerability noncompliant"]],
  ["unlicensed", "warn", ["licence warn"]],
  ["closed", "noncompliant", ["licence noncompliant"]],
  ["retired", "warn", ["deprecated warn"]],
  ["scripted", "noncompliant", ["install-script noncompliant"]],
  ["young", "noncompliant", ["age noncompliant"]],
  ["banned", "noncompliant", ["deny-list noncompliant"]],
  ["excepted", "compliant", []],
  ["blocked", "noncompliant", ["operator-status noncompliant"]],
])("%s is %s", async (name, result, reasons) => {
  const found = await complianceOf(name);
  expect([found["result"], counted(found)]).toEqual([result, reasons]);
  // It says the same as what clients meet.
  const { status } = await app.admin.request(`/npm/default/${name}/1.0.0`);
  expect(status).toBe(result === "noncompliant" ? 403 : 200);
});

it.each<[string, string, string[]]>([
  ["unlisted", "warn", ["unlisted warn"]],
  ["behind", "warn", ["newer-patch warn"]],
  ["lately", "compliant", ["recent compliant"]],
  ["ancient", "warn", ["aged warn"]],
])("%s is %s where notes are taken, by the API and by the command alike", async (name, result, reasons) => {
  await rule("unlisted");
  await rule("newer-patch", { outcome: "warn" });
  await rule("recent", { days: 20 });
  await rule("aged", { outcome: "warn" });
  const found = await complianceOf(name);
  expect([found["result"], counted(found)]).toEqual([result, reasons]);
  expect((await app.admin.request(`/npm/default/${name}/1.0.0`)).status).toBe(200);
  let out = "";
  const io: ClientIo = {
    env: { ENTREPOT_SERVER: app.url, ENTREPOT_TOKEN: app.admin.token },
    homeFolder: app.data,
    folder: app.data,
    isInteractive: false,
    readInput: () => Promise.resolve(""),
    ask: () => Promise.resolve(""),
    out: (text) => (out += text),
    err: (text) => (out += text),
    fetch,
  };
  expect(await runClientCommand(["compliance", `${name}@1.0.0`, "--json"], { io })).toBe(0);
  expect(JSON.parse(out)).toEqual(found);
});

it("tells what lifts a reason, what only reports, where rules come from and what it rests on", async () => {
  await admin("PUT /registries/default/policy/rules/licence", {
    mode: "shadow",
    packages: "closed",
  });
  const found = await complianceOf("closed");
  expect(found).toMatchObject({
    registry: "default",
    package: "closed",
    version: "1.0.0",
    origin: "upstream",
    result: "compliant",
    at: new Date(clock.now()).toISOString(),
    advisories: { epoch: expect.any(Number) },
  });
  expect((found["shadow"] as unknown as Reason[]).filter((one) => one.rule === "licence")).toEqual([
    expect.objectContaining({
      rule: "licence",
      mode: "shadow",
      result: "noncompliant",
      counts: false,
      source: "registry, closed",
    }),
  ]);
  const { reasons } = (await complianceOf("excepted")) as unknown as { reasons: Reason[] };
  expect(reasons).toEqual([
    expect.objectContaining({
      rule: "deny-list",
      result: "noncompliant",
      counts: false,
      source: "workspace",
      exception: expect.objectContaining({ packages: "excepted" }),
    }),
  ]);
});

it("follows policy and time at once, without a job", async () => {
  await admin("PUT /registries/default/policy/rules/deprecated", { mode: "off" });
  expect((await complianceOf("retired"))["result"]).toBe("compliant");
  clock.advance(2 * DAY);
  const found = await complianceOf("young");
  expect([found["result"], found["at"]]).toEqual(["compliant", new Date(clock.now()).toISOString()]);
});

it("is told to who may see the package, of an exception without what is between those who manage it", async () => {
  const ada = await app.as("ada");
  const path = "/api/v1/registries/default/packages/excepted/versions/1.0.0/compliance";
  const { json } = await ada.request(path);
  const { reasons } = json as unknown as { reasons: { exception: object }[] };
  expect(reasons[0]?.exception).not.toHaveProperty("owner");
  await admin("POST /access-rules", {
    effect: "restrict",
    subject: "user",
    name: "ada",
    permissions: ["view"],
    packages: "excepted",
  });
  expect((await ada.request(path)).status).toBe(403);
});

it("is told of versions that there are", async () => {
  const none = await call("GET /registries/default/packages/fine/versions/9.9.9/compliance");
  expect([none.status, none.json["code"]]).toEqual([404, "version-not-found"]);
  const nothing = await call("GET /registries/default/packages/nothing/versions/1.0.0/compliance");
  expect([nothing.status, nothing.json["code"]]).toEqual([404, "package-not-found"]);
});
