import { describe, expect, test } from "vitest";
import { reportIssues } from "./audit-answer.ts";
import { createIssueIds } from "./audit-issues.ts";
import { parseAuditTree } from "./audit-tree.ts";
import { toldIssue, type ToldAdvisory } from "./told-issue.ts";

const TOLD: ToldAdvisory = {
  id: 1_234,
  url: "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
  title: "Left is wrong",
  severity: "high",
  vulnerable_versions: ">=1.0.0 <1.1.0",
  cwe: ["CWE-1"],
  cvss: { score: 7.5, vectorString: null },
};
const question = (versions: readonly string[]): Parameters<typeof toldIssue>[1] => ({
  name: "left",
  versions,
  ids: createIssueIds(),
  source: "upstream",
  now: Date.UTC(2026, 0, 1),
});

describe("toldIssue", () => {
  test("keeps what was told and adds what clients need besides", () => {
    expect(toldIssue(TOLD, question(["1.0.5"])).issue).toEqual({
      ...TOLD,
      patched_versions: ">=1.1.0",
      cves: [],
      github_advisory_id: "GHSA-35jh-r3h4-6jhm",
      source: "upstream",
    });
  });

  test.each([
    ["<2.0.0", ">=2.0.0"],
    [">= 1.0.0 < 1.2.0-rc.1", ">=1.2.0-rc.1"],
    ["<=2.0.0", "<0.0.0"],
    ["*", "<0.0.0"],
    ["<1.0.0 || >=2.0.0 <2.1.0", "<0.0.0"],
  ])("knows the fix of %s only where it is plain: %s", (vulnerable_versions, patched) => {
    expect(toldIssue({ ...TOLD, vulnerable_versions }, question([])).issue.patched_versions).toBe(patched);
  });

  test("gives texts a number, and speaks of no severity on which pnpm stops", () => {
    const { id, severity } = toldIssue({ ...TOLD, id: "X-1", severity: "info" }, question([])).issue;
    expect([Number.isInteger(id) && id > 0 && id < 2 ** 31, severity]).toEqual([true, "low"]);
    expect(toldIssue({ ...TOLD, id: "X-2", severity: "info" }, question([])).issue.id).not.toBe(id);
  });

  test("is reported where its range covers what is installed, pre-releases and loose spellings included", () => {
    const tree = {
      name: "app",
      requires: { left: "*", other: "*" },
      dependencies: {
        left: { version: "1.1.0-rc.1" },
        other: { version: "1.0.0", requires: { left: "*" }, dependencies: { left: { version: "1.1.0" } } },
      },
    };
    const report = (told: ToldAdvisory): unknown[] =>
      Object.values(
        reportIssues(
          parseAuditTree(tree),
          (name, versions) => (name === "left" ? [toldIssue(told, question(versions))] : []),
          "upstream",
        ).advisories,
      ).map(({ module_name, findings, created }) => [module_name, findings, created]);
    expect(report(TOLD)).toEqual([
      [
        "left",
        [expect.objectContaining({ version: "1.1.0-rc.1", paths: ["left"] })],
        "2026-01-01T00:00:00.000Z",
      ],
    ]);
    expect(report({ ...TOLD, vulnerable_versions: "<0.5.0" })).toEqual([]);
    const unreadable = report({ ...TOLD, vulnerable_versions: "all but the good ones" });
    expect(unreadable).toEqual([
      ["left", expect.arrayContaining([expect.anything(), expect.anything()]), expect.anything()],
    ]);
  });
});
