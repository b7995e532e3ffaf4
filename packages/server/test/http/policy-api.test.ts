import { startTestApp, type Persona, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

let app: TestApp;
let ada: Persona;

async function call(who: Persona, wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await who.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

interface ShownRule {
  rule: string;
  mode: string;
  options: Record<string, unknown>;
  from: string;
}

async function ruleAt(path: string, rule: string): Promise<ShownRule | undefined> {
  const { rules } = (await call(app.admin, `GET ${path}`)).json as { rules: ShownRule[] };
  return rules.find((one) => one.rule === rule);
}

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.as("ada");
  await call(app.admin, "POST /registries", { name: "team" });
  const grant = { subject: "user", name: "ada", permissions: ["manage-registry"], registry: "team" };
  await call(app.admin, "POST /access-rules", grant);
});
afterAll(() => app.close());

it("everything is out of the box until something is chosen", async () => {
  const { json } = await call(ada, "GET /registries/team/policy");
  expect(json).toMatchObject({
    registry: "team",
    profile: "standard",
    managed: false,
    choices: [],
    warnings: [],
  });
  expect(await ruleAt("/policy", "malware")).toMatchObject({ mode: "enforce", from: "profile standard" });
});

it("a choice holds at once, where it was made and for what it names", async () => {
  const set = await call(app.admin, "PUT /policy/rules/age", { mode: "enforce", options: { hours: 24 } });
  expect(set.json).toMatchObject({
    registry: "*",
    rule: "age",
    mode: "enforce",
    changed: true,
    warnings: [],
  });
  await call(ada, "PUT /registries/team/policy/rules/age", { packages: "@acme/*", options: { hours: 0 } });
  expect(await ruleAt("/registries/default/policy", "age")).toMatchObject({
    mode: "enforce",
    options: { hours: 24, firstReleaseHours: 168 },
    from: "workspace",
  });
  expect(await ruleAt("/registries/team/policy?package=@acme/one", "age")).toMatchObject({
    mode: "enforce",
    options: { hours: 0 },
    from: "registry, @acme/*",
  });
  const again = await call(app.admin, "PUT /policy/rules/age", { mode: "enforce" });
  expect(again.json).toMatchObject({ changed: false, options: { hours: 24 } });
  expect((await call(ada, "DELETE /registries/team/policy/rules/age?packages=@acme/*")).status).toBe(200);
  expect((await call(ada, "DELETE /registries/team/policy/rules/age?packages=@acme/*")).status).toBe(404);
  expect((await call(app.admin, "DELETE /policy/rules/age")).json).toMatchObject({
    mode: "shadow",
    changed: true,
  });
});

it("what was there before and after is in the audit trail", async () => {
  await call(app.admin, "PUT /policy/rules/age", { mode: "off" });
  await call(app.admin, "DELETE /policy/rules/age");
  const { items } = (await call(app.admin, "GET /audit?kind=policy-changed&limit=2")).json as {
    items: { detail: unknown; actor: string }[];
  };
  const off = { mode: "off", options: {} };
  const about = { rule: "age", packages: null };
  expect(items.map(({ detail }) => detail)).toEqual([
    { changes: [{ ...about, before: off, after: null }] },
    { changes: [{ ...about, before: null, after: off }] },
  ]);
});

it("a profile is one switch, and says what still stands above it", async () => {
  await call(app.admin, "PUT /policy/rules/prerelease", { mode: "off" });
  const { json } = await call(ada, "PUT /registries/team/policy/profile", { profile: "strict" });
  expect(json).toMatchObject({ profile: "strict", warnings: [expect.stringContaining("prerelease")] });
  expect(await ruleAt("/registries/team/policy", "age")).toMatchObject({
    mode: "enforce",
    options: { hours: 336 },
  });
  expect(await ruleAt("/registries/default/policy", "age")).toMatchObject({ mode: "shadow" });
  await call(app.admin, "DELETE /policy/rules/prerelease");
  await call(ada, "PUT /registries/team/policy/profile", { profile: null });
  expect(await ruleAt("/registries/team/policy", "age")).toMatchObject({ mode: "shadow" });
});

it("a whole policy goes out as a document and comes in again, all of it or nothing", async () => {
  const rules = [
    { rule: "age", packages: "@acme/*", mode: "off", options: {} },
    {
      rule: "deny-list",
      packages: null,
      mode: null,
      options: { entries: [{ packages: "left-pad", range: "<1.3.0", reason: "unpublished once" }] },
    },
    { rule: "licence", packages: null, mode: "enforce", options: { denied: ["AGPL-3.0-only"] } },
  ];
  const document = { profile: "strict", rules };
  expect((await call(ada, "PUT /registries/team/policy/document", document)).json).toMatchObject({
    changed: true,
  });
  expect((await call(ada, "GET /registries/team/policy/document")).json).toEqual({
    profile: "strict",
    rules: expect.arrayContaining(rules) as unknown,
  });
  const bad = { rules: [...rules, { rule: "age", options: { hours: "long" } }] };
  const refused = await call(ada, "PUT /registries/team/policy/document", bad);
  expect([refused.status, refused.json.error]).toEqual([400, expect.stringMatching(/hours.*age/i)]);
  const twice = { rules: [rules[0], rules[0]] };
  expect((await call(ada, "PUT /registries/team/policy/document", twice)).status).toBe(400);
  expect((await call(ada, "GET /registries/team/policy/document")).json["profile"]).toBe("strict");
  await call(ada, "PUT /registries/team/policy/document", {});
  expect((await call(ada, "GET /registries/team/policy/document")).json).toEqual({
    profile: null,
    rules: [],
  });
});

it.each<[string, { path: string } & Record<string, unknown>, RegExp]>([
  ["an unknown rule", { path: "agee", mode: "off" }, /malware/],
  ["an unknown mode", { path: "age", mode: "on" }, /off, shadow, enforce/],
  ["an unknown option", { path: "age", options: { days: 2 } }, /hours/],
  ["nothing", { path: "age" }, /a mode, or options/],
  ["a pattern that is none", { path: "age", mode: "off", packages: "*" }, /star alone/],
  ["an empty pattern", { path: "age", mode: "off", packages: "" }, /leave packages out/],
  ["the operators' own word", { path: "operator-status", mode: "off" }, /always obeyed/],
  ["malware for one package", { path: "malware", mode: "off", packages: "left" }, /exception/],
])("%s is refused with what would be taken", async (_what, asked, text) => {
  const { path, ...body } = asked;
  const { status, json } = await call(app.admin, `PUT /policy/rules/${path}`, body);
  expect([status, json.error]).toEqual([400, expect.stringMatching(text)]);
});

it("whoever runs one registry does not switch off what protects all", async () => {
  const refused = await call(ada, "PUT /registries/team/policy/rules/name-claim", { mode: "shadow" });
  expect([refused.status, refused.json.error]).toEqual([403, expect.stringContaining("administer")]);
  const inDocument = { rules: [{ rule: "integrity-change", mode: "off" }] };
  expect((await call(ada, "PUT /registries/team/policy/document", inDocument)).status).toBe(403);
  const done = await call(app.admin, "PUT /registries/team/policy/rules/name-claim", { mode: "off" });
  expect(done.json["warnings"]).toContainEqual(
    expect.stringContaining("Upstreams may provide names that are claimed"),
  );
  // What is weak already stays so when something else is chosen.
  expect((await call(ada, "PUT /registries/team/policy/rules/age", { mode: "off" })).status).toBe(200);
  await call(ada, "PUT /registries/team/policy/document", {});
});

it("nobody switches off that confirmed malware is refused, here or everywhere, by rule or by file", async () => {
  for (const place of ["/policy", "/registries/team/policy"]) {
    for (const mode of ["off", "shadow"]) {
      const answers = [
        await call(app.admin, `PUT ${place}/rules/malware`, { mode }),
        await call(app.admin, `PUT ${place}/document`, { rules: [{ rule: "malware", mode }] }),
      ];
      for (const { status, json } of answers) {
        expect([status, json.error]).toEqual([400, expect.stringContaining("two administrators together")]);
      }
    }
    expect(await ruleAt(place, "malware")).toMatchObject({ mode: "enforce" });
  }
  const suspected = await call(app.admin, "PUT /registries/team/policy/rules/suspected-malware", {
    mode: "off",
  });
  expect(suspected.json["warnings"]).toContainEqual(expect.stringContaining("one source alone"));
  await call(app.admin, "PUT /registries/team/policy/document", {});
});

it("a registry that is deleted leaves no policy behind for another of its name", async () => {
  await call(app.admin, "POST /registries", { name: "gone" });
  await call(app.admin, "PUT /registries/gone/policy/rules/age", { mode: "enforce" });
  await call(app.admin, "DELETE /registries/gone");
  await call(app.admin, "POST /registries", { name: "gone" });
  expect(await ruleAt("/registries/gone/policy", "age")).toMatchObject({ mode: "shadow" });
});
