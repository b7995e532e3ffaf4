import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

const HOUR = 3_600_000;

let app: TestApp;
let upstream: FakeUpstream;
let clock: TestClock;
let ada: Persona;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  ada = await app.as("ada");
  const times = { "1.0.0": 9000, "1.1.0": 5000, "1.2.0": 1, "2.0.0-rc.1": 2000 };
  for (const [version, hours] of Object.entries(times)) {
    const tag = version.includes("-") ? "next" : "latest";
    upstream.publish({ name: "left", version, tag, time: clock.now() - hours * HOUR });
  }
  await admin("PUT /registries/default/claims/@acme%2f*");
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

async function admin(wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  const response = await app.admin.request(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  expect(response.status, response.text).toBeLessThan(300);
  return response;
}

async function explain(query: string, who: Persona = app.admin): Promise<TestResponse> {
  return await who.request(`/api/v1/registries/default/explain?${query}`);
}

async function enforceAge(mode: "enforce" | "shadow"): Promise<void> {
  await admin("PUT /registries/default/policy/rules/age", { mode });
}

it("says what npm takes, and what rules think that only report", async () => {
  const { json, status } = await explain("package=left&range=^1.0.0");
  expect(status).toBe(200);
  expect(json).toMatchObject({
    registry: "default",
    package: "left",
    origin: "upstream",
    claim: null,
    upstream: { name: "public", isFresh: true },
    advisories: { epoch: null, currentAt: null },
    wanted: { kind: "range", text: "^1.0.0" },
    withoutPolicy: "1.2.0",
    chosen: "1.2.0",
    refusal: null,
    exceptionUrl: null,
    candidateCount: 3,
    hiddenCount: 0,
    tagMoves: [],
    text: "left@1.2.0 is what npm takes from the registry default.",
  });
  const { candidates } = json as { candidates: { opinions: Record<string, unknown>[] }[] };
  expect(candidates[0]?.opinions.find(({ rule }) => rule === "age")).toMatchObject({
    mode: "shadow",
    outcome: "hold",
    evidence: { clock: "published" },
    until: new Date(clock.now() + 71 * HOUR).toISOString(),
    exception: null,
  });
});

it("gives the very refusal that clients see, with what they get instead", async () => {
  await enforceAge("enforce");
  const { json } = await explain("package=left&range=latest");
  const refused = await app.admin.request("/npm/default/left/1.2.0");
  expect(refused.status).toBe(403);
  expect(json).toMatchObject({
    withoutPolicy: "1.2.0",
    chosen: "1.1.0",
    refusal: { version: "1.2.0", verdict: { outcome: "hold", rule: "age", alternatives: ["1.1.0"] } },
    tagMoves: [{ tag: "latest", from: "1.2.0", to: "1.1.0" }],
  });
  expect(json["exceptionUrl"]).toBe(refused.json["exceptionUrl"]);
  const text = String(json["text"]);
  expect(text).toMatch(/^left@1\.2\.0 is held until .* npm takes left@1\.1\.0 instead\.$/);
  expect(String(refused.json["error"])).toContain(text.split(". ")[0]);
  expect((await explain("package=left&range=1.2.0")).json).toMatchObject({ chosen: null, candidateCount: 1 });
  await enforceAge("shadow");
});

it("says what works where every version is refused, and how far the tag falls where some are", async () => {
  const block = (name: string, version: string): Promise<unknown> =>
    admin(`PUT /registries/default/packages/${name}/versions/${version}/status`, {
      status: "blocked",
      reason: "miner",
    });
  for (const version of ["1.0.0", "2.0.0", "3.0.0"]) {
    const time = clock.now() - 9000 * HOUR;
    for (const name of ["rotten", "fallen"]) upstream.publish({ name, version, time });
  }
  await block("rotten", "*");
  const { json } = await explain("package=rotten");
  expect(json["text"]).toMatch(/^Every version of rotten is refused\. .* Choose another package, or ask/);
  const tarball = await app.admin.request("/npm/default/rotten/-/rotten-1.0.0.tgz");
  expect(tarball.json.error).toMatch(
    /^Every version of rotten is refused\. .* Choose another package, or ask/,
  );
  await block("fallen", "2.0.0");
  await block("fallen", "3.0.0");
  const fall =
    "All 2 releases after 1.0.0, up to 3.0.0, are kept back. 1.0.0 is of another line than 3.0.0 and may not work in its place.";
  expect(String((await explain("package=fallen&range=latest")).json["text"])).toContain(
    `npm takes fallen@1.0.0 instead. ${fall}`,
  );
  const view = await app.admin.request("/npm/default/fallen");
  expect(view.headers["npm-notice"]).toContain(fall);
  expect(view.json["_policy"]).toMatchObject({ movedTags: { latest: { from: "3.0.0", to: "1.0.0" } } });
});

it("tells who manages the registry why an exception was made, and others that there is one", async () => {
  await enforceAge("enforce");
  await admin("POST /exceptions", {
    registry: "default",
    packages: "left",
    range: "1.2.0",
    reason: "a secret plan",
    days: 3,
  });
  const known = await explain("package=left");
  expect(known.json).toMatchObject({ chosen: "1.2.0", refusal: null });
  expect(known.text).toContain("a secret plan");
  const seen = await explain("package=left", ada);
  expect(seen.status).toBe(200);
  expect(seen.text).not.toContain("a secret plan");
  expect(seen.json).toMatchObject({
    candidates: [
      {
        version: "1.2.0",
        verdict: { rule: "exception", reason: "An exception lets it pass." },
        opinions: expect.arrayContaining([
          expect.objectContaining({ rule: "age", exception: expect.objectContaining({ range: "1.2.0" }) }),
        ]),
      },
      { version: "1.1.0" },
      { version: "1.0.0" },
    ],
  });
  await enforceAge("shadow");
});

it("says why a name is never asked upstream, and which upstream has no such package", async () => {
  upstream.forget();
  expect((await explain("package=@acme/secret")).json).toMatchObject({
    origin: "claimed",
    claim: "@acme/*",
    chosen: null,
    text: expect.stringContaining("because the claim @acme/* says"),
  });
  expect(upstream.requests).toEqual([]);
  expect((await explain("package=nowhere")).json).toMatchObject({
    origin: "absent",
    text: "The registry default has no package nowhere; neither has its upstream (public).",
  });
  await ada.publish({ name: "@acme/own", version: "1.0.0" });
  expect((await explain("package=@acme/own")).json).toMatchObject({
    origin: "local",
    upstream: null,
    chosen: "1.0.0",
  });
});

it("refuses what it cannot answer, and who may not see the package", async () => {
  expect((await explain("range=1")).status).toBe(400);
  expect((await explain("package=..%2fx")).status).toBe(400);
  expect((await explain(`package=left&range=${"1".repeat(600)}`)).status).toBe(400);
  expect((await explain("package=left&range=nonsense!")).json).toMatchObject({
    chosen: null,
    candidateCount: 0,
  });
  const rule = { subject: "user", name: "ada", effect: "restrict", permissions: ["view"], packages: "left" };
  const { json } = await admin("POST /access-rules", rule);
  expect((await explain("package=left", ada)).status).toBe(403);
  await admin(`DELETE /access-rules/${String(json["id"])}`);
  upstream.publish({ name: "down", version: "1.0.0" });
  upstream.fault("down", { kind: "status", status: 500 });
  expect((await explain("package=down")).status).toBe(503);
});
