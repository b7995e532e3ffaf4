import { describe, expect, it } from "vitest";
import type { PackageAdvisory } from "./advisory.ts";
import { applyAssessments, ASSESSMENT_TYPES, type Assessment } from "./assess.ts";
import { RISK_PROFILE } from "./risk.ts";

const NOW = 1_000;

function advisory(id: string, known: Partial<PackageAdvisory> = {}): PackageAdvisory {
  return {
    id,
    aliases: [],
    kind: "vulnerability",
    summary: "wrong",
    url: "https://example.test",
    severity: "high",
    score: 7.5,
    vector: null,
    cwes: [],
    publishedAt: 0,
    modifiedAt: 0,
    withdrawnAt: null,
    feed: "osv",
    origins: ["osv"],
    epss: null,
    kevSince: null,
    affected: { versions: ["1.0.0"], intervals: [] },
    ...known,
  };
}

function said(
  id: string,
  type: keyof typeof ASSESSMENT_TYPES | { severity: Assessment["severity"] },
  more: Partial<Assessment> = {},
): Assessment {
  const effect = typeof type === "string" ? ASSESSMENT_TYPES[type] : { ...type, assessedAs: null };
  return { ...effect, advisory: id, isOfRegistry: false, setAt: 0, expiresAt: null, ...more };
}

function apply(
  list: readonly PackageAdvisory[],
  ...assessments: Assessment[]
): { told: string[]; endsAt: number | null } {
  const groups = new Map<string, Assessment[]>();
  for (const one of assessments) groups.set(one.advisory, [...(groups.get(one.advisory) ?? []), one]);
  const { advisories, endsAt } = applyAssessments(list, { byAdvisory: groups, automatic: null }, NOW);
  return {
    told: advisories.map(({ id, severity, assessedAs }) => `${id} ${severity} ${assessedAs ?? "-"}`),
    endsAt,
  };
}

describe("advisories that were assessed", () => {
  const ghsa = advisory("GHSA-1", { aliases: ["CVE-1"] });

  it.each([
    ["nothing", [], ["GHSA-1 high -"]],
    ["another issue", [said("CVE-2", "monitor")], ["GHSA-1 high -"]],
    ["monitor", [said("GHSA-1", "monitor")], []],
    ["monitor, by an alias", [said("CVE-1", "monitor")], []],
    ["remediate", [said("GHSA-1", "remediate")], ["GHSA-1 high remediate"]],
    ["contain", [said("GHSA-1", "contain")], ["GHSA-1 high contain"]],
    ["another severity", [said("GHSA-1", { severity: "low" })], ["GHSA-1 low -"]],
    ["its own severity", [said("GHSA-1", { severity: null })], ["GHSA-1 high -"]],
    ["what ended", [said("GHSA-1", "monitor", { expiresAt: NOW })], ["GHSA-1 high -"]],
    [
      "an older word and a newer one",
      [said("GHSA-1", "monitor", { setAt: 1 }), said("CVE-1", "contain", { setAt: 2 })],
      ["GHSA-1 high contain"],
    ],
    [
      "the registry's word and a newer one for all",
      [said("GHSA-1", "monitor", { isOfRegistry: true }), said("CVE-1", "contain", { setAt: 2 })],
      [],
    ],
    [
      "the registry's word that ended and one for all",
      [said("GHSA-1", "monitor", { isOfRegistry: true, expiresAt: 1 }), said("GHSA-1", "remediate")],
      ["GHSA-1 high remediate"],
    ],
  ])("as %s", (_what, assessments, told) => {
    expect(apply([ghsa], ...assessments).told).toEqual(told);
  });

  it("are all that tell of one issue, also by way of a third one", () => {
    const list = [ghsa, advisory("OSV-1", { aliases: ["CVE-1"] }), advisory("GHSA-9")];
    expect(apply(list, said("OSV-1", "monitor")).told).toEqual(["GHSA-9 high -"]);
  });

  it("stay what they are where they tell of malware", () => {
    const list = [advisory("MAL-1", { kind: "malware", severity: "critical", aliases: ["GHSA-1"] }), ghsa];
    expect(apply(list, said("MAL-1", "monitor")).told).toEqual(["MAL-1 critical -", "GHSA-1 high -"]);
    expect(apply(list, said("GHSA-1", "monitor")).told).toEqual(["MAL-1 critical -"]);
  });

  it("count as their category says where nobody assessed them", () => {
    const profile = { ...RISK_PROFILE, exploitedLeast: 5 as const };
    const effects = new Map([
      [2 as const, ASSESSMENT_TYPES.monitor],
      [5 as const, ASSESSMENT_TYPES.contain],
    ]);
    const low = { score: 2.5, severity: "low" } as const;
    const list = [
      advisory("GHSA-1", { ...low, aliases: ["CVE-1"] }),
      advisory("GHSA-2", low),
      advisory("GHSA-3", { ...low, kevSince: "2026-01-01" }),
      advisory("GHSA-4"),
      advisory("GHSA-5", { ...low, aliases: ["GHSA-6"] }),
      advisory("GHSA-6", { score: 5 }),
      advisory("MAL-1", { kind: "malware" }),
    ];
    const byAdvisory = new Map([["CVE-1", [said("CVE-1", "remediate")]]]);
    const { advisories } = applyAssessments(list, { byAdvisory, automatic: { profile, effects } }, NOW);
    expect(advisories.map(({ id, assessedAs }) => `${id} ${assessedAs ?? "-"}`)).toEqual([
      "GHSA-1 remediate",
      "GHSA-3 contain",
      "GHSA-4 -",
      "GHSA-5 -",
      "GHSA-6 -",
      "MAL-1 -",
    ]);
  });

  it("come with the time at which the first assessment that counts ends", () => {
    const list = [ghsa, advisory("GHSA-2"), advisory("GHSA-3")];
    const ends = [
      said("GHSA-1", "monitor", { expiresAt: 3_000 }),
      said("GHSA-2", "contain", { expiresAt: 2_000 }),
      said("GHSA-4", "contain", { expiresAt: 1_500 }),
    ];
    expect(apply(list, ...ends).endsAt).toBe(2_000);
    expect(apply(list, said("GHSA-1", "monitor")).endsAt).toBeNull();
  });
});
