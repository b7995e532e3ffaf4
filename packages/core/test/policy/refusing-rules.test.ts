import { describe, expect, test } from "vitest";
import type { PackageAdvisory } from "../../src/advisories/advisory.ts";
import { decide, historyOf } from "../../src/policy/decide.ts";
import type { RuleOptions } from "../../src/policy/rule-settings.ts";
import type { Outcome, PolicyContext, VersionFacts } from "../../src/policy/verdict.ts";
import { contextOf, DAY, factsOf, HOUR, malwareOf, NOW, onlyRules, opinionOf, servedAs } from "./fixtures.ts";

describe("malware", () => {
  const second = { id: "GHSA-x", origins: ["ghsa"] };

  test.each<[string, readonly PackageAdvisory[], [Outcome | null, Outcome | null]]>([
    ["one source", [malwareOf("1.0.0")], [null, "deny"]],
    ["two sources in two records", [malwareOf("1.0.0"), malwareOf("1.0.0", second)], ["deny", null]],
    ["two sources in one record", [malwareOf("1.0.0", { origins: ["ossf", "ghsa"] })], ["deny", null]],
    ["the same source twice", [malwareOf("1.0.0"), malwareOf("1.0.0", { id: "MAL-2" })], [null, "deny"]],
    ["our own word", [malwareOf("1.0.0", { feed: "own", origins: ["own"] })], ["deny", null]],
    ["another version", [malwareOf("1.0.1", { origins: ["ossf", "ghsa"] })], [null, null]],
    ["a second source for another version", [malwareOf("1.0.0"), malwareOf("1.0.1", second)], [null, "deny"]],
    ["a record taken back", [malwareOf("1.0.0", { withdrawnAt: NOW - DAY })], [null, null]],
    [
      "one of two records taken back",
      [malwareOf("1.0.0"), malwareOf("1.0.0", { ...second, withdrawnAt: 1 })],
      [null, "deny"],
    ],
    ["a vulnerability only", [malwareOf("1.0.0", { kind: "vulnerability" })], [null, null]],
  ])("%s", (_what, advisories, [confirmed, suspected]) => {
    const context = contextOf({ advisories });
    const facts = factsOf("1.0.0");
    expect(opinionOf("malware", facts, { context })?.outcome ?? null).toBe(confirmed);
    expect(opinionOf("suspected-malware", facts, { context })?.outcome ?? null).toBe(suspected);
  });

  test("what the upstream took away needs no second source", () => {
    const context = contextOf({ advisories: [malwareOf("1.0.0")] });
    const others = [factsOf("0.0.1-security")];
    expect(opinionOf("malware", factsOf("1.0.0"), { context, others })).toMatchObject({
      outcome: "deny",
      reason: expect.stringContaining("the upstream removed the package") as string,
    });
    const gone = decide(factsOf("1.0.0"), context, historyOf([factsOf("1.0.1")]));
    expect(gone).toMatchObject({ outcome: "deny", rule: "malware", evidence: { confirmed: true } });
  });

  test("one source about a package in use makes a hold, which says who says so", () => {
    const context = contextOf({ advisories: [malwareOf("1.0.0")], served: servedAs("0.9.0") });
    expect(decide(factsOf("1.0.0"), context)).toMatchObject({
      outcome: "hold",
      rule: "suspected-malware",
      until: null,
      evidence: { advisories: "MAL-2026-1", origins: "ossf", confirmed: false },
      reference: "https://example.test/GHSA-aaaa-bbbb-cccc",
    });
  });

  test("proof does not let through what suspicion alone would stop", () => {
    const rules = onlyRules({ "suspected-malware": {} });
    const advisories = [malwareOf("1.0.0", { origins: ["ossf", "ghsa"] })];
    const context = contextOf({ rules, advisories, served: servedAs("0.9.0") });
    expect(decide(factsOf("1.0.0"), context)).toMatchObject({ outcome: "deny", rule: "suspected-malware" });
    const exception: PolicyContext["exceptions"][number] = {
      id: "e1",
      packages: "left",
      range: "1.0.0",
      rules: ["malware"],
      reason: "for the laboratory",
      owner: "ada",
      approvedBy: ["ada", "bob"],
      expiresAt: null,
    };
    for (const found of [advisories, [malwareOf("1.0.0")]]) {
      const lifted = contextOf({ advisories: found, exceptions: [exception] });
      expect(decide(factsOf("1.0.0"), lifted)).toMatchObject({ outcome: "allow", rule: "exception" });
      const alone = contextOf({
        advisories: found,
        exceptions: [{ ...exception, approvedBy: ["ada", "ada"] }],
      });
      expect(decide(factsOf("1.0.0"), alone).outcome).toBe("deny");
    }
  });

  test("an operator's allowed beats suspicion, and nothing beats proof", () => {
    const statuses: PolicyContext["statuses"] = new Map([
      ["1.0.0", { status: "allowed", reason: "checked", setBy: "ada", setAt: 1 }],
    ]);
    const suspected = contextOf({ statuses, advisories: [malwareOf("1.0.0")] });
    expect(decide(factsOf("1.0.0"), suspected).outcome).toBe("allow");
    const confirmed = contextOf({ statuses, advisories: [malwareOf("1.0.0", { origins: ["a", "b"] })] });
    expect(decide(factsOf("1.0.0"), confirmed)).toMatchObject({ outcome: "deny", rule: "malware" });
  });
});

test("name-claim denies what comes from upstream, not what is ours", () => {
  const context = contextOf({ isClaimed: true });
  expect(decide(factsOf("1.0.0"), context)).toMatchObject({ outcome: "deny", rule: "name-claim" });
  expect(decide(factsOf("1.0.0", { origin: "local" }), context).outcome).toBe("allow");
  expect(decide(factsOf("1.0.0"), contextOf()).outcome).toBe("allow");
});

describe("published-secret", () => {
  const secrets = ["a", "b", "c"].map((file, at) => ({
    kind: "an npm token",
    file: `lib/${file}.js`,
    line: at + 1,
  }));
  const facts = factsOf("1.0.0", { origin: "local", secrets });

  test("denies publishing, and names file, line and kind of the first", () => {
    expect(decide(facts, contextOf({ purpose: "publish" }))).toMatchObject({
      outcome: "deny",
      rule: "published-secret",
      reason: "The tarball has an npm token in lib/a.js, line 1; an npm token in lib/b.js, line 2; 1 more.",
      evidence: { kind: "an npm token", file: "lib/a.js", line: 1, count: 3 },
    });
  });

  test("has nothing against what has none, nor against reading", () => {
    expect(decide(facts, contextOf()).outcome).toBe("allow");
    const clean = factsOf("1.0.0", { origin: "local", secrets: [] });
    expect(decide(clean, contextOf({ purpose: "publish" })).outcome).toBe("allow");
  });

  test("can be switched off, and is lifted by exceptions but not by an operator's word", () => {
    const off = { ...onlyRules({}) };
    expect(decide(facts, contextOf({ purpose: "publish", rules: off })).outcome).toBe("allow");
    const exception = {
      id: "e",
      packages: "left",
      range: "1.0.0",
      rules: ["published-secret" as const],
      reason: "test key",
      owner: "ada",
      approvedBy: ["ada"],
      expiresAt: null,
    };
    const lifted = contextOf({ purpose: "publish", exceptions: [exception] });
    expect(decide(facts, lifted)).toMatchObject({ outcome: "allow", rule: "exception" });
    const status = { status: "allowed" as const, reason: "", setBy: "ada", setAt: 1 };
    const said = contextOf({ purpose: "publish", statuses: new Map([["*", status]]) });
    expect(decide(facts, said).outcome).toBe("deny");
  });
});

test("integrity-change denies the version whose bytes changed, and shows both hashes", () => {
  const context = contextOf({ changedIntegrity: new Map([["1.0.0", "sha512-old"]]) });
  expect(decide(factsOf("1.0.0", { integrity: "sha512-new" }), context)).toMatchObject({
    outcome: "deny",
    rule: "integrity-change",
    evidence: { firstSeen: "sha512-old", now: "sha512-new" },
  });
  expect(decide(factsOf("1.0.1"), context).outcome).toBe("allow");
});

describe("lists", () => {
  const entry = (packages: string, range = "*"): RuleOptions["deny-list"]["entries"][number] => ({
    packages,
    range,
    reason: "miner",
  });

  test.each<[ReturnType<typeof entry>, string, boolean]>([
    [entry("left", "*"), "1.0.0", true],
    [entry("left", "<1.0.0"), "1.0.0", false],
    [entry("left", ">=1.0.0 <2.0.0"), "1.5.0-rc.1", true],
    [entry("left", "^2"), "2.9.9", true],
    [entry("lef*", "*"), "1.0.0", true],
    [entry("left*", "*"), "1.0.0", false],
    [entry("@acme/*", "*"), "1.0.0", false],
    [entry("Left", "*"), "1.0.0", false],
  ])("%j names left@%s: %s", (named, version, isNamed) => {
    const entries = [entry("other"), named];
    const denied = decide(factsOf(version), contextOf({ rules: onlyRules({ "deny-list": { entries } }) }));
    expect(denied.outcome).toBe(isNamed ? "deny" : "allow");
    const only = decide(factsOf(version), contextOf({ rules: onlyRules({ "allow-only": { entries } }) }));
    expect(only.outcome).toBe(isNamed ? "allow" : "deny");
  });

  test("the reasons name the list and the pattern", () => {
    const rules = onlyRules({ "deny-list": { entries: [entry("left", "^1")] } });
    expect(decide(factsOf("1.0.0"), contextOf({ rules })).reason).toBe(
      "It is on the deny list, by the entry left@^1: miner",
    );
    const other = onlyRules({ "allow-only": { entries: [entry("left", "^2")] } });
    expect(decide(factsOf("1.0.0"), contextOf({ rules: other })).reason).toBe(
      "The allow-only list has other versions of it only: left@^2",
    );
    const without = onlyRules({ "allow-only": { entries: [entry("right")] } });
    expect(decide(factsOf("1.0.0"), contextOf({ rules: without })).reason).toBe(
      "The allow-only list has no entry for left",
    );
  });

  test("an empty allow-only list refuses nothing; another refuses our own packages too", () => {
    const own = factsOf("1.0.0", { origin: "local" });
    expect(decide(own, contextOf({ rules: onlyRules({ "allow-only": { entries: [] } }) })).outcome).toBe(
      "allow",
    );
    const rules = onlyRules({ "allow-only": { entries: [entry("right")] } });
    expect(decide(own, contextOf({ rules })).outcome).toBe("deny");
  });
});

describe("rules of one fact", () => {
  const look = { lookAlike: { name: "leet", because: "one letter" } };
  const unlimited = onlyRules({ "scanned-only": { dataAgeMax: null } });
  const daily = onlyRules({ "scanned-only": { dataAgeMax: 24 } });
  const ours: Partial<VersionFacts> = { origin: "local" };
  const pre = onlyRules({ prerelease: {} });
  const review = onlyRules({ "review-first": {} });
  const looks = onlyRules({ "look-alike": {} });
  const old = factsOf("1.0.0", { deprecated: "use right" });

  test.each<[string, [Partial<PolicyContext>, VersionFacts], Outcome]>([
    ["prerelease", [{ rules: pre }, factsOf("1.0.0-rc.1")], "deny"],
    ["prerelease in use", [{ rules: pre, served: servedAs("1.0.0-rc.1") }, factsOf("1.0.0-rc.1")], "hide"],
    ["prerelease of ours", [{ rules: pre }, factsOf("1.0.0-rc.1", ours)], "allow"],
    ["release", [{ rules: pre }, factsOf("1.0.0")], "allow"],
    ["deprecated", [{ rules: onlyRules({ deprecated: {} }) }, old], "warn"],
    [
      "deprecated by an operator",
      [
        { rules: onlyRules({ deprecated: {} }), deprecations: new Map([["*", "use left"]]) },
        factsOf("1.0.0"),
      ],
      "warn",
    ],
    ["not deprecated", [{ rules: onlyRules({ deprecated: {} }) }, factsOf("1.0.0")], "allow"],
    ["new here", [{ rules: review }, factsOf("1.0.0")], "hold"],
    ["known here", [{ rules: review, served: servedAs("1.0.0") }, factsOf("1.0.0")], "allow"],
    ["another known", [{ rules: review, served: servedAs("0.9.0") }, factsOf("1.0.0")], "hold"],
    ["ours, unseen", [{ rules: review }, factsOf("1.0.0", ours)], "allow"],
    ["look-alike", [{ rules: looks, ...look }, factsOf("1.0.0")], "hold"],
    ["look-alike of ours", [{ rules: looks, ...look }, factsOf("1.0.0", ours)], "allow"],
    ["no data", [{ rules: unlimited }, factsOf("1.0.0")], "deny"],
    ["no data, ours", [{ rules: unlimited }, factsOf("1.0.0", ours)], "allow"],
    ["old data, no limit", [{ rules: unlimited, advisoriesAt: 0 }, factsOf("1.0.0")], "allow"],
    ["old data", [{ rules: daily, advisoriesAt: NOW - 24 * HOUR }, factsOf("1.0.0")], "deny"],
    ["new data", [{ rules: daily, advisoriesAt: NOW - 23 * HOUR }, factsOf("1.0.0")], "allow"],
  ])("%s", (_what, [known, facts], outcome) => {
    expect(decide(facts, contextOf(known)).outcome).toBe(outcome);
  });

  test("a release of review-first is an exception, and lifts nothing else", () => {
    const rules = onlyRules({ "review-first": {}, "prerelease": {} });
    const exceptions: PolicyContext["exceptions"] = [
      {
        id: "e1",
        packages: "left",
        range: "*",
        rules: ["review-first"],
        reason: "read it",
        owner: "ada",
        approvedBy: ["ada"],
        expiresAt: null,
      },
    ];
    const context = contextOf({ rules, exceptions });
    expect(decide(factsOf("1.0.0"), context)).toMatchObject({ outcome: "allow", rule: "exception" });
    expect(decide(factsOf("1.0.0-rc.1"), context)).toMatchObject({ outcome: "deny", rule: "prerelease" });
  });

  test("data that is good now is looked at again when it grows old", () => {
    const rules = onlyRules({ "scanned-only": { dataAgeMax: 24 } });
    const context = contextOf({ rules, advisoriesAt: NOW - 23 * HOUR });
    expect(decide(factsOf("1.0.0"), context)).toMatchObject({
      outcome: "allow",
      rule: "default",
      recheckAt: NOW + HOUR,
    });
  });
});
