import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coversName } from "../../src/names.ts";
import { coversVersion } from "../../src/policy/covers-exception.ts";
import { decide, historyOf, opinionsOf } from "../../src/policy/decide.ts";
import { judgePackage } from "../../src/policy/judge-package.ts";
import type { RuleId } from "../../src/policy/rule-settings.ts";
import { refusalText } from "../../src/policy/refusal-text.ts";
import {
  isSelectable,
  type PolicyContext,
  type Verdict,
  type VersionFacts,
} from "../../src/policy/verdict.ts";
import { malwareOf } from "./fixtures.ts";
import { exceptions, laterBy, worlds, type World } from "./worlds.ts";

const RUNS = { numRuns: 1000 };

function verdicts({ versions, context }: World): Map<string, Verdict> {
  const history = historyOf(versions);
  return new Map(versions.map((facts) => [facts.version, decide(facts, context, history)]));
}

function allowed(world: World): string[] {
  return [...verdicts(world)].filter(([, verdict]) => isSelectable(verdict)).map(([version]) => version);
}

function withContext({ versions, context }: World, known: Partial<PolicyContext>): World {
  return { versions, context: { ...context, ...known } };
}

// What lifts proven malware lifts the suspicion too.
function liftedBy(rule: Verdict["rule"], rules: readonly RuleId[]): RuleId {
  return rule === "suspected-malware" && !rules.includes(rule) ? "malware" : (rule as RuleId);
}

function judged(world: World): ReturnType<typeof judgePackage> {
  const versions = world.versions.map((facts) => ({
    version: facts.version,
    upstreamVersion: facts.upstreamVersion,
    origin: facts.origin,
    facts: () => facts,
  }));
  return judgePackage(versions, world.context);
}

describe("time", () => {
  test("between now and recheckAt nothing about a verdict changes", () => {
    fc.assert(
      fc.property(worlds, laterBy, fc.boolean(), (world, later, isLast) => {
        const { now } = world.context;
        for (const [version, verdict] of verdicts(world)) {
          const { recheckAt } = verdict;
          if (recheckAt !== null) expect(recheckAt).toBeGreaterThan(now);
          const end = recheckAt ?? Number.POSITIVE_INFINITY;
          const at = isLast && recheckAt !== null ? recheckAt - 1 : Math.min(now + later, end - 1);
          expect(verdicts(withContext(world, { now: at })).get(version)).toEqual(verdict);
        }
      }),
      RUNS,
    );
  });

  test("the same holds for packages, and for what rules think that are not in force", () => {
    fc.assert(
      fc.property(worlds, laterBy, (world, later) => {
        const { now } = world.context;
        const { hidden, recheckAt } = judged(world);
        const at = Math.min(now + later, (recheckAt ?? Number.POSITIVE_INFINITY) - 1);
        expect(judged(withContext(world, { now: at })).hidden).toEqual(hidden);
        const history = historyOf(world.versions);
        for (const facts of world.versions) {
          for (const { opinion } of opinionsOf(facts, world.context, history)) {
            if (opinion.recheckAt !== null) expect(opinion.recheckAt).toBeGreaterThan(now);
            if (opinion.until !== null) expect(new Date(opinion.until).getTime()).toBe(opinion.until);
          }
        }
      }),
      RUNS,
    );
  });
});

describe("decide is a function of what it is given", () => {
  test("equal worlds get equal verdicts, and nothing is written to", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const copy = structuredClone(world);
        const first = verdicts(world);
        expect(world).toEqual(copy);
        expect(verdicts(copy)).toEqual(first);
        const backwards = { ...copy, versions: [...copy.versions].reverse() };
        for (const [version, verdict] of verdicts(backwards)) expect(verdict).toEqual(first.get(version));
      }),
      RUNS,
    );
  });

  test("judging the whole package says the same as asking for each version", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { hidden } = judged(world);
        const left = allowed(world);
        for (const [version, verdict] of verdicts(world)) {
          const { alternatives, ...rest } = hidden.get(version) ?? { ...verdict, alternatives: [] };
          expect({ ...rest, alternatives: [] }).toEqual(verdict);
          expect(hidden.has(version)).toBe(!isSelectable(verdict));
          expect(left).toEqual(expect.arrayContaining([...alternatives]));
        }
      }),
      RUNS,
    );
  });

  test("every refusal can be told in one line", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        for (const [version, verdict] of judged(world).hidden) {
          const text = refusalText(verdict, { name: world.context.name, version, registry: "default" });
          expect(text).not.toMatch(/[\p{Cc}\u2028]|undefined|NaN|Invalid/u);
          expect(text).toContain(verdict.rule);
          expect(text.length).toBeLessThan(1000);
        }
      }),
      RUNS,
    );
  });
});

describe("filtering", () => {
  test("what passed once passes again, the package being what it is", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const left = new Set(allowed(world));
        const history = historyOf(world.versions);
        for (const facts of world.versions) {
          if (left.has(facts.version)) expect(isSelectable(decide(facts, world.context, history))).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test("one more refusal never lets more through", () => {
    const more = fc.constantFrom<(context: PolicyContext) => Partial<PolicyContext>>(
      ({ name, rules }) => ({
        rules: {
          ...rules,
          "deny-list": {
            mode: "enforce",
            options: {
              entries: [
                ...(rules["deny-list"].mode === "enforce" ? rules["deny-list"].options.entries : []),
                { packages: name, range: "^1", reason: "" },
              ],
            },
          },
        },
      }),
      ({ statuses }) => ({
        statuses: new Map([
          ...statuses,
          ["1.0.0", { status: "blocked", reason: "", setBy: "ada", setAt: 1 }],
        ]),
      }),
      ({ advisories }) => ({
        advisories: [...advisories, malwareOf("1.0.0", { id: "MAL-9", origins: ["c"] })],
      }),
      ({ changedIntegrity }) => ({
        changedIntegrity: new Map([...changedIntegrity, ["1.0.0", "sha512-was"]]),
      }),
      () => ({ isClaimed: true }),
      () => ({ exceptions: [] }),
      ({ exceptions: given }) => ({ exceptions: given.slice(1) }),
      ({ rules }) => ({ rules: { ...rules, prerelease: { mode: "enforce", options: {} } } }),
      ({ rules }) => ({ rules: { ...rules, "review-first": { mode: "enforce", options: {} } } }),
    );
    fc.assert(
      fc.property(worlds, more, (world, change) => {
        const before = allowed(world);
        const after = allowed(withContext(world, change(world.context)));
        expect(before).toEqual(expect.arrayContaining(after));
      }),
      RUNS,
    );
  });
});

describe("exceptions", () => {
  test("let nothing through that they do not name, and lift no rule that they do not name", () => {
    fc.assert(
      fc.property(worlds, exceptions, (world, given) => {
        const { name } = world.context;
        const before = verdicts(withContext(world, { exceptions: [] }));
        for (const [version, verdict] of verdicts(withContext(world, { exceptions: given }))) {
          const was = before.get(version) as Verdict;
          if (!isSelectable(verdict) || isSelectable(was)) continue;
          const named = given.filter(
            ({ packages, range, rules }) =>
              coversName(packages, name) &&
              coversVersion(range, version) &&
              (rules === null || rules.includes(liftedBy(was.rule, rules))),
          );
          expect(named).not.toEqual([]);
          expect(["operator-status", "name-claim", "integrity-change"]).not.toContain(was.rule);
          if (was.rule === "malware") {
            expect(named.some(({ rules, approvedBy }) => rules !== null && approvedBy.length >= 2)).toBe(
              true,
            );
          }
        }
      }),
      RUNS,
    );
  });

  test("are the same in any order", () => {
    fc.assert(
      fc.property(worlds, exceptions, (world, given) => {
        const forwards = verdicts(withContext(world, { exceptions: given }));
        const backwards = verdicts(withContext(world, { exceptions: [...given].reverse() }));
        expect(backwards).toEqual(forwards);
      }),
      RUNS,
    );
  });

  test("a version of another package gains nothing", () => {
    fc.assert(
      fc.property(worlds, exceptions, (world, given) => {
        const other: VersionFacts[] = world.versions;
        const context = { ...world.context, name: "left-evil", exceptions: given };
        const without = verdicts({ versions: other, context: { ...context, exceptions: [] } });
        expect(verdicts({ versions: other, context })).toEqual(without);
      }),
      { numRuns: 300 },
    );
  });
});
