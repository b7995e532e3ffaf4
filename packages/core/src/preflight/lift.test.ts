import fc from "fast-check";
import { expect, it } from "vitest";
import type { PackageAdvisory } from "../advisories/advisory.ts";
import { decide } from "../policy/decide.ts";
import { PROFILES } from "../policy/default-settings.ts";
import { bareFacts } from "../policy/judge-package.ts";
import { packageHistory } from "../policy/package-history.ts";
import { plainContext } from "../policy/plain-context.ts";
import type { RuleId, RuleSettings } from "../policy/rule-settings.ts";
import { isSelectable, type PolicyContext, type VersionFacts } from "../policy/verdict.ts";
import { compareLifts, liftFor, type Lift } from "./lift.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const HOUR = 3_600_000;
const ENFORCED: readonly RuleId[] = [
  "age",
  "prerelease",
  "deprecated",
  "install-script",
  "review-first",
  "look-alike",
];

function settings(rules: readonly RuleId[]): RuleSettings {
  const changed = rules.map((id) => [id, { ...PROFILES.strict[id], mode: "enforce" }]);
  return { ...PROFILES.standard, ...(Object.fromEntries(changed) as Partial<RuleSettings>) };
}

function facts(known: Partial<VersionFacts> = {}): VersionFacts {
  const publishedAt = new Date(NOW - HOUR).toISOString();
  const bare = bareFacts({ version: "1.0.0-rc.1", upstreamVersion: null, origin: "upstream" });
  return { ...bare, publishedAt, hasInstallScript: true, deprecated: "old", ...known };
}

function contextWith(known: Partial<PolicyContext>): PolicyContext {
  return plainContext({ name: "left", registry: "default", now: NOW, ...known });
}

const lift = (item: VersionFacts, context: PolicyContext): Lift | null =>
  liftFor(item, context, packageHistory([item]));

function passesWith(item: VersionFacts, context: PolicyContext, rules: readonly RuleId[]): boolean {
  const exception = {
    id: "e",
    packages: "left",
    range: item.version,
    rules,
    reason: "",
    owner: "",
    approvedBy: ["ada"],
    expiresAt: null,
  };
  return isSelectable(decide(item, { ...context, exceptions: [exception] }, packageHistory([item])));
}

it("names the rules that refuse, and until when", () => {
  const context = contextWith({ rules: settings(["age", "prerelease"]) });
  expect(lift(facts(), context)).toEqual({ rules: ["prerelease", "age"], until: null });
  expect(lift(facts({ version: "1.0.0" }), context)).toEqual({ rules: ["age"], until: expect.any(Number) });
  expect(lift(facts(), contextWith({}))).toEqual({ rules: [], until: null });
});

it("proposes nothing against malware or an operator's word", () => {
  const advisory: PackageAdvisory = {
    id: "MAL-1",
    aliases: [],
    kind: "malware",
    summary: "it steals",
    url: "",
    severity: "critical",
    score: null,
    vector: null,
    cwes: [],
    publishedAt: null,
    modifiedAt: 0,
    withdrawnAt: null,
    feed: "one",
    origins: ["one", "two"],
    epss: null,
    kevSince: null,
    affected: { versions: ["1.0.0-rc.1"], intervals: [] },
  };
  expect(lift(facts(), contextWith({ advisories: [advisory] }))).toBeNull();
  const status = { status: "blocked" as const, reason: "", setBy: "ada", setAt: 0 };
  expect(lift(facts(), contextWith({ statuses: new Map([["*", status]]) }))).toBeNull();
});

it("names enough rules, and none too many", () => {
  fc.assert(
    fc.property(
      fc.subarray([...ENFORCED]),
      fc.boolean(),
      fc.constantFrom("1.0.0", "1.0.0-rc.1"),
      (rules, hasScript, version) => {
        const item = facts({ version, hasInstallScript: hasScript });
        const context = contextWith({
          rules: settings(rules),
          lookAlike: { name: "lef", because: "a letter" },
        });
        const found = lift(item, context);
        expect(found).not.toBeNull();
        if (found === null) return;
        expect(passesWith(item, context, found.rules)).toBe(true);
        for (const rule of found.rules) {
          const others = found.rules.filter((other) => other !== rule);
          expect(passesWith(item, context, others)).toBe(false);
        }
      },
    ),
  );
});

it("prefers the mildest rule, then the shortest hold, then the fewest rules", () => {
  const lifts: Lift[] = [
    { rules: ["vulnerability"], until: null },
    { rules: ["age"], until: null },
    { rules: ["prerelease", "age"], until: 1 },
    { rules: ["age"], until: 2 },
    { rules: ["age"], until: 1 },
  ];
  expect(
    lifts.toSorted(compareLifts).map(({ rules, until }) => `${rules.join("+")} ${String(until)}`),
  ).toEqual(["age 1", "age 2", "age null", "prerelease+age 1", "vulnerability null"]);
});
