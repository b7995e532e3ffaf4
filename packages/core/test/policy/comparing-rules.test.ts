import { describe, expect, test } from "vitest";
import type { RuleOptions } from "../../src/policy/rule-settings.ts";
import type { PolicyContext, TarballContent, VersionFacts } from "../../src/policy/verdict.ts";
import { contextOf, DAY, factsOf, iso, NOW, onlyRules, opinionOf, servedAs } from "./fixtures.ts";

/** A version that was published some days ago. */
function published(version: string, daysAgo: number, known: Partial<VersionFacts> = {}): VersionFacts {
  return factsOf(version, { publishedAt: iso(NOW - daysAgo * DAY), ...known });
}

describe("install-script", () => {
  function contextWith(
    condition: RuleOptions["install-script"]["condition"],
    known: Partial<PolicyContext> = {},
  ): PolicyContext {
    return contextOf({ rules: onlyRules({ "install-script": { condition } }), ...known });
  }

  function content(version: string, known: Partial<TarballContent> = {}): PolicyContext["contents"] {
    const found: TarballContent = {
      integrity: `sha512-${version}`,
      installScripts: {},
      runsNodeGyp: false,
      license: "MIT",
      licenceFiles: [],
      ...known,
    };
    return new Map([[version, [found]]]);
  }

  const withScript = published("1.2.0", 1, { hasInstallScript: true });
  const others = [published("1.0.0", 20), published("1.1.0", 10, { hasInstallScript: true })];

  test("any: holds whatever runs a script, by the manifest's word", () => {
    expect(opinionOf("install-script", withScript, { context: contextWith("any"), others })).toMatchObject({
      outcome: "hold",
      until: null,
      evidence: { source: "manifest", scripts: null, isNew: false },
    });
    expect(opinionOf("install-script", published("1.2.0", 1), { context: contextWith("any") })).toBeNull();
    const ours = { ...withScript, origin: "local" as const };
    expect(opinionOf("install-script", ours, { context: contextWith("any") })).toBeNull();
  });

  test("believes the tarball, shows its scripts, and cuts them", () => {
    const facts = published("1.2.0", 1);
    const scripts = { preinstall: "node -e 1", postinstall: `curl ${"x".repeat(2000)}` };
    const context = contextWith("any", { contents: content("1.2.0", { installScripts: scripts }) });
    const held = opinionOf("install-script", facts, { context, others });
    expect(held?.evidence["source"]).toBe("tarball");
    expect(held?.evidence["scripts"]).toMatch(/^preinstall: node -e 1\npostinstall: curl x+…$/u);
    expect(String(held?.evidence["scripts"]).length).toBeLessThan(600);
    expect(held?.reason.length).toBeLessThan(300);
    const none = contextWith("any", { contents: content("1.2.0") });
    expect(opinionOf("install-script", withScript, { context: none, others })).toBeNull();
  });

  test("a binding.gyp runs node-gyp", () => {
    const context = contextWith("any", { contents: content("1.2.0", { runsNodeGyp: true }) });
    expect(opinionOf("install-script", published("1.2.0", 1), { context, others })).toMatchObject({
      evidence: { scripts: "install: node-gyp rebuild (because of binding.gyp)" },
    });
  });

  test("what was looked at is believed for the same bytes only", () => {
    const other = content("1.2.0", { integrity: "sha512-other", installScripts: { install: "x" } });
    const facts = published("1.2.0", 1);
    expect(
      opinionOf("install-script", facts, { context: contextWith("any", { contents: other }) }),
    ).toBeNull();
    const sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    const old = published("1.2.0", 1, { integrity: null, shasum: sha1 });
    const same = content("1.2.0", {
      integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
      installScripts: { install: "x" },
    });
    expect(
      opinionOf("install-script", old, { context: contextWith("any", { contents: same }) }),
    ).toMatchObject({
      evidence: { scripts: "install: x" },
    });
  });

  test.each<[string, [VersionFacts, Partial<PolicyContext>], string | null]>([
    ["the version before has one too", [withScript, {}], null],
    ["the version before has none", [published("1.3.0", 0, { hasInstallScript: true }), {}], "1.2.9"],
    ["the one in use has none", [withScript, { served: servedAs("1.0.0") }], "1.0.0"],
    ["the highest in use has one", [withScript, { served: servedAs("1.0.0", "1.1.0") }], null],
    ["only a higher one is in use", [withScript, { served: servedAs("9.0.0") }], null],
    ["it is in use itself", [withScript, { served: servedAs("1.0.0", "1.2.0") }], null],
  ])("new: %s", (_what, [facts, known], since) => {
    const later = [published("9.0.0", 0.9), published("1.2.9", 0.5)];
    const found = opinionOf("install-script", facts, {
      context: contextWith("new", known),
      others: [...others, ...later],
    });
    expect(found?.evidence["newSince"] ?? null).toBe(since);
    expect(found === null).toBe(since === null);
  });

  test("new: the first version of a package has nothing to be compared with, and is held", () => {
    expect(opinionOf("install-script", withScript, { context: contextWith("new") })).toMatchObject({
      outcome: "hold",
      reason: expect.stringContaining("no earlier version to compare with") as string,
    });
  });

  test("new: a script that the manifest hides is news, though the version is in use", () => {
    const context = contextWith("new", {
      served: servedAs("1.0.0", "1.2.0"),
      contents: content("1.2.0", { installScripts: { postinstall: "node x.js" } }),
    });
    expect(opinionOf("install-script", published("1.2.0", 1), { context, others })).toMatchObject({
      outcome: "hold",
      reason: expect.stringContaining("which the upstream's manifest does not tell of") as string,
    });
  });
});

describe("trust-downgrade", () => {
  const rules = onlyRules({ "trust-downgrade": {} });
  const attested: Partial<VersionFacts> = { attestations: "https://slsa.dev/provenance/v1" };
  const trusted: Partial<VersionFacts> = { ...attested, trustedPublisher: "github", publisher: "pipeline" };

  test.each<[string, VersionFacts, readonly VersionFacts[]]>([
    ["the first version", published("1.0.0", 1), []],
    ["as much as before", published("1.1.0", 1, attested), [published("1.0.0", 2, attested)]],
    ["more than before", published("1.1.0", 1, attested), [published("1.0.0", 2)]],
    [
      "a staged release approved by a person",
      published("1.1.0", 1, attested),
      [published("1.0.0", 3, { ...trusted, publisher: "ada" }), published("0.0.0-stage", 2, trusted)],
    ],
    [
      "an old line that never had any",
      published("1.1.0", 1),
      [published("1.0.0", 5), published("2.0.0", 3, trusted)],
    ],
    [
      "a release after an attested pre-release",
      published("1.0.0", 1),
      [published("0.9.0", 5), published("1.0.0-rc.1", 3, attested)],
    ],
    ["nothing but the placeholder before", published("1.0.0", 1), [published("0.0.0-stage", 2, trusted)]],
    ["a version that only came later", published("1.0.0", 5), [published("1.1.0", 1, attested)]],
  ])("has nothing against %s", (_what, facts, others) => {
    expect(opinionOf("trust-downgrade", facts, { context: contextOf({ rules }), others })).toBeNull();
  });

  test.each<[string, VersionFacts, readonly VersionFacts[]]>([
    ["no attestation any more", published("1.2.0", 1), [published("1.1.0", 2, attested)]],
    [
      "none though the line had one once",
      published("1.2.0", 1),
      [published("1.0.0", 9, attested), published("1.1.0", 2)],
    ],
    ["a new line with less", published("2.0.0", 1), [published("1.0.0", 5), published("1.1.0", 3, attested)]],
    ["no signature any more", published("1.2.0", 1, { hasSignatures: false }), [published("1.1.0", 2)]],
    ["no trusted publisher, nothing attested", published("1.2.0", 1), [published("1.1.0", 2, trusted)]],
    ["an unknown time", factsOf("1.2.0", { publishedAt: null }), [published("1.1.0", 2, attested)]],
    ["a pre-release with less", published("1.2.0-rc.1", 1), [published("1.1.0", 2, attested)]],
  ])("holds %s", (_what, facts, others) => {
    const context = contextOf({ rules });
    expect(opinionOf("trust-downgrade", facts, { context, others })?.outcome).toBe("hold");
    const served = contextOf({ rules, served: servedAs(facts.version) });
    expect(opinionOf("trust-downgrade", facts, { context: served, others })?.outcome).toBe("hide");
    const ours = { ...facts, origin: "local" as const };
    expect(opinionOf("trust-downgrade", ours, { context, others })).toBeNull();
  });

  test("says what was lost, since when, and who published", () => {
    const others = [published("1.1.0", 2, attested)];
    const facts = published("1.2.0", 1, { publisher: "mallory" });
    expect(opinionOf("trust-downgrade", facts, { context: contextOf({ rules }), others })).toMatchObject({
      reason:
        "It has a registry signature only, while 1.1.0 had an attested build, and it is the first that mallory published",
      evidence: {
        level: "registry signature",
        levelBefore: "attested build",
        comparedWith: "1.1.0",
        publisher: "mallory",
        isNewPublisher: true,
      },
    });
  });

  test("warns of an account that is new to the package", () => {
    const facts = published("1.2.0", 1, { publisher: "mallory" });
    const others = [published("1.1.0", 2)];
    expect(opinionOf("trust-downgrade", facts, { context: contextOf({ rules }), others })).toMatchObject({
      outcome: "warn",
      evidence: { isNewPublisher: true },
    });
  });
});
