import { describe, expect, test } from "vitest";
import type { RuleOptions } from "../../src/policy/rule-settings.ts";
import type { Outcome, PolicyContext, TarballContent, VersionFacts } from "../../src/policy/verdict.ts";
import { contextOf, DAY, factsOf, iso, NOW, onlyRules, opinionOf, servedAs } from "./fixtures.ts";

const OPTIONS: RuleOptions["licence"] = {
  allowed: [],
  denied: ["GPL-3.0-only"],
  missing: "warn",
  unknown: "warn",
};

function contextWith(
  options: Partial<RuleOptions["licence"]> = {},
  known: Partial<PolicyContext> = {},
): PolicyContext {
  return contextOf({ rules: onlyRules({ licence: { ...OPTIONS, ...options } }), ...known });
}

function looked(content: Partial<TarballContent>): Partial<PolicyContext> {
  const found: TarballContent = {
    integrity: "sha512-1.0.0",
    installScripts: {},
    runsNodeGyp: false,
    license: "MIT",
    licenceFiles: [],
    ...content,
  };
  return { contents: new Map([["1.0.0", [found]]]) };
}

describe("licence", () => {
  test.each<[unknown, Partial<RuleOptions["licence"]>, Outcome | null]>([
    ["MIT", {}, null],
    ["GPL-3.0", {}, "deny"],
    ["(GPL-3.0 OR MIT)", {}, null],
    ["MIT AND GPL-3.0", {}, "deny"],
    ["GPLv3", {}, "deny"],
    ["MIT", { allowed: ["ISC"] }, "deny"],
    ["ISC", { allowed: ["ISC"] }, null],
    [null, {}, "warn"],
    [null, { missing: "hide" }, "deny"],
    [null, { missing: "allow" }, null],
    ["SEE LICENSE IN x", {}, "warn"],
    ["SEE LICENSE IN x", { unknown: "hide" }, "deny"],
    ["who knows", { unknown: "allow" }, null],
    ["who knows", { unknown: "hide" }, "deny"],
    ["UNLICENSED", {}, "warn"],
    ["UNLICENSED", { allowed: ["MIT"] }, "deny"],
  ])("%j with %j: %s", (license, options, outcome) => {
    const facts = factsOf("1.0.0", { license });
    expect(opinionOf("licence", facts, { context: contextWith(options) })?.outcome ?? null).toBe(outcome);
    const served = contextWith(options, { served: servedAs("1.0.0") });
    const hidden = outcome === "deny" ? "hide" : outcome;
    expect(opinionOf("licence", facts, { context: served })?.outcome ?? null).toBe(hidden);
    const ours: VersionFacts = { ...facts, origin: "local" };
    expect(opinionOf("licence", ours, { context: contextWith(options) })).toBeNull();
  });

  test.each<[unknown, Partial<TarballContent>, Outcome | null]>([
    [null, { license: null, licenceFiles: ["MIT"] }, null],
    [null, { license: null, licenceFiles: ["GPL-3.0-only"] }, "deny"],
    ["MIT", { license: "GPL-3.0" }, "deny"],
    ["MIT", { licenceFiles: ["MIT", "GPL-3.0-only"] }, null],
    ["MIT", { licenceFiles: ["ISC"] }, "warn"],
    ["MIT", { licenceFiles: ["GPL-3.0-only"] }, "deny"],
    ["MIT", { licenceFiles: ["GPL-3.0-only"], integrity: "sha512-other" }, null],
    ["SEE LICENSE IN x", { license: "SEE LICENSE IN x", licenceFiles: ["MIT"] }, null],
  ])("%j and a tarball with %j: %s", (license, content, outcome) => {
    const context = contextWith({}, looked(content));
    expect(opinionOf("licence", factsOf("1.0.0", { license }), { context })?.outcome ?? null).toBe(outcome);
  });

  test("says what is in the way, and what was before", () => {
    const others = [factsOf("0.9.0", { publishedAt: iso(NOW - 400 * DAY) })];
    const facts = factsOf("1.0.0", { license: "GPL-3.0" });
    expect(opinionOf("licence", facts, { context: contextWith(), others })).toMatchObject({
      reason: "Its licence is GPL-3.0, and GPL-3.0 is denied",
      evidence: { declared: "GPL-3.0", spdx: "GPL-3.0", licenceBefore: "MIT", versionBefore: "0.9.0" },
    });
    expect(
      opinionOf("licence", facts, { context: contextWith({ allowed: ["MIT"], denied: [] }), others }),
    ).toMatchObject({ reason: "Its licence is GPL-3.0, and GPL-3.0 is not among those allowed" });
  });

  test("warns of a licence that changed", () => {
    const others = [factsOf("0.9.0", { publishedAt: iso(NOW - 400 * DAY) })];
    const facts = factsOf("1.0.0", { license: "BUSL-1.1" });
    expect(opinionOf("licence", facts, { context: contextWith(), others })).toMatchObject({
      outcome: "warn",
      reason: "Its licence is BUSL-1.1, while that of the version before was MIT",
    });
  });

  test("is idle where it has nothing to ask", () => {
    const context = contextWith({ denied: [], missing: "allow", unknown: "allow" });
    expect(opinionOf("licence", factsOf("1.0.0", { license: null }), { context })).toBeNull();
  });
});
