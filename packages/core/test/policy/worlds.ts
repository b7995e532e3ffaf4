import fc from "fast-check";
import { SEVERITIES, type PackageAdvisory } from "../../src/advisories/advisory.ts";
import { RULE_IDS } from "../../src/policy/default-settings.ts";
import type { PolicyException } from "../../src/policy/exception.ts";
import type {
  ListEntry,
  RuleId,
  RuleMode,
  RuleOptions,
  RuleSettings,
} from "../../src/policy/rule-settings.ts";
import type { PolicyContext, TarballContent, VersionFacts, VersionStatus } from "../../src/policy/verdict.ts";
import { TRUST_LEVELS, type VersionProof } from "../../src/policy/version-proof.ts";
import { contextOf, DAY, HOUR, iso, NOW } from "./fixtures.ts";

/** A package, and all that policy may know about it. */
export interface World {
  versions: VersionFacts[];
  context: PolicyContext;
}

const VERSIONS = ["0.0.0-stage", "0.0.1-security", "0.9.0", "1.0.0", "1.0.1", "1.1.0-rc.1", "1.1.0", "2.0.0"];
const NAMES = ["left", "@acme/left", "right"];
const RANGES = ["*", "^1", "<1.1.0", "2.0.0", ">=1.1.0-rc.1"];
const SCRIPTS = { postinstall: "node x.js" };

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
const version = fc.constantFrom(...VERSIONS);
/** Hours are whole, so that ends of holds and of graces meet now and then. */
const moment = fc.integer({ min: -24 * 120, max: 24 * 40 }).map((hours) => NOW + hours * HOUR);
const hours = fc.constantFrom(0, 1, 2, 24, 72, 168, 1000);
const severity = fc.constantFrom(...SEVERITIES);

const publishedAt = fc.oneof(
  { weight: 8, arbitrary: moment.map(iso) },
  fc.constantFrom(null, "", "0000-01-01T00:00:00.000Z", "+275760-09-13T00:00:00.000Z", "yesterday"),
);

const licence = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>("MIT", "GPL-3.0", "MIT OR GPL-3.0", "SEE LICENSE IN x", null),
  },
  fc.jsonValue({ maxDepth: 2 }),
);

function factsFor(spelling: string): fc.Arbitrary<VersionFacts> {
  const trustedPublisher = fc.constantFrom({}, {}, { trustedPublisher: "github" }, { approver: "bob" });
  const secrets = fc.constantFrom({}, {}, { secrets: [{ kind: "an npm token", file: "a.js", line: 1 }] });
  return fc
    .tuple(plainFactsFor(spelling), trustedPublisher, secrets)
    .map(([facts, by, found]) => ({ ...facts, ...by, ...found }));
}

function plainFactsFor(spelling: string): fc.Arbitrary<VersionFacts> {
  return fc.record({
    version: fc.constant(spelling),
    upstreamVersion: fc.constantFrom(null, `${spelling}+a`),
    origin: fc.constantFrom<VersionFacts["origin"]>("upstream", "upstream", "upstream", "local"),
    publishedAt,
    integrity: fc.constantFrom(null, `sha512-${spelling}`),
    shasum: fc.constant(null),
    tarball: fc.constant(null),
    license: licence,
    deprecated: fc.constantFrom(null, null, "old"),
    hasInstallScript: fc.boolean(),
    hasSignatures: fc.boolean(),
    attestations: fc.constantFrom(null, "https://slsa.dev/provenance/v1"),
    publisher: fc.constantFrom(null, "ada", "bob"),
    dependencies: fc.constantFrom<VersionFacts["dependencies"]>(
      null,
      null,
      { one: "^1.0.0" },
      { two: "github:acme/two" },
    ),
  });
}

const entry: fc.Arbitrary<ListEntry> = fc.record({
  packages: fc.constantFrom("left", "le*", "@acme/*", "right"),
  range: fc.constantFrom(...RANGES),
  reason: fc.constantFrom("", "miner"),
});
const entries = fc.array(entry, { maxLength: 3 });
const none: fc.Arbitrary<Record<never, never>> = fc.constant({});
const licences = fc.subarray(["MIT", "GPL-3.0-only", "ISC"]);
const onLicence = fc.constantFrom<"allow" | "warn" | "hide">("allow", "warn", "hide");
const onNote = fc.constantFrom<"allow" | "warn">("allow", "warn");
const noteDays = fc.constantFrom(1, 30, 100);
const days = fc.constantFrom(0, 1, 3, 30);

const options: { [Id in keyof RuleOptions]: fc.Arbitrary<RuleOptions[Id]> } = {
  "operator-status": none,
  "malware": none,
  "name-claim": none,
  "published-secret": none,
  "integrity-change": none,
  "suspected-malware": none,
  "deny-list": fc.record({ entries }),
  "allow-only": fc.record({ entries }),
  "scanned-only": fc.record({ dataAgeMax: maybe(hours.filter((count) => count > 0)) }),
  "review-first": none,
  "trust-downgrade": none,
  "vulnerability": fc.record({
    severity,
    unknownAs: severity,
    epssMin: maybe(fc.constantFrom(0, 0.5, 1)),
    graceDays: fc.record({ exploited: days, critical: days, high: days, other: days }),
    onlyWhereFixed: fc.boolean(),
  }),
  "licence": fc.record({ allowed: licences, denied: licences, missing: onLicence, unknown: onLicence }),
  "install-script": fc.record({ condition: fc.constantFrom<"any" | "new">("any", "new") }),
  "look-alike": none,
  "prerelease": none,
  "deprecated": none,
  "age": fc.record({
    hours,
    firstReleaseHours: hours,
    newDependencyHours: fc.constantFrom(0, 24),
    exempt: fc.subarray(["right", "@acme/*"]),
    fastTrack: maybe(fc.record({ severity, hours, inUseOnly: fc.boolean() })),
  }),
  "unlisted": fc.record({ outcome: onNote }),
  "newer-patch": fc.record({ outcome: onNote }),
  "recent": fc.record({ days: noteDays, outcome: onNote }),
  "aged": fc.record({ days: noteDays, outcome: onNote }),
};

const everyOption = fc.record(options as Record<string, fc.Arbitrary<unknown>>);

/** Few rules are in force at once, or the first would always decide; the others are off or report. */
const rules: fc.Arbitrary<RuleSettings> = fc
  .tuple(everyOption, fc.subarray([...RULE_IDS], { minLength: 1, maxLength: 4 }), fc.subarray([...RULE_IDS]))
  .map(([chosen, enforced, reporting]) => {
    const modeOf = (id: RuleId): RuleMode => (enforced.includes(id) ? "enforce" : quietModeOf(id));
    const quietModeOf = (id: RuleId): RuleMode => (reporting.includes(id) ? "shadow" : "off");
    const settings = RULE_IDS.map((id) => [id, { mode: modeOf(id), options: chosen[id] }]);
    return Object.fromEntries(settings) as RuleSettings;
  });

const affected: fc.Arbitrary<PackageAdvisory["affected"]> = fc.record({
  versions: fc.subarray(VERSIONS, { maxLength: 3 }),
  intervals: fc.array(
    fc.record({
      introduced: fc.constantFrom("0", "1.0.0"),
      end: maybe(
        fc.record({
          kind: fc.constantFrom<"fixed" | "lastAffected">("fixed", "lastAffected"),
          version: fc.constantFrom("1.0.1", "1.1.0", "2.0.0"),
        }),
      ),
    }),
    { maxLength: 1 },
  ),
});

const advisory: fc.Arbitrary<PackageAdvisory> = fc.record({
  id: fc.constantFrom("GHSA-1", "GHSA-2", "MAL-1", "CVE-1"),
  aliases: fc.subarray(["CVE-1", "GHSA-2"], { maxLength: 1 }),
  kind: fc.constantFrom<PackageAdvisory["kind"]>("vulnerability", "vulnerability", "malware"),
  summary: fc.constant("something"),
  url: fc.constant("https://example.test/a"),
  severity: maybe(severity),
  score: maybe(fc.constantFrom(0, 5, 9.8)),
  vector: fc.constant(null),
  cwes: fc.constant([]),
  publishedAt: maybe(moment),
  modifiedAt: moment,
  withdrawnAt: fc.constantFrom(null, null, null, 1),
  feed: fc.constantFrom("osv", "osv", "own"),
  origins: fc.subarray(["a", "b"], { minLength: 1 }),
  epss: maybe(
    fc.record({
      probability: fc.constant(0.1),
      percentile: fc.constantFrom(0.1, 0.9),
      date: fc.constant(""),
    }),
  ),
  kevSince: fc.constantFrom(null, null, "2026-01-30", "2026-02-05"),
  affected,
});

/** An exception to anything, of any end. */
export const exceptions: fc.Arbitrary<PolicyException[]> = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("e1", "e2", "e3", "e4"),
    packages: fc.constantFrom("left", "@acme/*", "right"),
    range: fc.constantFrom(...RANGES),
    rules: maybe(fc.subarray([...RULE_IDS])),
    reason: fc.constant("checked"),
    owner: fc.constant("ada"),
    approvedBy: fc.subarray(["ada", "bob"]),
    expiresAt: maybe(moment),
  }),
  { maxLength: 4, selector: ({ id }) => id },
);

const status: fc.Arbitrary<VersionStatus> = fc.record({
  status: fc.constantFrom<VersionStatus["status"]>("blocked", "held", "allowed"),
  reason: fc.constant("word"),
  setBy: fc.constant("ada"),
  setAt: fc.constant(5),
});

const content: fc.Arbitrary<[string, TarballContent[]]> = version.chain((spelling) =>
  fc.tuple(
    fc.constant(spelling),
    fc.array(
      fc.record({
        integrity: fc.constantFrom(`sha512-${spelling}`, "sha512-other", null),
        installScripts: fc.constantFrom({}, SCRIPTS),
        runsNodeGyp: fc.boolean(),
        license: licence,
        licenceFiles: fc.subarray(["MIT", "GPL-3.0-only"]),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  ),
);

const proof: fc.Arbitrary<[string, VersionProof[]]> = version.chain((spelling) =>
  fc.tuple(
    fc.constant(spelling),
    fc.array(
      fc.record({
        integrity: fc.constantFrom(`sha512-${spelling}`, "sha512-other", null),
        level: fc.constantFrom(...TRUST_LEVELS),
        refuted: fc.constantFrom(null, null, "forged"),
        build: maybe(
          fc.record({
            issuer: fc.constant("https://ci.test"),
            repository: fc.constantFrom(null, "https://git.test/a", "https://git.test/b"),
            workflow: fc.constantFrom(null, "release.yml"),
          }),
        ),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  ),
);

const few = { maxLength: 3 };

const context: fc.Arbitrary<PolicyContext> = fc
  .record({
    name: fc.constantFrom(...NAMES),
    purpose: fc.constantFrom<PolicyContext["purpose"]>("metadata", "metadata", "publish"),
    now: moment,
    rules,
    exceptions,
    statuses: fc.array(fc.tuple(fc.constantFrom(...VERSIONS, "*"), status), { maxLength: 1 }),
    advisories: fc.array(advisory, few),
    advisoriesAt: maybe(moment),
    isClaimed: fc.constantFrom(false, false, true),
    trustsPublishTimes: fc.boolean(),
    firstSeen: fc.array(fc.tuple(version, moment), few),
    changedIntegrity: fc.array(fc.tuple(version, fc.constant("sha512-was")), { maxLength: 1 }),
    served: fc.array(fc.tuple(version, fc.record({ firstAt: moment })), { maxLength: 6 }),
    contents: fc.array(content, few),
    proofs: fc.array(proof, few),
    lookAlike: fc.constantFrom(null, null, { name: "leet", because: "one letter" }),
  })
  .map((known) =>
    contextOf({
      ...known,
      statuses: new Map(known.statuses),
      firstSeen: new Map(known.firstSeen),
      changedIntegrity: new Map(known.changedIntegrity),
      served: new Map(known.served),
      contents: new Map(known.contents),
      proofs: new Map(known.proofs),
    }),
  );

export const worlds: fc.Arbitrary<World> = fc.record({
  versions: fc
    .subarray(VERSIONS, { minLength: 1 })
    .chain((spellings) => fc.tuple(...spellings.map(factsFor)))
    .map((versions) => [...versions]),
  context,
});

/** A time that is often a little before or at something's end. */
export const laterBy: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 24 * 60 }).map((count) => count * HOUR),
  fc.integer({ min: 0, max: 60 * DAY }),
  fc.constantFrom(0, 1, HOUR - 1, 10_000 * DAY),
);
