import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";

let data: string;
let running: TestApp | null;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "entrepot-policy-"));
  running = null;
});
afterEach(async () => {
  await running?.close();
  await rm(data, { recursive: true });
});

/** Starts the server on the data of the start before. */
async function start(file: string): Promise<TestApp> {
  await running?.close();
  running = await startTestApp({ data, file });
  return running;
}

async function call(app: TestApp, wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

async function policyChanges(app: TestApp): Promise<number> {
  const { items } = (await call(app, "GET /audit?kind=policy-changed")).json as { items: unknown[] };
  return items.length;
}

const DECLARED = `
policy:
  profile: strict
  rules:
    - { rule: age, options: { hours: 48, fastTrack: null } }
    - { rule: age, packages: "@acme/*", mode: off }
registries:
  - name: team
    policy:
      rules:
        - rule: deny-list
          options: { entries: [{ packages: bad, range: "<2", reason: stolen }] }
  - name: open
`;

it("is in force from the start, and nobody else changes it", async () => {
  const app = await start(DECLARED);
  expect((await call(app, "GET /policy")).json).toMatchObject({ managed: true, profile: "strict" });
  expect((await call(app, "GET /registries/team/policy/document")).json).toEqual({
    profile: null,
    rules: [
      {
        rule: "deny-list",
        packages: null,
        mode: null,
        options: { entries: [{ packages: "bad", range: "<2", reason: "stolen" }] },
      },
    ],
  });
  const { rules } = (await call(app, "GET /registries/open/policy?package=@acme/one")).json as {
    rules: { rule: string }[];
  };
  expect(rules.find(({ rule }) => rule === "age")).toMatchObject({
    mode: "off",
    options: { hours: 48, fastTrack: null },
    from: "workspace, @acme/*",
  });
  for (const path of ["/policy", "/registries/team/policy"]) {
    const refused = await call(app, `PUT ${path}/rules/licence`, { mode: "off" });
    expect([refused.status, refused.json.error]).toEqual([403, expect.stringContaining("entrepot.yaml")]);
  }
  expect((await call(app, "PUT /registries/open/policy/rules/licence", { mode: "off" })).status).toBe(200);
});

it("is written once, follows the file, and is given back when the file says no more", async () => {
  const first = await start(DECLARED);
  await call(first, "PUT /registries/open/policy/rules/licence", { mode: "off" });
  const before = await policyChanges(first);
  const again = await start(DECLARED);
  expect(await policyChanges(again)).toBe(before);

  const second = await start("policy: {}\nregistries:\n  - name: team\n  - name: open\n");
  expect((await call(second, "GET /policy")).json).toMatchObject({ managed: true, profile: "standard" });
  expect((await call(second, "GET /registries/team/policy")).json).toMatchObject({ managed: false });
  expect((await call(second, "GET /registries/open/policy/document")).json["rules"]).toHaveLength(1);
  expect((await call(second, "PUT /policy/profile", { profile: "strict" })).status).toBe(403);

  const third = await start("registries:\n  - name: team\n");
  expect((await call(third, "GET /policy")).json).toMatchObject({ managed: false, choices: [] });
  expect((await call(third, "GET /registries/team/policy/document")).json["rules"]).toHaveLength(1);
  expect((await call(third, "PUT /registries/team/policy/document", {})).status).toBe(200);
});

it("a file that switches off the refusal of confirmed malware is no configuration to start with", async () => {
  const file = "policy: { rules: [{ rule: malware, mode: off }] }\n";
  await expect(start(file)).rejects.toThrow("two administrators together");
});
