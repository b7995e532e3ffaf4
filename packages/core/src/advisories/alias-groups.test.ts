import { expect, test } from "vitest";
import type { Advisory } from "./advisory.ts";
import { aliasGroups } from "./alias-groups.ts";
import { parseOsvRecord } from "./parse-osv.ts";

const SCORED = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N";

test("joins by id and by shared aliases, also by way of a third", () => {
  expect(
    idsOf([
      { id: "GHSA-a", aliases: ["CVE-1"] },
      { id: "GHSA-b", aliases: ["CVE-2"] },
      { id: "SNYK-c", aliases: ["CVE-1", "SNYK-x"] },
      { id: "OWN-d" },
      { id: "OSS-e", aliases: ["SNYK-x"] },
      { id: "CVE-2" },
    ]),
  ).toEqual([["GHSA-a", "OSS-e", "SNYK-c"], ["GHSA-b", "CVE-2"], ["OWN-d"]]);
});

test("does not join what is only related or upstream", () => {
  expect(
    idsOf([{ id: "GHSA-a", related: ["CVE-1"] }, { id: "GHSA-b", upstream: ["CVE-1"] }, { id: "CVE-1" }]),
  ).toEqual([["GHSA-a"], ["GHSA-b"], ["CVE-1"]]);
});

test("puts malware first, then a scored severity, then a word, then none", () => {
  const aliases = ["CVE-1"];
  expect(
    idsOf([
      { id: "OWN-none", aliases },
      { id: "OWN-word", aliases, database_specific: { severity: "CRITICAL" } },
      { id: "OWN-scored", aliases, severity: [{ type: "CVSS_V3", score: SCORED }] },
      { id: "MAL-1", aliases },
      { id: "GHSA-word", aliases, database_specific: { severity: "CRITICAL" } },
      { id: "OWN-low", aliases, database_specific: { severity: "LOW" } },
    ]),
  ).toEqual([["MAL-1", "OWN-scored", "GHSA-word", "OWN-word", "OWN-low", "OWN-none"]]);
});

test("takes ten thousand that are one chain", () => {
  const chain = Array.from({ length: 10_000 }, (_, index) => ({
    id: `A-${index}`,
    aliases: [`A-${index + 1}`],
  }));
  expect(idsOf(chain).map((group) => group.length)).toEqual([10_000]);
  expect(idsOf(chain.toReversed()).map((group) => group.length)).toEqual([10_000]);
});

test("names of an object's members are ids like others", () => {
  expect(
    idsOf([{ id: "constructor", aliases: ["toString"] }, { id: "toString" }, { id: "valueOf" }]),
  ).toEqual([["constructor", "toString"], ["valueOf"]]);
});

function idsOf(records: readonly Record<string, unknown>[]): string[][] {
  return aliasGroups(records.map(advisoryOf)).map((group) => group.map(({ id }) => id));
}

function advisoryOf(record: Record<string, unknown>): Advisory {
  const parsed = parseOsvRecord({ modified: "2026-01-01T00:00:00Z", ...record }, "test");
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed.advisory;
}
