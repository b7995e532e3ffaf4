import semver from "semver";
import { describe, expect, test } from "vitest";
import type { PackageAdvisory } from "./advisory.ts";
import { auditReport, bulkAuditAnswer } from "./audit-answer.ts";
import { parseAuditTree } from "./audit-tree.ts";
import { parseOsvRecord } from "./parse-osv.ts";

const GHSA = "GHSA-35jh-r3h4-6jhm";
const CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

/** Advisories by name, from records in short: which package, which events. */
function advisoriesOf(
  ...records: { name: string; events: Record<string, string>[]; [member: string]: unknown }[]
): (name: string) => PackageAdvisory[] {
  const all = records.flatMap(({ name, events, ...record }) => {
    const affected = [{ package: { ecosystem: "npm", name }, ranges: [{ type: "SEMVER", events }] }];
    const parsed = parseOsvRecord({ modified: "2026-01-02T03:04:05Z", affected, ...record }, "osv");
    if ("problem" in parsed) throw new Error(parsed.problem);
    return Array.from(parsed.packages, ([of, said]) => ({
      of,
      advisory: { ...parsed.advisory, affected: said },
    }));
  });
  return (name) => all.filter(({ of }) => of === name).map(({ advisory }) => advisory);
}

const LODASH = {
  name: "lodash",
  events: [{ introduced: "0" }, { fixed: "4.17.21" }],
  id: GHSA,
  aliases: ["CVE-2021-23337"],
  summary: "Command injection in lodash",
  severity: [{ type: "CVSS_V3", score: CRITICAL }],
  database_specific: { cwe_ids: ["CWE-77", "CWE-94"] },
};

describe("bulkAuditAnswer", () => {
  test("tells what clients read, of packages with an issue only", () => {
    const wanted = new Map([
      ["lodash", ["4.17.20", "4.17.21"]],
      ["express", ["4.0.0"]],
    ]);
    expect(bulkAuditAnswer(wanted, advisoriesOf(LODASH))).toEqual({
      lodash: [
        {
          id: expect.any(Number),
          url: `https://github.com/advisories/${GHSA}`,
          title: "Command injection in lodash",
          severity: "critical",
          vulnerable_versions: "<4.17.21",
          patched_versions: ">=4.17.21",
          cwe: ["CWE-77", "CWE-94"],
          cvss: { score: 9.8, vectorString: CRITICAL },
          cves: ["CVE-2021-23337"],
          github_advisory_id: GHSA,
          source: "osv",
        },
      ],
    });
    expect(bulkAuditAnswer(new Map([["lodash", ["4.17.21"]]]), advisoriesOf(LODASH))).toEqual({});
  });

  test("is one entry for one issue, with all that its advisories say, whatever is asked", () => {
    const list = advisoriesOf(
      LODASH,
      {
        name: "lodash",
        events: [{ introduced: "4.17.21" }, { fixed: "4.18.0" }],
        id: "OWN-1",
        aliases: ["CVE-2021-23337", "CVE-2021-99999"],
        database_specific: { severity: "LOW", cwe_ids: ["CWE-1"] },
      },
      {
        name: "lodash",
        events: [{ introduced: "0" }],
        id: "OWN-2",
        aliases: [GHSA],
        withdrawn: "2026-01-03T00:00:00Z",
      },
    );
    const [old, newer] = ["4.0.0", "4.17.21"].map((version) => {
      return bulkAuditAnswer(new Map([["lodash", [version]]]), list)["lodash"];
    });
    expect(old).toEqual(newer);
    expect(old).toEqual([
      expect.objectContaining({
        severity: "critical",
        vulnerable_versions: "<4.18.0",
        patched_versions: ">=4.18.0",
        cves: ["CVE-2021-23337", "CVE-2021-99999"],
        cwe: ["CWE-77", "CWE-94", "CWE-1"],
      }),
    ]);
  });

  test("has ids that every client can read: stable, below 2^31, another for each package and severity", () => {
    const names = Array.from({ length: 500 }, (_, index) => `p${index}`);
    const records = names.map((name, index) => ({ ...LODASH, name, id: index % 2 ? GHSA : `OWN-${index}` }));
    const wanted = new Map(names.map((name) => [name, ["1.0.0"]]));
    const ids = Object.values(bulkAuditAnswer(wanted, advisoriesOf(...records))).map(
      ([issue]) => issue?.id ?? 0,
    );
    expect(new Set(ids).size).toBe(500);
    expect(ids.every((id) => Number.isInteger(id) && id > 0 && id < 2 ** 31)).toBe(true);
    const alone = bulkAuditAnswer(new Map([["p7", ["1.0.0"]]]), advisoriesOf(...records));
    expect(alone["p7"]?.[0]?.id).toBe(ids[7]);
    const lower = { ...LODASH, name: "p7", severity: [], database_specific: { severity: "LOW" } };
    const changed = bulkAuditAnswer(new Map([["p7", ["1.0.0"]]]), advisoriesOf(lower));
    expect(changed["p7"]?.[0]?.id).not.toBe(ids[7]);
  });

  test("knows malware, unknown severity, and one of none", () => {
    const list = advisoriesOf(
      { name: "evil", events: [{ introduced: "0" }], id: "MAL-2026-1", aliases: ["GHSA-cqcc-67hr-qxff"] },
      { name: "odd", events: [{ introduced: "0" }], id: "OWN-1" },
      {
        name: "harmless",
        events: [{ introduced: "0" }],
        id: "OWN-2",
        severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N" }],
      },
    );
    const wanted = new Map(["evil", "odd", "harmless"].map((name) => [name, ["1.0.0-rc.1"]]));
    expect(bulkAuditAnswer(wanted, list)).toMatchObject({
      evil: [
        {
          severity: "critical",
          title: "MAL-2026-1",
          vulnerable_versions: "*",
          patched_versions: "<0.0.0",
          github_advisory_id: "GHSA-cqcc-67hr-qxff",
        },
      ],
      odd: [{ severity: "high", cvss: { score: 0, vectorString: null }, cwe: [], cves: [] }],
      harmless: [{ severity: "low" }],
    });
  });

  test("every range holds every version that was asked about and is affected", () => {
    const list = advisoriesOf(LODASH, {
      ...LODASH,
      id: "OWN-9",
      aliases: [],
      events: [{ introduced: "5.0.0-rc.1" }],
    });
    const issues =
      bulkAuditAnswer(new Map([["lodash", ["4.17.21-rc.1", "5.0.0-rc.2"]]]), list)["lodash"] ?? [];
    const ranges = issues.map(({ vulnerable_versions: range }) => range);
    const options = { includePrerelease: true, loose: true };
    expect(ranges.map((range) => semver.satisfies("4.17.21-rc.1", range, options))).toEqual([true, false]);
    expect(ranges.map((range) => semver.satisfies("5.0.0-rc.2", range, options))).toEqual([false, true]);
  });

  test("names of an object's members are packages like others", () => {
    const list = advisoriesOf({ ...LODASH, name: "constructor" });
    const answer = bulkAuditAnswer(
      new Map(["constructor", "__proto__", "toString"].map((name) => [name, ["1.0.0"]])),
      list,
    );
    expect(Object.keys(answer)).toEqual(["constructor"]);
  });
});

describe("auditReport", () => {
  const tree = {
    requires: { express: "*", grunt: "*" },
    dependencies: {
      express: {
        version: "4.0.0",
        requires: { lodash: "*" },
        dependencies: { lodash: { version: "4.17.20" } },
      },
      grunt: { version: "1.0.0", dev: true, requires: { lodash: "*" } },
      lodash: { version: "3.0.0", dev: true },
      fsevents: { version: "2.0.0", optional: true },
    },
  };

  test("tells places, counts and where it comes from", () => {
    const report = auditReport(parseAuditTree(tree), advisoriesOf(LODASH), "osv of 2026-11-20");
    const [id = ""] = Object.keys(report.advisories);
    const place = { id: Number(id), optional: false, bundled: false };
    expect(report.actions).toEqual([
      {
        action: "review",
        module: "lodash",
        resolves: [
          { ...place, path: "grunt>lodash", dev: true },
          { ...place, path: "express>lodash", dev: false },
        ],
      },
    ]);
    expect(report.advisories[id]).toMatchObject({
      id: Number(id),
      module_name: "lodash",
      findings: [
        { version: "3.0.0", paths: ["grunt>lodash"], dev: true },
        { version: "4.17.20", paths: ["express>lodash"], dev: false },
      ],
      recommendation: "Upgrade to version 4.17.21 or later",
      vulnerable_versions: "<4.17.21",
      patched_versions: ">=4.17.21",
      created: "2026-01-02T03:04:05.000Z",
      cves: ["CVE-2021-23337"],
    });
    expect(report.muted).toEqual([]);
    expect(report.metadata).toEqual({
      vulnerabilities: { info: 0, low: 0, moderate: 0, high: 0, critical: 2 },
      dependencies: 2,
      devDependencies: 2,
      optionalDependencies: 1,
      totalDependencies: 5,
      source: "osv of 2026-11-20",
    });
  });

  test("finds what is installed under another name, and not what is called like it", () => {
    const nodes = parseAuditTree({
      dependencies: { lodash: { version: "npm:left-pad@1.0.0" }, _: { version: "npm:lodash@1.0.0" } },
    });
    const report = auditReport(nodes, advisoriesOf(LODASH), "osv");
    expect(Object.values(report.advisories).map(({ findings }) => findings[0]?.paths)).toEqual([["_"]]);
  });

  test("has nothing to say of a clean tree", () => {
    const report = auditReport(parseAuditTree(tree), () => [], "osv");
    expect(report).toMatchObject({
      actions: [],
      advisories: {},
      metadata: { vulnerabilities: { critical: 0 } },
    });
  });
});
