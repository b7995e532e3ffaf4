import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  aliasGroups,
  bulkAuditAnswer,
  isAffected,
  matchAdvisories,
  npmRangeOf,
  parseOsvRecord,
  type AffectedVersions,
  type PackageAdvisory,
} from "@entrepot/core";
import semver from "semver";
import { beforeAll, describe, expect, test } from "vitest";
import { openPromise } from "yauzl";

const DATA = fileURLToPath(new URL("../../../../../shared/data/advisories/", import.meta.url));

interface Case {
  case: string;
  package: string;
  version: string;
  expected: string[];
  alias_groups: string[][];
  expected_withdrawn: string[];
}

/** Real records with answers that were found by hand; the data is not part of the repository. */
describe.runIf(existsSync(`${DATA}osv-npm.zip`))("real advisories", () => {
  const advisories = new Map<string, PackageAdvisory[]>();
  const problems: string[] = [];
  let records = 0;

  beforeAll(async () => {
    const zip = await openPromise(`${DATA}osv-npm.zip`);
    for await (const entry of zip.eachEntry()) {
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      const parsed = parseOsvRecord(JSON.parse(Buffer.concat(chunks).toString("utf8")), "osv");
      records += 1;
      if ("problem" in parsed) problems.push(`${entry.fileName}: ${parsed.problem}`);
      else for (const [name, affected] of parsed.packages) add(name, { ...parsed.advisory, affected });
    }
  }, 180_000);

  function add(name: string, advisory: PackageAdvisory): void {
    const list = advisories.get(name);
    if (list === undefined) advisories.set(name, [advisory]);
    else list.push(advisory);
  }

  test("every record is taken", () => {
    expect(problems).toEqual([]);
    expect(records).toBe(26_284);
    expect(advisories.size).toBe(25_041);
  });

  test.each(casesIn(DATA))("$case: $package@$version", (expected) => {
    const list = advisories.get(expected.package) ?? [];
    const matches = matchAdvisories(list, expected.version);
    expect(idsOf(matches)).toEqual(expected.expected);
    expect(aliasGroups(matches).map(idsOf).sort(byText)).toEqual(expected.alias_groups.toSorted(byText));
    const withdrawn = list.filter(({ withdrawnAt }) => withdrawnAt !== null);
    expect(idsOf(withdrawn.filter(({ affected }) => isAffected(affected, expected.version)))).toEqual(
      expected.expected_withdrawn,
    );
    const answer = bulkAuditAnswer(new Map([[expected.package, [expected.version]]]), () => list);
    expect(answer[expected.package]?.length ?? 0).toBe(expected.alias_groups.length);
  });

  test("npm evaluates the range of every record as we do", () => {
    const options = { includePrerelease: true, loose: true };
    for (const { id, affected } of [...advisories.values()].flat()) {
      const range = npmRangeOf(affected);
      const different = near(affected).filter(
        (version) => semver.satisfies(version, range, options) !== isAffected(affected, version),
      );
      expect(different, `${id}: ${range}`).toEqual([]);
    }
  });
});

function casesIn(folder: string): Case[] {
  if (!existsSync(`${folder}expected.json`)) return [];
  return (JSON.parse(readFileSync(`${folder}expected.json`, "utf8")) as { cases: Case[] }).cases;
}

function idsOf(list: readonly PackageAdvisory[]): string[] {
  return list.map(({ id }) => id).sort();
}

function byText(a: string[], b: string[]): number {
  return a.join() < b.join() ? -1 : 1;
}

/** The bounds of what is affected, with pre-releases of them and what follows. */
function near({ versions, intervals }: AffectedVersions): string[] {
  const bounds = [
    ...versions,
    ...intervals.flatMap(({ introduced, end }) => [introduced, end?.version ?? "1.0.0"]),
  ];
  return bounds
    .flatMap((bound) => [bound, `${bound.split("-")[0]}-rc.1`, semver.inc(bound, "patch") ?? bound])
    .filter((version) => semver.valid(version) === version);
}
