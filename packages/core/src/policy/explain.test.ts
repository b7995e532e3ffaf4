import fc from "fast-check";
import { expect, it } from "vitest";
import { PROFILES } from "./default-settings.ts";
import type { RuleOpinion } from "./decide.ts";
import { explainChoice, type Explanation } from "./explain.ts";
import { bareFacts, judgePackage } from "./judge-package.ts";
import { plainContext } from "./plain-context.ts";
import type { PolicyContext, VersionFacts, VersionStatus } from "./verdict.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const HOUR = 3_600_000;

function facts(version: string, known: Partial<VersionFacts> = {}): VersionFacts {
  const old = new Date(NOW - 90 * 24 * HOUR).toISOString();
  return { ...bareFacts({ version, upstreamVersion: null, origin: "upstream" }), publishedAt: old, ...known };
}

function blocked(...versions: string[]): Map<string, VersionStatus> {
  const status: VersionStatus = { status: "blocked", reason: "miner", setBy: "ada", setAt: NOW };
  return new Map(versions.map((version) => [version, status]));
}

function explain(
  versions: readonly VersionFacts[],
  wanted: string,
  { latest, ...known }: Partial<PolicyContext> & { latest?: string } = {},
): Explanation {
  const context = plainContext({ registry: "default", name: "left", now: NOW, ...known });
  const { hidden } = judgePackage(
    versions.map((item) => ({ ...item, facts: () => item })),
    context,
  );
  const distTags = new Map([["latest", latest ?? versions.at(-1)?.version ?? ""]]);
  return explainChoice({ wanted, facts: versions, distTags, hidden, context });
}

/** What the rule about age thinks of the best candidate. */
function ofAge({ candidates }: Explanation): RuleOpinion | undefined {
  return candidates[0]?.opinions.find(({ rule }) => rule === "age");
}

const THREE = [facts("1.0.0"), facts("1.1.0"), facts("1.2.0")];

it("says what npm takes instead, by whose verdict, and where the tag went", () => {
  const found = explain(THREE, "^1.0.0", { statuses: blocked("1.2.0") });
  expect(found).toMatchObject({
    withoutPolicy: "1.2.0",
    chosen: "1.1.0",
    refusal: { version: "1.2.0", verdict: { rule: "operator-status", alternatives: ["1.1.0"] } },
    candidateCount: 3,
    hiddenCount: 1,
    tagMoves: [{ tag: "latest", from: "1.2.0", to: "1.1.0" }],
  });
  expect(found.candidates.map(({ version, isHidden }) => [version, isHidden])).toEqual([
    ["1.2.0", true],
    ["1.1.0", false],
    ["1.0.0", false],
  ]);
});

it("says so when nothing is left, and when nothing ever fitted", () => {
  expect(explain(THREE, "1.2.0", { statuses: blocked("1.2.0") })).toMatchObject({
    withoutPolicy: "1.2.0",
    chosen: null,
    refusal: { version: "1.2.0" },
  });
  expect(explain(THREE, "^2.0.0")).toMatchObject({ withoutPolicy: null, chosen: null, refusal: null });
  expect(explain(THREE, "next")).toMatchObject({ candidates: [], candidateCount: 0 });
});

it("shows what rules think that are not in force", () => {
  const fresh = facts("1.3.0", { publishedAt: new Date(NOW - HOUR).toISOString() });
  const found = explain([...THREE, fresh], "");
  expect(found).toMatchObject({ chosen: "1.3.0", refusal: null, tagMoves: [] });
  expect(ofAge(found)).toMatchObject({
    mode: "shadow",
    exception: null,
    opinion: { outcome: "hold", evidence: { clock: "published" } },
  });
});

it("shows the exception that lets a version pass", () => {
  const fresh = facts("1.3.0", { publishedAt: new Date(NOW - HOUR).toISOString() });
  const exception = {
    id: "e1",
    packages: "left",
    range: "1.3.0",
    rules: null,
    reason: "needed",
    owner: "ada",
    approvedBy: ["bob"],
    expiresAt: NOW + HOUR,
  };
  const known = {
    rules: { ...PROFILES.standard, age: { ...PROFILES.standard.age, mode: "enforce" as const } },
  };
  expect(explain([...THREE, fresh], "", known).chosen).toBe("1.2.0");
  const found = explain([...THREE, fresh], "", { ...known, exceptions: [exception] });
  expect(found).toMatchObject({ chosen: "1.3.0", refusal: null });
  expect(found.candidates[0]?.verdict.rule).toBe("exception");
  expect(ofAge(found)).toMatchObject({ mode: "enforce", exception: { id: "e1" } });
});

it("tells of many versions only the first, and of the one that is taken", () => {
  const many = Array.from({ length: 200 }, (_, at) => facts(`1.${at}.0`));
  const hiddenOnes = many.slice(100).map(({ version }) => version);
  const found = explain(many, "^1.0.0", { statuses: blocked(...hiddenOnes) });
  expect([found.chosen, found.candidateCount, found.hiddenCount]).toEqual(["1.99.0", 200, 100]);
  expect(found.candidates.length).toBe(51);
  expect(found.candidates.at(-1)?.version).toBe("1.99.0");
});

it("never names a hidden version as the one that is taken", () => {
  const part = fc.integer({ min: 0, max: 2 });
  const version = fc
    .tuple(part, part, part, fc.constantFrom("", "-rc.1"))
    .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`);
  const list = fc.uniqueArray(fc.record({ version, isBlocked: fc.boolean() }), {
    selector: (item) => item.version,
    minLength: 1,
    maxLength: 8,
  });
  const wanted = fc.oneof(
    fc.constantFrom("", "latest"),
    version,
    version.map((text) => `^${text}`),
    version.map((text) => `<=${text}`),
  );
  fc.assert(
    fc.property(list, wanted, (versions, text) => {
      const bad = versions.filter(({ isBlocked }) => isBlocked).map((item) => item.version);
      const found = explain(
        versions.map((item) => facts(item.version)),
        text,
        { statuses: blocked(...bad) },
      );
      if (found.chosen !== null) expect(bad).not.toContain(found.chosen);
      // A tag that had to move can lead elsewhere although nothing that fits is refused.
      const isLedAway = found.tagMoves.length > 0;
      if (found.refusal === null) expect(isLedAway || found.chosen === found.withoutPolicy).toBe(true);
      else expect(bad).toContain(found.refusal.version);
    }),
  );
});

it("has one truth about what is deprecated, by its authors or by an operator", () => {
  const versions = [facts("1.0.0"), facts("1.1.0", { deprecated: "old" }), facts("1.2.0")];
  const rules = { ...PROFILES.standard, deprecated: { mode: "enforce" as const, options: {} } };
  const found = explain(versions, "^1.0.0", { rules, deprecations: new Map([["1.2.0", "use right"]]) });
  expect(found.chosen).toBe("1.0.0");
  const told = found.candidates.map(({ version, deprecated, verdict }) => [
    version,
    deprecated,
    verdict.reason,
  ]);
  expect(new Map(told.map(([version, ...more]) => [version, more]))).toEqual(
    new Map([
      ["1.0.0", [null, "No rule has anything against it."]],
      ["1.1.0", ["old", "Its authors have deprecated it: old"]],
      ["1.2.0", ["use right", "An operator has deprecated it: use right"]],
    ]),
  );
});

it("tells how far a tag falls", () => {
  const versions = ["1.0.0", "2.0.0", "3.0.0"].map((version) => facts(version));
  expect(explain(versions, "latest", { statuses: blocked("2.0.0", "3.0.0") }).tagMoves).toEqual([
    { tag: "latest", from: "3.0.0", to: "1.0.0", keptBack: 2, isOtherLine: true },
  ]);
});
