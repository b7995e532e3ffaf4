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
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const DAY = 86_400_000;
/** Nobody keeps what they were served while it was assessed. */
const graceDays = { exploited: 0, critical: 0, high: 0, other: 0 };
const BULK = "/npm/default/-/npm/v1/security/advisories/bulk";

let app: TestApp;
let upstream: FakeUpstream;
let clock: TestClock;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  for (const name of ["risky", "sly"]) {
    for (const version of ["1.0.0", "1.1.0"]) {
      upstream.publish({ name, version, time: clock.now() - 100 * DAY });
    }
    await admin("POST /advisories/own", {
      id: `OWN-${name}`,
      aliases: [`CVE-${name}`],
      package: name,
      range: "<1.1.0",
      summary: `${name} is wrong`,
      severity: "high",
    });
  }
  await admin("POST /advisories/own", { id: "MAL-1", package: "evil", summary: "evil", malware: true });
  await admin("PUT /registries/default/policy/rules/vulnerability", {
    mode: "enforce",
    options: { graceDays },
  });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

async function call(wanted: string, body?: unknown, who: Persona = app.admin): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await who.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

async function admin(wanted: string, body?: unknown): Promise<TestResponse> {
  const response = await call(wanted, body);
  expect(response.status, response.text).toBeLessThan(300);
  return response;
}

async function versionsOf(name: string): Promise<string[]> {
  return Object.keys((await app.admin.request(`/npm/default/${name}`)).json["versions"] as object);
}

async function audited(name: string): Promise<unknown[]> {
  const { json } = await app.admin.request(BULK, { method: "POST", body: { [name]: ["1.0.0"] } });
  return ((json[name] ?? []) as { severity: string }[]).map(({ severity }) => severity);
}

async function tarball(name: string): Promise<number> {
  return (await app.admin.request(`/npm/default/${name}/-/${name}-1.0.0.tgz`)).status;
}

describe("an advisory that is assessed", () => {
  it("as monitor counts nowhere and is not told by npm audit, until that is taken back", async () => {
    expect([await versionsOf("risky"), await audited("risky"), await tarball("risky")]).toEqual([
      ["1.1.0"],
      ["high"],
      403,
    ]);
    await admin("PUT /assessments/CVE-risky", { type: "monitor", comment: "never called here" });
    expect([await versionsOf("risky"), await audited("risky"), await tarball("risky")]).toEqual([
      ["1.0.0", "1.1.0"],
      [],
      200,
    ]);
    expect(await versionsOf("sly")).toEqual(["1.1.0"]);
    await admin("DELETE /assessments/CVE-risky");
    expect([await versionsOf("risky"), await audited("risky"), await tarball("risky")]).toEqual([
      ["1.1.0"],
      ["high"],
      403,
    ]);
    expect((await call("DELETE /assessments/CVE-risky")).status).toBe(404);
  });

  it("as remediate leads to a warning and stays in audits", async () => {
    await admin("PUT /assessments/OWN-risky", { type: "remediate", comment: "next month" });
    expect([await versionsOf("risky"), await audited("risky")]).toEqual([["1.0.0", "1.1.0"], ["high"]]);
    const { json } = await admin("GET /registries/default/explain?package=risky&range=1.0.0");
    const { candidates } = json as { candidates: { verdict: { reason: string } }[] };
    expect(candidates[0]?.verdict).toMatchObject({ outcome: "warn", rule: "vulnerability" });
    expect(candidates[0]?.verdict.reason).toContain("assessed as: remediate");
  });

  it("as contain is refused whatever its severity; in one registry only, where that is said", async () => {
    await admin("PUT /registries/default/policy/rules/vulnerability", {
      mode: "enforce",
      options: { severity: "critical", graceDays },
    });
    expect(await versionsOf("sly")).toEqual(["1.0.0", "1.1.0"]);
    await admin("PUT /assessments/OWN-sly", { type: "contain", comment: "seen in the wild" });
    expect([await versionsOf("sly"), await tarball("sly")]).toEqual([["1.1.0"], 403]);
    await admin("PUT /registries/default/assessments/CVE-sly", { type: "monitor", comment: "not here" });
    expect(await versionsOf("sly")).toEqual(["1.0.0", "1.1.0"]);
    await admin("DELETE /registries/default/assessments/CVE-sly");
    expect(await versionsOf("sly")).toEqual(["1.1.0"]);
    await admin("DELETE /assessments/OWN-sly");
  });

  it("as a type that was made up counts with its severity, and as not assessed once its days are over", async () => {
    await admin("PUT /registries/default/policy/rules/vulnerability", {
      mode: "enforce",
      options: { severity: "high", graceDays },
    });
    await admin("PUT /assessment-types/accepted", { severity: "none", days: 10, colour: "#123456" });
    await admin("PUT /assessments/OWN-sly", { type: "accepted", comment: "until the release" });
    expect([await versionsOf("sly"), await audited("sly"), await tarball("sly")]).toEqual([
      ["1.0.0", "1.1.0"],
      [],
      200,
    ]);
    await admin("PUT /assessment-types/accepted", { severity: "low", days: 10, colour: "#123456" });
    expect([await versionsOf("sly"), await audited("sly")]).toEqual([["1.0.0", "1.1.0"], ["low"]]);
    expect((await call("DELETE /assessment-types/accepted")).json.error).toContain("OWN-sly is assessed");
    clock.advance(10 * DAY - 1);
    expect([await versionsOf("sly"), await tarball("sly")]).toEqual([["1.0.0", "1.1.0"], 200]);
    clock.advance(1);
    expect([await versionsOf("sly"), await audited("sly"), await tarball("sly")]).toEqual([
      ["1.1.0"],
      ["high"],
      403,
    ]);
    const { items } = (await admin("GET /assessments")).json as { items: Record<string, unknown>[] };
    expect(items.find(({ advisory }) => advisory === "OWN-sly")).toMatchObject({
      registry: "*",
      type: "accepted",
      colour: "#123456",
      severity: "low",
      isInForce: false,
      comment: "until the release",
      setBy: "admin",
    });
    await admin("DELETE /assessments/OWN-sly");
    await admin("DELETE /assessment-types/accepted");
  });

  it("ends when somebody says, and not in the past", async () => {
    const until = new Date(clock.now() + DAY).toISOString();
    const { json } = await admin("PUT /assessments/OWN-sly", { type: "monitor", comment: "today", until });
    expect(json["expiresAt"]).toBe(until);
    const past = { type: "monitor", comment: "x", until: new Date(clock.now()).toISOString() };
    expect((await call("PUT /assessments/OWN-sly", past)).status).toBe(400);
    await admin("DELETE /assessments/OWN-sly");
  });
});

describe("an advisory that nobody assessed", () => {
  it("counts as its risk category says, until somebody says something else", async () => {
    const profile = (await admin("GET /risk-profile")).json;
    await admin("PUT /assessment-types/minor", { severity: "none" });
    await admin("PUT /risk-profile", { ...profile, automatic: { 4: "minor" } });
    expect([await versionsOf("sly"), await audited("sly")]).toEqual([["1.0.0", "1.1.0"], []]);
    await admin("PUT /assessments/OWN-sly", { type: "contain", comment: "not for us" });
    expect([await versionsOf("sly"), await audited("sly")]).toEqual([["1.1.0"], ["high"]]);
    await admin("DELETE /assessments/OWN-sly");
    expect((await call("DELETE /assessment-types/minor")).json.error).toContain("risk profile");
    await admin("PUT /risk-profile", { ...profile, automatic: {} });
    await admin("DELETE /assessment-types/minor");
    expect(await versionsOf("sly")).toEqual(["1.1.0"]);
  });
});

describe("what cannot be assessed", () => {
  it.each<[string, unknown, [number, string]]>([
    ["PUT /assessments/CVE-unknown", { type: "monitor", comment: "x" }, [404, "No advisory is known"]],
    ["PUT /assessments/MAL-1", { type: "monitor", comment: "x" }, [400, "malware"]],
    ["PUT /assessments/OWN-sly", { type: "mystery", comment: "x" }, [400, "there are monitor, remediate"]],
    ["PUT /assessments/OWN-sly", { type: "monitor", comment: " " }, [400, "say why"]],
    ["PUT /assessment-types/monitor", { severity: "low" }, [400, "always there"]],
    ["PUT /assessment-types/A%20b", { severity: "low" }, [400, "not a name"]],
    ["DELETE /assessment-types/nothing", undefined, [404, "no type"]],
  ])("%s %j", async (wanted, body, [status, text]) => {
    const answer = await call(wanted, body);
    expect([answer.status, answer.json.error]).toEqual([status, expect.stringContaining(text)]);
  });

  it("by whom it is not for: the workspace's word is not that of who manages a registry", async () => {
    const ada = await app.as("ada");
    await admin("POST /access-rules", {
      subject: "user",
      name: "ada",
      permissions: ["manage-registry"],
      registry: "default",
    });
    const body = { type: "monitor", comment: "mine" };
    expect((await call("PUT /assessments/OWN-sly", body, ada)).status).toBe(403);
    expect((await call("PUT /registries/default/assessments/OWN-sly", body, ada)).status).toBe(200);
    const bob = await app.as("bob");
    const { json } = await call("GET /assessments", undefined, bob);
    const items = json["items"] as Record<string, unknown>[];
    expect(items.find(({ registry }) => registry === "default")).toMatchObject({
      advisory: "OWN-sly",
      comment: null,
      setBy: null,
    });
    await admin("DELETE /registries/default/assessments/OWN-sly");
  });
});

describe("the risk category of an advisory", () => {
  it("is told with its reasons, and another one by another profile", async () => {
    const show = async (): Promise<unknown> =>
      ((await admin("GET /advisories/OWN-sly")).json["items"] as { risk: unknown }[])[0]?.risk;
    expect(await show()).toEqual({
      category: 4,
      reasons: ["It has no score; its severity is high: category 4."],
    });
    const profile = {
      scores: [3, 6, 8.5, 9.5],
      epssRaise: null,
      exploitedLeast: 4,
      unknownAs: "moderate",
      automatic: {},
    };
    await admin("PUT /risk-profile", profile);
    expect((await admin("GET /risk-profile")).json).toEqual(profile);
    expect(await show()).toMatchObject({ category: 3 });
    const { items } = (await admin("GET /advisories?package=sly")).json as { items: unknown[] };
    expect(items[0]).toMatchObject({ risk: { category: 3 } });
    await admin("PUT /assessment-types/mild", { severity: "low" });
    const unknown = { ...profile, automatic: { 3: "mystery" } };
    expect((await call("PUT /risk-profile", unknown)).json.error).toContain("mystery");
    const falling = { ...profile, scores: [9, 6, 3, 1] };
    expect((await call("PUT /risk-profile", falling)).json.error).toContain("scores ascend");
  });
});
