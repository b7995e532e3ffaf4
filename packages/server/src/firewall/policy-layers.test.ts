import { PROFILES, RULE_IDS, type RuleId } from "@entrepot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVERYWHERE, layerPolicy, PROFILE_ROW, type PolicyChoice } from "./policy-layers.ts";
import { policyWarnings } from "./policy-warnings.ts";

function choice(rule: string, given: Partial<PolicyChoice>): PolicyChoice {
  return { registryId: EVERYWHERE, packages: EVERYWHERE, rule, mode: null, options: {}, ...given };
}

const strict = (registryId = EVERYWHERE): PolicyChoice =>
  choice(PROFILE_ROW, { registryId, options: { profile: "strict" } });

function entry(packages: string): { packages: string; range: string; reason: string } {
  return { packages, range: "*", reason: "" };
}

describe("what holds for a package", () => {
  it("is the standard profile where nothing was chosen", () => {
    const policy = layerPolicy([], "r");
    expect([policy.profile, policy.settingsOf("left")]).toEqual(["standard", PROFILES.standard]);
  });

  it("is the registry's profile, else the workspace's", () => {
    const standard = choice(PROFILE_ROW, { registryId: "r", options: { profile: "standard" } });
    expect(layerPolicy([strict()], "r").settingsOf("left")).toEqual(PROFILES.strict);
    expect(layerPolicy([strict(), standard], "r").profile).toBe("standard");
    expect(layerPolicy([standard, strict()], "other").profile).toBe("strict");
  });

  const layers = [
    choice("age", { mode: "enforce", options: { hours: 1, firstReleaseHours: 1 } }),
    choice("age", { packages: "@acme/*", options: { hours: 2 } }),
    choice("age", { packages: "@acme/ui-*", options: { hours: 3 } }),
    choice("age", { packages: "@acme/ui-kit", options: { hours: 4 } }),
    choice("age", { registryId: "r", options: { hours: 5 } }),
    choice("age", { registryId: "r", packages: "left-*", options: { hours: 6 } }),
    choice("age", { registryId: "r", packages: "left-pad", options: { hours: 7 } }),
    choice("age", { registryId: "other", packages: "left-pad", mode: "off" }),
  ];

  it.each([
    ["right", "elsewhere", 1],
    ["@acme/one", "elsewhere", 2],
    ["@acme/ui-one", "elsewhere", 3],
    ["@acme/ui-kit", "elsewhere", 4],
    // The registry's word is over the workspace's, however narrow that is.
    ["@acme/ui-kit", "r", 5],
    ["right", "r", 5],
    ["left-one", "r", 6],
    ["left-pad", "r", 7],
  ])("%s in %s: the narrowest choice of the registry, else of the workspace", (name, registry, hours) => {
    fc.assert(
      fc.property(fc.shuffledSubarray(layers, { minLength: layers.length }), (shuffled) => {
        const { age } = layerPolicy(shuffled, registry).settingsOf(name);
        expect(age).toMatchObject({ mode: "enforce", options: { hours, firstReleaseHours: 1, exempt: [] } });
      }),
    );
  });

  it("tells which choices made it, the one that won last", () => {
    const found = layerPolicy(layers, "r").choicesOf("left-pad");
    expect(found.map(({ options }) => options["hours"])).toEqual([1, 5, 6, 7]);
  });

  it("keeps what the workspace denies, whatever a registry denies beside", () => {
    const choices = [
      choice("deny-list", { options: { entries: [entry("bad")] } }),
      choice("deny-list", { registryId: "r", options: { entries: [entry("worse")] } }),
    ];
    const { options } = layerPolicy(choices, "r").settingsOf("left")["deny-list"];
    expect(options).toEqual({ entries: [entry("bad"), entry("worse")] });
  });

  it("has confirmed malware and operators' words in force, whatever was chosen before that was so", () => {
    const choices = ["malware", "operator-status"].map((rule) =>
      choice(rule, { registryId: "r", mode: "off" }),
    );
    const settings = layerPolicy(choices, "r").settingsOf("left");
    expect([settings.malware.mode, settings["operator-status"].mode]).toEqual(["enforce", "enforce"]);
  });

  it("is one object for names that the same choices match, and has every rule", () => {
    const policy = layerPolicy([...layers, choice("a rule of tomorrow", { mode: "off" })], "r");
    expect(policy.settingsOf("left-a")).toBe(policy.settingsOf("left-b"));
    expect(policy.settingsOf("left-a")).not.toBe(policy.settingsOf("left-pad"));
    expect(Object.keys(policy.settingsOf("constructor"))).toEqual(RULE_IDS);
    expect(policy.settingsOf("__proto__")).toBe(policy.settingsOf("right"));
  });
});

describe("warnings", () => {
  it("say which list wins where both name a package", () => {
    const choices = [
      choice("deny-list", { options: { entries: [entry("@acme/one"), entry("other")] } }),
      choice("allow-only", { mode: "enforce", options: { entries: [entry("@acme/*")] } }),
    ];
    expect(policyWarnings(choices, "r")).toEqual([
      "@acme/one (*) is in the deny-list, and @acme/* (*) in allow-only: the deny-list wins.",
    ]);
  });

  it.each<[string, PolicyChoice[], RegExp]>([
    ["an empty list", [choice("allow-only", { mode: "enforce" })], /lists nothing/],
    ["suspicion off", [choice("suspected-malware", { mode: "off" })], /one source alone reports.*is served/],
    ["claims off", [choice("name-claim", { mode: "shadow" })], /names that are claimed/],
    ["a damaged row", [choice("age", { mode: "enforce", problem: "It is damaged." })], /damaged/],
    [
      "a weaker registry",
      [choice("age", { mode: "enforce" }), choice("age", { registryId: "r", mode: "off" })],
      /The workspace has age on enforce, this registry on off: the registry's own choice wins/,
    ],
    [
      "a choice below the profile",
      [strict("r"), choice("prerelease", { mode: "off" })],
      /prerelease.*wins over/,
    ],
    [
      "a licence in both lists",
      [choice("licence", { options: { allowed: ["MIT"], denied: ["MIT"] } })],
      /MIT is both allowed and denied: denied wins/,
    ],
  ])("%s", (_what, choices, text) => {
    expect(policyWarnings(choices, "r")).toEqual([expect.stringMatching(text)]);
  });

  it("there are none of what is out of the box", () => {
    const rules: RuleId[] = [...RULE_IDS];
    expect([policyWarnings([], "r"), policyWarnings([strict()], "r"), rules.length]).toEqual([[], [], 22]);
  });
});
