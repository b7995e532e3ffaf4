import { expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";

const { run, serve } = useCommandLine();
const world = { env: { ENTREPOT_TOKEN: "t" } };

const reason = {
  rule: "licence",
  mode: "enforce",
  result: "noncompliant",
  counts: true,
  source: "registry, @acme/*",
  reason: "Its licence is\u001B[31m GPL",
};
const found = {
  registry: "team",
  package: "@acme/left",
  version: "1.0.0",
  at: "2027-01-02T03:04:05.000Z",
  result: "noncompliant",
  advisories: { epoch: 1, currentAt: "2027-01-02T00:00:00.000Z" },
  reasons: [reason],
  shadow: [{ ...reason, rule: "age", mode: "shadow" }],
};
const ROUTE = "GET /registries/team/packages/%40acme%2Fleft/versions/1.0.0/compliance";

it("shows what led to it, rule by rule, and fails where a version is not compliant", async () => {
  await serve({ [ROUTE]: { body: found } });
  const { code, out } = await run("compliance @acme/left@1.0.0 --registry team", world);
  expect(code).toBe(1);
  expect(out).toContain("@acme/left@1.0.0 in the registry team: noncompliant.");
  expect(out).toMatch(/licence\s+noncompliant\s+\S+\s+registry, @acme\/\*/);
  expect(out).toContain("Rules that only report:");
  expect(out).toContain("with advisory data of 2027-01-02T00:00:00.000Z");
  expect(out).not.toContain("\u001B[31m");
  const json = await run("compliance @acme/left@1.0.0 --registry team --json", world);
  expect([json.code, JSON.parse(json.out)]).toEqual([1, found]);
});

it("succeeds for what is compliant, and wants a version", async () => {
  await serve({ [ROUTE]: { body: { ...found, result: "warn", reasons: [], shadow: [] } } });
  expect((await run("compliance @acme/left@1.0.0 --registry team", world)).code).toBe(0);
  expect((await run("compliance left", world)).code).toBe(2);
});
