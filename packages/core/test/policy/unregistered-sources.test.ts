import { expect, test } from "vitest";
import type { VersionFacts } from "../../src/policy/verdict.ts";
import { contextOf, factsOf, malwareOf, onlyRules, opinionOf } from "./fixtures.ts";

const withSource = (spec: string): VersionFacts => factsOf("1.1.0", { dependencies: { helper: spec } });

test.each([
  "git+https://git.test/a/helper.git#v1",
  "git@git.test:a/helper.git",
  "github:acme/helper",
  "acme/helper",
  "acme/helper#main",
  "https://files.test/helper.tgz",
])("a dependency from %s counts as a script that nobody here has seen", (spec) => {
  const context = contextOf({ rules: onlyRules({ "install-script": { condition: "new" } }) });
  const others = [factsOf("1.0.0", { publishedAt: "2024-01-01T00:00:00.000Z" })];
  expect(opinionOf("install-script", withSource(spec), { context, others })).toMatchObject({
    outcome: "hold",
    evidence: { scripts: `prepare: of helper, from ${spec}`, newSince: "1.0.0" },
  });
});

test.each(["^1.0.0", "latest", "npm:@acme/helper@^1", "1.x || 2.x", "*"])(
  "a dependency from the registry does not: %s",
  (spec) => {
    const context = contextOf({ rules: onlyRules({ "install-script": { condition: "any" } }) });
    expect(opinionOf("install-script", withSource(spec), { context })).toBeNull();
  },
);

test("what one source alone reports is held where the package is much used, though nobody here uses it", () => {
  const rules = onlyRules({ "suspected-malware": {} });
  const advisories = [malwareOf("1.1.0")];
  const facts = factsOf("1.1.0");
  const outcomeOf = (name: string): string | undefined =>
    opinionOf("suspected-malware", facts, { context: contextOf({ rules, advisories, name }) })?.outcome;
  expect([outcomeOf("express"), outcomeOf("left-of-nowhere")]).toEqual(["hold", "deny"]);
});
