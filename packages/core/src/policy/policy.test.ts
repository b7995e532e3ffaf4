import fc from "fast-check";
import semver from "semver";
import { describe, expect, test } from "vitest";
import { decide, policyDepth } from "./decide.ts";
import { bareFacts } from "./judge-package.ts";
import { plainContext } from "./plain-context.ts";
import { refusalText } from "./refusal-text.ts";
import { repointTags } from "./repoint-tags.ts";
import {
  isDownloadable,
  isSelectable,
  type PolicyContext,
  type Verdict,
  type VersionFacts,
  type VersionStatus,
} from "./verdict.ts";

function facts(version: string, upstreamVersion: string | null = null): VersionFacts {
  return bareFacts({ version, upstreamVersion, origin: "upstream" });
}

type Statuses = readonly (readonly [string, VersionStatus["status"]])[];

function context(statuses: Statuses): PolicyContext {
  const entries = statuses.map(
    ([key, status]) => [key, { status, reason: "miner", setBy: "ada", setAt: 5 }] as const,
  );
  return plainContext({ registry: "default", name: "left", statuses: new Map(entries) });
}

describe("decide", () => {
  test("allows by default, without looking at anything", () => {
    expect(decide(facts("1.0.0"), context([]))).toMatchObject({ outcome: "allow", rule: "default" });
    expect(policyDepth(context([]))).toBe("none");
    expect(policyDepth(context([["9.9.9", "blocked"]]))).toBe("version");
  });

  test.each<[Statuses, string]>([
    [[["1.0.0", "blocked"]], "deny"],
    [[["1.0.1", "blocked"]], "allow"],
    [[["*", "blocked"]], "deny"],
    [
      [
        ["*", "blocked"],
        ["1.0.0", "allowed"],
      ],
      "allow",
    ],
    [
      [
        ["*", "allowed"],
        ["1.0.0", "blocked"],
      ],
      "deny",
    ],
    [[["1.0.0+a", "blocked"]], "deny"],
    [[["1.0.0+b", "blocked"]], "allow"],
  ])("%j: %s", (statuses, outcome) => {
    const verdict = decide(facts("1.0.0", "1.0.0+a"), context(statuses));
    expect(verdict.outcome).toBe(outcome);
    expect(isSelectable(verdict)).toBe(outcome === "allow");
    expect(isDownloadable(verdict)).toBe(outcome === "allow");
  });

  const version = fc.constantFrom("1.0.0", "1.1.0", "2.0.0", "*");
  const statuses = fc.array(
    fc.tuple(version, fc.constantFrom<VersionStatus["status"]>("blocked", "allowed")),
    { maxLength: 4 },
  );

  function allowedOf(versions: readonly string[], listed: Statuses): string[] {
    return versions.filter((item) => isSelectable(decide(facts(item), context(listed))));
  }

  test("filtering what was filtered changes nothing", () => {
    fc.assert(
      fc.property(statuses, (listed) => {
        const once = allowedOf(["1.0.0", "1.1.0", "2.0.0"], listed);
        expect(allowedOf(once, listed)).toEqual(once);
      }),
    );
  });

  test("one more block never lets more through", () => {
    fc.assert(
      fc.property(statuses, version, (listed, blocked) => {
        const versions = ["1.0.0", "1.1.0", "2.0.0"];
        const before = allowedOf(versions, listed);
        const after = allowedOf(versions, [...listed, [blocked, "blocked"]]);
        expect(before).toEqual(expect.arrayContaining(after));
      }),
    );
  });
});

describe("repointTags", () => {
  test.each<[string, readonly string[], string | undefined]>([
    ["1.2.0", ["1.0.0", "1.1.0", "2.0.0"], "1.1.0"],
    ["1.2.0", ["1.2.0", "2.0.0"], "1.2.0"],
    ["1.2.0", ["2.0.0"], undefined],
    ["1.2.0", ["1.1.0-beta.1", "1.2.0-rc.1"], undefined],
    ["2.0.0-beta.3", ["2.0.0-beta.2", "2.0.0-alpha.9", "1.9.0"], "2.0.0-beta.2"],
    ["2.0.0-beta.3", ["2.0.0-alpha.9", "1.9.0"], "1.9.0"],
    ["2.0.0-beta.3", ["2.0.0-alpha.9"], "2.0.0-alpha.9"],
    ["2.0.0", ["1.0.0", "1.9.9"], "1.0.0"],
    ["not a version", ["1.0.0"], undefined],
    ["1.0.0-beta.1", ["0.0.0-stage", "0.0.1-security"], undefined],
    ["0.0.1-security", ["0.0.1-security"], "0.0.1-security"],
  ])("latest at %s, allowed %j: %s", (target, allowed, expected) => {
    const { tags, dropped } = repointTags(
      new Map([["latest", target]]),
      allowed,
      (version) => version === "1.9.9",
    );
    expect(tags.get("latest")).toBe(expected);
    expect([...dropped]).toEqual(expected === undefined ? [["latest", target]] : []);
  });

  test("takes a deprecated version rather than none", () => {
    expect(repointTags(new Map([["latest", "2.0.0"]]), ["1.0.0"], () => true).tags.get("latest")).toBe(
      "1.0.0",
    );
  });

  test("drops other tags and says so", () => {
    const result = repointTags(
      new Map([
        ["next", "2.0.0"],
        ["beta", "3.0.0"],
        ["old", "1.0.0"],
      ]),
      ["1.0.0"],
    );
    expect(result).toEqual({
      tags: new Map([["old", "1.0.0"]]),
      dropped: new Map([
        ["next", "2.0.0"],
        ["beta", "3.0.0"],
      ]),
    });
  });

  test("is never above the old target, and never a pre-release for a stable version", () => {
    const number = fc.nat(3);
    const version = fc
      .tuple(number, number, fc.option(fc.tuple(fc.constantFrom("alpha", "beta", "rc"), number)))
      .map(([major, minor, pre]) => `${major}.${minor}.0${pre === null ? "" : `-${pre.join(".")}`}`);
    fc.assert(
      fc.property(version, fc.array(version), fc.array(version), (target, allowed, deprecated) => {
        const next = repointTags(new Map([["latest", target]]), allowed, (item) =>
          deprecated.includes(item),
        ).tags.get("latest");
        if (next === undefined) return;
        expect(allowed).toContain(next);
        expect(semver.compare(next, target)).toBeLessThanOrEqual(0);
        if (semver.prerelease(target) === null) expect(semver.prerelease(next)).toBeNull();
        const again = repointTags(new Map([["latest", next]]), allowed, (item) => deprecated.includes(item));
        expect(again.tags.get("latest")).toBe(next);
      }),
    );
  });
});

describe("refusalText", () => {
  const subject = { name: "left", version: "1.0.0", registry: "default" };

  test("is one line that says what, where, why, which rule and what to do", () => {
    const verdict = decide(facts("1.0.0"), context([["1.0.0", "blocked"]]));
    expect(refusalText(verdict, subject)).toBe(
      "left@1.0.0 is blocked in the registry default: miner (rule operator-status, set by ada). " +
        "Choose another version, or ask an administrator of this registry to allow it.",
    );
  });

  test.each<[Partial<Verdict>, string]>([
    [
      { rule: "age", outcome: "hold", until: 0 },
      "Use 0.9.0, or ask an administrator of this registry to allow it.",
    ],
    [{ rule: "malware" }, "Use 0.9.0; only two administrators together can let it pass."],
    [
      { rule: "malware", alternatives: [] },
      "Choose another version; only two administrators together can let it pass.",
    ],
    [
      { rule: "name-claim" },
      "Publish the package here, or ask an administrator of this registry to change the claim.",
    ],
    [
      { rule: "published-secret" },
      "Take it out, replace it where it is in use, and publish again; or ask an administrator of this registry to allow it.",
    ],
    [{ rule: "integrity-change" }, "Use 0.9.0, or ask an administrator of this registry to look into it."],
  ])("%j ends in %s", (known, ending) => {
    const verdict = {
      ...decide(facts("1.0.0"), context([["1.0.0", "blocked"]])),
      alternatives: ["0.9.0"],
      ...known,
    };
    expect(refusalText(verdict, subject).endsWith(`. ${ending}`)).toBe(true);
  });

  test("says where to ask if that is known, and takes no notice of a time that is none", () => {
    const verdict = decide(facts("1.0.0"), context([["1.0.0", "held"]]));
    expect(
      refusalText({ ...verdict, until: 1e300 }, { ...subject, requestUrl: "http://x.test/-/request?a=b" }),
    ).toBe(
      "left@1.0.0 is held in the registry default: miner (rule operator-status, set by ada). " +
        "Choose another version, or ask at http://x.test/-/request?a=b.",
    );
  });

  test("recommends no other version where none is left", () => {
    const verdict = decide(facts("1.0.0"), context([["1.0.0", "blocked"]]));
    expect(refusalText(verdict, { ...subject, isWholePackage: true })).toBe(
      "Every version of left is refused. left@1.0.0 is blocked in the registry default: miner (rule operator-status, " +
        "set by ada). Choose another package, or ask an administrator of this registry to allow it.",
    );
  });

  test("keeps to one line whatever the reason says", () => {
    const verdict = {
      ...decide(facts("1.0.0"), context([["1.0.0", "blocked"]])),
      reason: "a\r\nb\u0007\u2028c".repeat(500),
    };
    const text = refusalText(
      { ...verdict, outcome: "hold", until: 0, alternatives: ["0.9.0", "0.8.0"] },
      subject,
    );
    expect(text).not.toMatch(/[\p{C}\u2028]/u);
    expect(text.length).toBeLessThan(700);
    expect(text).toContain("held until 1970-01-01T00:00:00.000Z");
    expect(text).toContain("Use 0.9.0 or 0.8.0, or ask");
  });
});
