import { expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";

const { run, serve } = useCommandLine();
const world = { env: { ENTREPOT_TOKEN: "t" } };

const finding = {
  id: "f1",
  registry: "team",
  package: "@acme/left",
  version: "1.0.0",
  rule: "install-script",
  mode: "enforce",
  result: "noncompliant",
  presence: "refused",
  reason: "It runs\u001B[31m steal.js",
  evidence: { scripts: "node steal.js" },
  state: "open",
  openedAt: "2027-01-02T03:04:05.000Z",
  closedAt: null,
  closedBy: null,
  note: "",
};

it("lists what is open, in all registries or in one, by every filter", async () => {
  const server = await serve({
    "GET /findings?limit=500": { body: { items: [finding], next: null } },
    "GET /registries/team/findings?state=all&rule=licence&package=left&limit=500": {
      body: { items: [], next: null },
    },
  });
  const { code, out } = await run("findings", world);
  expect([code, server.seen.length]).toEqual([0, 1]);
  expect(out).toMatch(/f1\s+team\s+@acme\/left\s+1\.0\.0\s+install-script/);
  expect(out).not.toContain("\u001B[31m");
  const json = await run("findings --json", world);
  expect(JSON.parse(json.out)).toEqual([finding]);
  const none = await run("findings --registry team --state all --rule licence --package left", world);
  expect([none.code, none.out]).toEqual([0, "Nothing to show.\n"]);
});

it("shows one and closes it with a reason", async () => {
  const server = await serve({
    "GET /registries/team/findings/f1": { body: finding },
    "POST /registries/team/findings/f1/close": { body: { ...finding, state: "closed" } },
  });
  expect((await run("findings show f1 --registry team", world)).out).toContain("node steal.js");
  expect((await run("findings close f1 --registry team", world)).code).toBe(2);
  const closed = await run('findings close f1 --registry team --note "only in tests"', world);
  expect([closed.code, closed.out]).toEqual([0, "Closed the finding f1.\n"]);
  expect(server.seen.at(-1)?.body).toEqual({ note: "only in tests" });
});

it("tells of every rule what it says of a package, and fails where a version is refused", async () => {
  const rules = [
    {
      rule: "licence",
      mode: "enforce",
      source: "registry",
      outcome: "deny",
      result: "noncompliant",
      counts: true,
      reason: "GPL",
    },
    {
      rule: "age",
      mode: "shadow",
      source: "profile standard",
      outcome: null,
      result: null,
      counts: false,
      reason: null,
    },
  ];
  const analysis = {
    registry: "default",
    package: "left",
    analysedAt: "2027-01-02T03:04:05.000Z",
    analysedBefore: null,
    versions: [
      { version: "1.0.0", presence: "stored", result: "noncompliant", before: "compliant", rules },
      { version: "2.0.0", presence: "stored", result: "compliant", before: null, rules: [] },
    ],
    opened: [{ version: "1.0.0", rule: "licence" }],
    closed: [],
  };
  await serve({
    "POST /registries/default/packages/left/reanalyse": { body: analysis },
    "POST /registries/team/reanalyse": { status: 202, body: { id: "j1", isNew: true } },
  });
  const all = await run("reanalyse left", world);
  expect(all.code).toBe(1);
  expect(all.out).toContain("left@1.0.0 in the registry default: noncompliant, before that compliant.");
  expect(all.out).toMatch(/1\.0\.0\s+licence\s+enforce\s+deny\s+\S+\s+registry\s+GPL/);
  expect(all.out).toMatch(/1\.0\.0\s+age\s+shadow\s+nothing against it\s+\S+\s+profile standard/);
  expect(all.out).toContain("Opened a finding: left@1.0.0, licence.");
  expect(all.out).toContain("before that never.");
  const json = await run("reanalyse left@2.0.0 --json", world);
  expect([json.code, (JSON.parse(json.out) as typeof analysis).versions]).toEqual([
    0,
    [analysis.versions[1]],
  ]);
  const job = await run("reanalyse --registry team", world);
  expect([job.code, job.out]).toEqual([0, expect.stringContaining("by the job j1")]);
});
