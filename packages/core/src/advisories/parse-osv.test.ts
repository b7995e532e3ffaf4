import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseOsvRecord } from "./parse-osv.ts";

const NPM = { ecosystem: "npm", name: "left-pad" };
const BASE = { id: "GHSA-a", modified: "2026-01-02T03:04:05Z" };

function parsed(
  record: Record<string, unknown>,
): Exclude<ReturnType<typeof parseOsvRecord>, { problem: string }> {
  const result = parseOsvRecord({ ...BASE, ...record }, "osv");
  if ("problem" in result) throw new Error(result.problem);
  return result;
}

function entryOf(events: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { affected: [{ package: NPM, ranges: [{ type: "SEMVER", events }], ...more }] };
}

describe("parseOsvRecord", () => {
  test("reads a record of GitHub's database", () => {
    const vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    const record = {
      schema_version: "1.6.0",
      id: "GHSA-33f9-j839-rf8h",
      aliases: ["CVE-2021-23436", "CVE-2021-23436", "GHSA-33f9-j839-rf8h"],
      summary: "Prototype pollution in immer",
      modified: "2025-01-14T09:12:14.521021Z",
      published: "2021-09-02T17:17:37Z",
      withdrawn: "2025-02-01T00:00:00.123456789Z",
      severity: [{ type: "CVSS_V3", score: vector }],
      affected: [
        {
          package: { ecosystem: "npm", name: "immer", purl: "pkg:npm/immer" },
          ranges: [{ type: "SEMVER", events: [{ introduced: "7.0.0" }, { fixed: "9.0.6" }] }],
        },
      ],
      references: [{ type: "ADVISORY", url: "https://nvd.example/CVE-2021-23436" }],
      database_specific: { cwe_ids: ["CWE-1321", "CWE-843", "nonsense"], severity: "LOW" },
    };
    expect(parseOsvRecord(record, "osv")).toEqual({
      advisory: {
        id: "GHSA-33f9-j839-rf8h",
        aliases: ["CVE-2021-23436"],
        kind: "vulnerability",
        summary: "Prototype pollution in immer",
        url: "https://github.com/advisories/GHSA-33f9-j839-rf8h",
        severity: "critical",
        score: 9.8,
        vector,
        cwes: ["CWE-1321", "CWE-843"],
        publishedAt: Date.parse("2021-09-02T17:17:37Z"),
        modifiedAt: Date.parse("2025-01-14T09:12:14.521Z"),
        withdrawnAt: Date.parse("2025-02-01T00:00:00.123Z"),
        feed: "osv",
        origins: ["osv"],
        epss: null,
        kevSince: null,
      },
      packages: new Map([
        [
          "immer",
          { versions: [], intervals: [{ introduced: "7.0.0", end: { kind: "fixed", version: "9.0.6" } }] },
        ],
      ]),
    });
  });

  test("passes over other ecosystems and entries without a package, and joins those of one package", () => {
    const { packages } = parsed({
      affected: [
        { package: { ecosystem: "PyPI", name: "left-pad" }, versions: ["9.9.9"] },
        { package: { ecosystem: "npm:8", name: "left-pad" }, versions: ["9.9.9"] },
        { package: { ecosystem: "NPM", name: "left-pad" }, versions: ["9.9.9"] },
        { ranges: [{ type: "GIT", repo: "x", events: [{ introduced: "0" }] }] },
        { package: NPM, versions: ["1.0.0", "1.0.0+build"] },
        { package: { ecosystem: "npm", name: "Left-Pad" }, versions: ["2.0.0"] },
        {
          package: NPM,
          versions: ["1.0.1", "v3"],
          ranges: [
            { type: "GIT", repo: "x", events: [{ introduced: "deadbeef" }] },
            { type: "ECOSYSTEM", events: [{ introduced: "2.0.0" }] },
          ],
        },
      ],
    });
    expect(packages).toEqual(
      new Map([
        ["left-pad", { versions: ["1.0.0", "1.0.1", "v3"], intervals: [{ introduced: "2.0.0", end: null }] }],
        ["Left-Pad", { versions: ["2.0.0"], intervals: [] }],
      ]),
    );
    expect(parsed({ affected: [] }).packages.size).toBe(0);
    expect(parsed({}).packages.size).toBe(0);
  });

  test.each([
    [{ id: "MAL-2026-1" }, "MAL id"],
    [{ aliases: ["MAL-2026-1"] }, "MAL alias"],
    [{ database_specific: { cwe_ids: ["CWE-506"] } }, "weakness"],
    [
      entryOf([{ introduced: "0" }], { database_specific: { cwes: [{ cweId: "CWE-506" }] } }),
      "weakness of an entry",
    ],
    [{ id: "LWA-1", summary: "Malicious code in left-pad (npm)" }, "a feed's title"],
    [{ summary: "Malicious Package in left-pad" }, "old title of GitHub's"],
    [{ summary: "debug@4.4.2 contains malware after npm account takeover" }, "title"],
  ])("%j is malware by %s", (record) => {
    expect(parsed({ ...record }).advisory).toMatchObject({ kind: "malware", severity: "critical" });
  });

  test.each([
    { summary: "Opening a malicious website could allow access" },
    { summary: "XSS through malicious code in left-pad comments" },
    { id: "OWN-1", summary: "Malicious Package in left-pad" },
    { database_specific: { cwe_ids: ["CWE-79"] } },
    { related: ["MAL-2026-1"] },
  ])("%j is no malware", (record) => {
    expect(parsed(record).advisory.kind).toBe("vulnerability");
  });

  const [v2, v3, v4] = [
    { type: "CVSS_V2", score: "AV:N/AC:L/Au:N/C:P/I:P/A:P" },
    { type: "CVSS_V3", score: "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N" },
    { type: "CVSS_V4", score: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N" },
  ];
  const zero = { type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N" };
  const word = { severity: "MODERATE" };
  test.each([
    ["CVSS 2", { severity: [v2] }, "high", 7.5],
    ["CVSS 3", { severity: [v3] }, "moderate", 5.3],
    ["CVSS 4", { severity: [v4] }, "critical", 9.3],
    ["the newest of several", { severity: [v2, v3, v4], database_specific: word }, "critical", 9.3],
    ["the feed's word", { severity: [], database_specific: word }, "moderate", null],
    [
      "the word of an entry",
      entryOf([{ introduced: "0" }], { database_specific: { severity: "high" } }),
      "high",
      null,
    ],
    ["a vector of an entry", entryOf([{ introduced: "0" }], { severity: [v3] }), "moderate", 5.3],
    ["nothing", {}, null, null],
    ["an unknown word", { database_specific: { severity: "terrible" } }, null, null],
    ["a vector of zero", { severity: [zero] }, "none", 0],
    [
      "a word where the vector was not filled in",
      { severity: [zero], database_specific: word },
      "moderate",
      null,
    ],
    [
      "a word where the vector is not valid",
      { severity: [{ type: "CVSS_V3", score: "AV:N" }], database_specific: word },
      "moderate",
      null,
    ],
    [
      "a word where the vector is not complete",
      { severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N" }], database_specific: word },
      "moderate",
      null,
    ],
    ["nothing of a future version", { severity: [{ type: "CVSS_V5", score: "CVSS:5.0/AV:N" }] }, null, null],
    [
      "nothing of a vector without end",
      { severity: [{ ...v3, score: v3.score + "/E:X".repeat(200) }] },
      null,
      null,
    ],
  ] as const)("takes the severity from %s", (...[, record, severity, score]) => {
    expect(parsed({ ...record }).advisory).toMatchObject({ severity, score });
  });

  test("names who found it, and counts GitHub's database once", () => {
    const origins = [
      { source: "ghsa-malware", id: "x" },
      { source: "reversing-labs" },
      { source: "ghsa-malware" },
      { source: 7 },
      { source: " " },
    ];
    const named = { id: "MAL-2026-1", database_specific: { "malicious-packages-origins": origins } };
    expect(parsed(named).advisory.origins).toEqual(["ghsa-malware", "reversing-labs"]);
    expect(parsed({ aliases: ["MAL-2026-1"] }).advisory.origins).toEqual(["ghsa-malware"]);
    expect(parsed({ ...named, id: "LWA-1", aliases: ["MAL-2026-1"] }).advisory.origins).toEqual(["osv"]);
    expect(parsed({}).advisory.origins).toEqual(["osv"]);
  });

  test("sends people to the page of the advisory", () => {
    const references = [
      { type: "WEB", url: "https://web.example" },
      { type: "REPORT", url: "https://report.example/1" },
      { type: "ADVISORY", url: "javascript:alert(1)" },
      { type: "ADVISORY", url: "https://advisory.example/1" },
    ];
    expect(parsed({ references }).advisory.url).toBe("https://github.com/advisories/GHSA-a");
    expect(parsed({ id: "MAL-1", references }).advisory.url).toBe("https://advisory.example/1");
    expect(parsed({ id: "MAL-1", references: references.slice(0, 3) }).advisory.url).toBe(
      "https://report.example/1",
    );
    expect(parsed({ id: "MAL-1" }).advisory.url).toBe("https://osv.dev/vulnerability/MAL-1");
  });

  test("sends nobody to a public page for what was made up here", () => {
    const urlOf = (record: object): unknown => {
      const read = parseOsvRecord({ ...BASE, ...record }, "own");
      return "advisory" in read ? read.advisory.url : read.problem;
    };
    expect(urlOf({ id: "OWN-2026-1" })).toBe("");
    expect(urlOf({ id: "CVE-2026-1" })).toBe("https://osv.dev/vulnerability/CVE-2026-1");
    const references = [{ type: "ADVISORY", url: "https://wiki.example/1" }];
    expect(urlOf({ id: "OWN-2026-1", references })).toBe("https://wiki.example/1");
  });

  test("makes one clean line of the summary", () => {
    expect(parsed({ summary: "red \u001B[31malert\u0007\nsecond" }).advisory.summary).toBe("red [31malert");
    expect(parsed({ details: "\n First line \r\n more" }).advisory.summary).toBe("First line");
    expect(parsed({ summary: "  " }).advisory.summary).toBe("GHSA-a");
    expect(parsed({ summary: "a".repeat(100_000) }).advisory.summary).toHaveLength(300);
  });

  test.each([
    ["text", "GHSA-a", "not a JSON object"],
    ["null", null, "not a JSON object"],
    ["a list", [BASE], "not a JSON object"],
    ["no id", { modified: BASE.modified }, "id is not a text"],
    ["an id that is a path", { ...BASE, id: "../../etc/passwd" }, "not an advisory's id"],
    ["__proto__ as id", { ...BASE, id: "__proto__" }, "not an advisory's id"],
    ["a long id", { ...BASE, id: "A".repeat(200) }, "more than 128 characters"],
    ["an alias with a line break", { ...BASE, aliases: ["CVE-1\nx"] }, "not an advisory's id"],
    ["aliases as a text", { ...BASE, aliases: "CVE-1" }, "aliases is not a list"],
    ["aliases of numbers", { ...BASE, aliases: [1] }, "wrong type"],
    [
      "too many aliases",
      { ...BASE, aliases: Array.from({ length: 501 }, (_, i) => `A-${i}`) },
      "more than 500",
    ],
    ["no time of change", { id: "GHSA-a" }, "modified is missing"],
    ["a time that is none", { ...BASE, modified: "yesterday" }, "modified is not a time"],
    ["a number as time", { ...BASE, modified: 1e300 }, "modified is not a time"],
    ["a day that is none", { ...BASE, withdrawn: "2026-99-99T00:00:00Z" }, "withdrawn is not a time"],
    ["an unknown schema", { ...BASE, schema_version: "2.0.0" }, 'schema_version is "2.0.0"'],
    ["a schema of a strange type", { ...BASE, schema_version: 1 }, "schema_version is not a text"],
    ["affected as an object", { ...BASE, affected: {} }, "affected is not a list"],
    ["no name", { ...BASE, affected: [{ package: { ecosystem: "npm" } }] }, "without a name"],
    [
      "__proto__ as name",
      { ...BASE, affected: [{ package: { ...NPM, name: "__proto__" } }] },
      "not a package name",
    ],
    [
      "a name with a space",
      { ...BASE, affected: [{ package: { ...NPM, name: "a b" } }] },
      "not a package name",
    ],
    [
      "a long name",
      { ...BASE, affected: [{ package: { ...NPM, name: "a".repeat(600) } }] },
      "not a package name",
    ],
    [
      "versions as a text",
      { ...BASE, affected: [{ package: NPM, versions: "1.0.0" }] },
      "versions is not a list",
    ],
    ["a version with a space", { ...BASE, affected: [{ package: NPM, versions: ["1 0"] }] }, "not a version"],
    [
      "a long version",
      { ...BASE, affected: [{ package: NPM, versions: ["1".repeat(300)] }] },
      "not a version",
    ],
    [
      "too many versions",
      { ...BASE, affected: [{ package: NPM, versions: Array(20_001).fill("1.0.0") }] },
      "more than 20000",
    ],
    [
      "too many versions in all",
      { ...BASE, affected: Array(3).fill({ package: NPM, versions: Array(10_000).fill("1.0.0") }) },
      "more than 20000",
    ],
    ["too many entries", { ...BASE, affected: Array(10_001).fill({}) }, "more than 10000"],
    [
      "too many ranges",
      { ...BASE, affected: [{ package: NPM, ranges: Array(1_001).fill({}) }] },
      "more than 1000",
    ],
    ["too many events", { ...BASE, ...entryOf(Array(1_001).fill({ introduced: "0" })) }, "more than 1000"],
    ["no events", { ...BASE, ...entryOf([]) }, "no introduced event"],
    ["an end only", { ...BASE, ...entryOf([{ fixed: "1.0.0" }]) }, "no introduced event"],
    ["an unknown event", { ...BASE, ...entryOf([{ introduced: "0" }, { ended: "1.0.0" }]) }, "unknown kind"],
    ["a number as version", { ...BASE, ...entryOf([{ introduced: 0 }]) }, "not a text"],
    ["a huge number", { ...BASE, ...entryOf([{ introduced: "99999999999999999999.0.0" }]) }, "not a version"],
    ["a word as version", { ...BASE, ...entryOf([{ introduced: "latest" }]) }, "not a version"],
    ["a long event", { ...BASE, ...entryOf([{ introduced: `1.0.0-${"a".repeat(300)}` }]) }, "not a version"],
    [
      "an unknown kind of range",
      { ...BASE, affected: [{ package: NPM, ranges: [{ type: "X", events: [] }] }] },
      "unknown type",
    ],
    ["severity as a text", { ...BASE, severity: "HIGH" }, "severity is not a list"],
    [
      "references of texts",
      { ...BASE, id: "MAL-1", references: ["https://x.example"] },
      "references has an entry",
    ],
  ])("refuses %s with one line", (_what, record, problem) => {
    const result = parseOsvRecord(record, "osv");
    expect(result).toEqual({ problem: expect.stringContaining(problem) });
    expect("problem" in result && /^[^\p{C}\n]{1,200}$/u.test(result.problem)).toBe(true);
  });

  test("never throws, and never takes what it cannot hold to", { timeout: 60_000 }, () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const record = fc.record(
      {
        id: fc.oneof(fc.constant("GHSA-a"), value),
        modified: fc.oneof(fc.constant(BASE.modified), value),
        schema_version: value,
        aliases: fc.oneof(fc.array(fc.string()), value),
        summary: value,
        severity: fc.oneof(fc.array(fc.record({ type: fc.constant("CVSS_V3"), score: value })), value),
        references: value,
        database_specific: value,
        affected: fc.oneof(
          fc.array(
            fc.record({
              package: fc.record({ ecosystem: fc.constant("npm"), name: fc.oneof(fc.constant("a"), value) }),
              versions: fc.oneof(fc.array(fc.string()), value),
              ranges: fc.oneof(fc.array(fc.record({ type: fc.constant("SEMVER"), events: value })), value),
            }),
          ),
          value,
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(value, record), (raw) => {
        const result = parseOsvRecord(raw, "osv");
        if ("problem" in result) expect(result.problem).toMatch(/^[^\n]{1,300}$/u);
        else expect(structuredClone(result)).toEqual(result);
      }),
      { numRuns: 1000 },
    );
  });
});
