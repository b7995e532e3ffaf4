import { describe, expect, test } from "vitest";
import type { RuleOptions } from "../../src/policy/rule-settings.ts";
import type { PolicyContext, VersionFacts } from "../../src/policy/verdict.ts";
import {
  advisoryOf,
  contextOf,
  DAY,
  factsOf,
  HOUR,
  iso,
  NOW,
  onlyRules,
  opinionOf,
  servedAs,
} from "./fixtures.ts";

const OPTIONS: RuleOptions["age"] = {
  hours: 72,
  firstReleaseHours: 168,
  newDependencyHours: 48,
  exempt: [],
  fastTrack: { severity: "high", hours: 2, inUseOnly: true },
};

function contextAt(
  known: Partial<PolicyContext> = {},
  options: Partial<RuleOptions["age"]> = {},
): PolicyContext {
  return contextOf({ rules: onlyRules({ age: { ...OPTIONS, ...options } }), ...known });
}

function published(version: string, hoursAgo: number, known: Partial<VersionFacts> = {}): VersionFacts {
  return factsOf(version, { publishedAt: iso(NOW - hoursAgo * HOUR), ...known });
}

const before = [factsOf("1.0.0"), factsOf("1.1.0", { publishedAt: iso(NOW - 100 * DAY) })];

describe("age", () => {
  test("holds what is too young until it has its age, to the millisecond", () => {
    const facts = published("1.2.0", 24);
    const held = opinionOf("age", facts, { context: contextAt(), others: before });
    expect(held).toEqual({
      outcome: "hold",
      reason: "It was published on 2026-01-30 12:00 UTC, and it must be 3 days old",
      evidence: {
        publishedAt: "2026-01-30T12:00:00.000Z",
        clock: "published",
        countedFrom: "2026-01-30T12:00:00.000Z",
        hours: 72,
        isFirstVersion: false,
      },
      until: NOW + 48 * HOUR,
      recheckAt: NOW + 48 * HOUR,
      reference: null,
    });
    const last = contextAt({ now: NOW + 48 * HOUR - 1 });
    expect(opinionOf("age", facts, { context: last, others: before })).toEqual(held);
    const grown = contextAt({ now: NOW + 48 * HOUR });
    expect(opinionOf("age", facts, { context: grown, others: before })).toBeNull();
  });

  test("hides what was served before, so that who pinned it can build", () => {
    const context = contextAt({ served: servedAs("1.2.0") });
    expect(opinionOf("age", published("1.2.0", 24), { context, others: before })).toMatchObject({
      outcome: "hide",
      until: NOW + 48 * HOUR,
    });
  });

  test("asks more of the first version of a name, and never less than of others", () => {
    const first = published("1.0.0", 100);
    const others = [published("1.0.1", 80), factsOf("0.0.0-stage"), factsOf("0.0.1-security")];
    expect(opinionOf("age", first, { context: contextAt(), others })).toMatchObject({
      until: NOW + 68 * HOUR,
      reason: expect.stringContaining("the first version of a name must be 7 days old") as string,
    });
    const context = contextAt({}, { firstReleaseHours: 0 });
    expect(opinionOf("age", published("1.0.0", 71), { context })).toMatchObject({ outcome: "hold" });
  });

  test.each<[string, Partial<RuleOptions["age"]>, Partial<VersionFacts>]>([
    ["exempt by name", { exempt: ["left"] }, {}],
    ["our own", {}, { origin: "local" }],
    ["no age asked", { hours: 0, firstReleaseHours: 0 }, {}],
    ["no age asked, no time", { hours: 0, firstReleaseHours: 0 }, { publishedAt: null }],
  ])("lets pass what is %s", (_what, options, known) => {
    const context = contextAt({}, options);
    expect(opinionOf("age", published("1.2.0", 1, known), { context })).toBeNull();
  });

  test.each([null, "", "yesterday", "0000-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"])(
    "holds without an end what was published at %j",
    (publishedAt) => {
      const facts = factsOf("1.2.0", { publishedAt });
      expect(opinionOf("age", facts, { context: contextAt(), others: before })).toMatchObject({
        outcome: "hold",
        until: null,
        recheckAt: null,
        reason: expect.stringContaining("does not tell when it was published") as string,
      });
      // It is at least as old as the day on which it was first served.
      const context = contextAt({ served: servedAs("1.2.0") });
      expect(opinionOf("age", facts, { context, others: before })).toBeNull();
    },
  );

  test.each(["+275760-09-13T00:00:00.000Z", "9999-12-31T00:00:00.000Z", "2030-01-01T00:00:00.000Z"])(
    "holds what claims to come from the future (%s) until a moment that can be written down",
    (publishedAt) => {
      const facts = factsOf("1.2.0", { publishedAt });
      const held = opinionOf("age", facts, { context: contextAt(), others: before });
      expect(held?.outcome).toBe("hold");
      expect(held?.until).toBe(held?.recheckAt);
      expect(iso(held?.until ?? Number.NaN)).toMatch(/^\+?\d+-/u);
      expect(opinionOf("age", facts, { context: contextAt({ now: 0 }), others: before })).toEqual(held);
    },
  );
});

describe("a patch release with a new dependency", () => {
  const line = [published("1.0.0", 900), published("1.1.0", 500, { dependencies: { a: "^1" } })];
  const patch = (hoursAgo: number, known: Partial<VersionFacts> = {}): VersionFacts =>
    published("1.1.1", hoursAgo, { dependencies: { a: "^1", b: "^1" }, ...known });

  test("needs more time, and says which it is", () => {
    expect(opinionOf("age", patch(80), { context: contextAt(), others: line })).toMatchObject({
      outcome: "hold",
      until: NOW + 40 * HOUR,
      recheckAt: NOW + 40 * HOUR,
      reason: expect.stringContaining(
        "it must be 5 days old, since it needs b, which 1.1.0 did not",
      ) as string,
      evidence: { hours: 120, newDependencies: "b", newSince: "1.1.0" },
    });
    expect(opinionOf("age", patch(120), { context: contextAt(), others: line })).toBeNull();
  });

  test.each<[string, VersionFacts]>([
    ["with what it had", patch(80, { dependencies: { a: "^2" } })],
    ["with less", patch(80, { dependencies: null })],
    ["that begins a minor line", published("1.2.0", 80, { dependencies: { b: "^1" } })],
    ["that is a pre-release", published("1.1.1-rc.1", 80, { dependencies: { b: "^1" } })],
  ])("needs no more %s", (_what, facts) => {
    expect(opinionOf("age", facts, { context: contextAt(), others: line })).toBeNull();
  });

  test("needs no more where that is chosen", () => {
    const context = contextAt({}, { newDependencyHours: 0 });
    expect(opinionOf("age", patch(80), { context, others: line })).toBeNull();
  });
});

describe("fast track", () => {
  const others = before;
  const advisories = [advisoryOf()];
  const served = servedAs("1.1.0");

  function fix(hoursAgo: number, known: Partial<VersionFacts> = {}): VersionFacts {
    return published("1.2.0", hoursAgo, known);
  }

  test("what mends a vulnerability needs two hours, and says so before and after", () => {
    const context = contextAt({ advisories, served });
    const held = opinionOf("age", fix(1), { context, others });
    expect(held).toMatchObject({ outcome: "hold", until: NOW + HOUR, recheckAt: NOW + HOUR });
    expect(held?.reason).toBe(
      "It was published on 2026-01-31 11:00 UTC and mends GHSA-aaaa-bbbb-cccc (high), which 1.1.0 has, " +
        "so it needs 2 hours instead of 3 days",
    );
    expect(opinionOf("age", fix(2), { context, others })).toMatchObject({
      outcome: "allow",
      until: null,
      recheckAt: NOW + 70 * HOUR,
      evidence: { mends: "GHSA-aaaa-bbbb-cccc", affected: "1.1.0", fastTrackHours: 2 },
    });
  });

  test.each<[string, Partial<PolicyContext>, Partial<VersionFacts>]>([
    ["is not severe enough", { advisories: [advisoryOf({ severity: "moderate" })] }, {}],
    ["does not say how severe it is", { advisories: [advisoryOf({ severity: null })] }, {}],
    ["was taken back", { advisories: [advisoryOf({ withdrawnAt: 1 })] }, {}],
    ["names no fix", { advisories: [advisoryOf({ affected: { versions: ["1.0.0"], intervals: [] } })] }, {}],
    ["concerns nothing in use", { advisories, served: servedAs("3.0.0") }, {}],
    ["concerns a package that nobody uses", { advisories, served: new Map() }, {}],
    ["is mended together with a new script", { advisories }, { hasInstallScript: true }],
    ["is mended by an account that is new", { advisories }, { publisher: "mallory" }],
    ["is mended with less proof of origin", { advisories }, { hasSignatures: false }],
  ])("not where the advisory %s", (_what, known, facts) => {
    const held = opinionOf("age", fix(3, facts), { context: contextAt({ served, ...known }), others });
    expect(held).toMatchObject({ outcome: "hold", until: NOW + 69 * HOUR });
    expect(held?.evidence["mends"]).toBeUndefined();
  });

  test("counts the versions in use, whichever they are", () => {
    const context = contextAt({ advisories, served: servedAs("1.0.0") });
    expect(opinionOf("age", fix(3), { context, others })?.evidence["affected"]).toBe("1.0.0");
  });

  test("counts any version of a package that nobody uses, where that is chosen", () => {
    const fastTrack = { severity: "high", hours: 2, inUseOnly: false } as const;
    const unused = contextAt({ advisories }, { fastTrack });
    expect(opinionOf("age", fix(3), { context: unused, others })?.evidence["affected"]).toBe("1.1.0");
    const other = contextAt({ advisories, served: servedAs("3.0.0") }, { fastTrack });
    expect(opinionOf("age", fix(3), { context: other, others })?.outcome).toBe("hold");
  });

  test.each([["1.2.0"], ["1.2.0", "3.0.0"]])("still counts once the fix itself is in use: %s", (...used) => {
    const context = contextAt({ advisories, served: servedAs(...used) });
    const judged = opinionOf("age", fix(3), { context, others });
    expect(judged).toMatchObject({ outcome: "allow", evidence: { affected: "1.1.0" } });
  });

  test("is off where it is switched off, and never slower than the rule", () => {
    const off = contextAt({ advisories, served }, { fastTrack: null });
    expect(opinionOf("age", fix(3), { context: off, others })?.outcome).toBe("hold");
    const slow = contextAt(
      { advisories, served },
      { hours: 1, fastTrack: { severity: "low", hours: 50, inUseOnly: true } },
    );
    expect(opinionOf("age", fix(2), { context: slow, others })).toBeNull();
  });
});
