import { createHash } from "node:crypto";
import {
  bareFacts,
  complianceOf,
  historyOf,
  isEntrepotError,
  opinionsOf,
  RULE_IDS,
  type ComplianceOf,
  type ComplianceReason,
  type ComplianceResult,
  type Outcome,
  type PackageAdvisory,
  type PolicyContext,
  type PackageHistory,
  type RuleId,
  type RuleMode,
  type VersionFacts,
  type VersionStatus,
} from "@entrepot/core";
import type { Database } from "../db/index.ts";
import {
  DISAGREEMENT,
  FINDING_RULES,
  KNOWN_RULES,
  recordFindings,
  ruleSource,
  type FoundReason,
  type LayeredPolicy,
  type PackageSeen,
  type Presence,
  type RecordedCheck,
} from "../firewall/index.ts";
import type { ComplianceDeps } from "./compliance.ts";
import { opinionContext } from "./explain.ts";
import type { Registry } from "./registry.ts";
import type { PackageVerdicts } from "./verdicts.ts";

export interface CheckDeps extends Omit<ComplianceDeps, "advisories"> {
  db: Database;
  advisories: ComplianceDeps["advisories"] & { of(name: string): readonly PackageAdvisory[] };
  now: () => number;
}

/** What one rule says of a version, also where that is nothing. */
export interface CheckedRule {
  rule: RuleId;
  mode: RuleMode;
  /** The place where the rule was chosen. */
  source: string;
  /** Null: nothing. */
  outcome: Outcome | null;
  result: ComplianceResult | null;
  /** False where an exception or an operator's word lifts it, and where the rule is not in force. */
  counts: boolean;
  reason: string | null;
}

/** A version that was judged anew. */
export interface CheckedVersion {
  version: string;
  presence: Presence;
  result: ComplianceResult;
  /** What the check before said; null if it did not look at it. */
  before: ComplianceResult | null;
  rules: CheckedRule[];
}

/** What a check of one package found. Times are milliseconds since 1970. */
export interface PackageCheck extends Pick<RecordedCheck, "checkedBefore" | "opened" | "closed"> {
  checkedAt: number;
  versions: CheckedVersion[];
}

/** A package in a registry. */
interface Place {
  registry: Registry;
  name: string;
}

/** What the place that answers for a name says of it. */
type Found = Pick<PackageVerdicts, "origin" | "upstream" | "versions" | "distTags" | "allFacts">;

/** A package that no upstream has any more. */
const TAKEN_DOWN: Found = {
  origin: "upstream",
  upstream: null,
  versions: [],
  distTags: new Map(),
  allFacts: async () => [],
};

/** All that the versions of one package are judged by. */
interface Judge {
  facts: ReadonlyMap<string, VersionFacts>;
  history: PackageHistory;
  context: PolicyContext;
  policy: LayeredPolicy;
  /** True when some version is kept here, or was refused to somebody. */
  isUsed: boolean;
}

/**
 * Judges anew, by what is known here, the versions of a package that a registry keeps, that were refused to somebody, and
 * the one that `latest` names upstream; no upstream is asked. Records what they say and opens and closes findings.
 * Null where there is nothing to judge. Throws upstream errors.
 */
export async function checkPackage(deps: CheckDeps, place: Place): Promise<PackageCheck | null> {
  const { registry, name } = place;
  const { kind } = await deps.origins.of(registry, name);
  const known = await knownVersions(deps, place);
  const advisories = advisoryStamp(deps.advisories.of(name));
  const isSpokenOf = (kind === "upstream" && advisories !== "") || (await hasOpenFindings(deps, place));
  if (kind !== "local" && known.size === 0 && !isSpokenOf) return null;
  const verdicts = await verdictsOf(deps, place);
  if (verdicts === null && (kind === "local" || known.size === 0)) {
    // What was taken back, or was only looked at and is gone, leaves nothing to look at.
    await record(deps, place, { advisories, results: new Map(), found: [] });
    return null;
  }
  // What its upstream took down is still kept here, and is still given out.
  const found = verdicts ?? TAKEN_DOWN;
  const versions = versionsOf(found, known);
  const all = await found.allFacts();
  const judge: Judge = {
    facts: new Map(all.map((facts) => [facts.version, facts])),
    history: historyOf(all),
    context: await opinionContext(deps, { registry, name, origin: found.origin, upstream: found.upstream }),
    policy: await deps.policyRules.of(registry),
    isUsed: known.size > 0,
  };
  const judged = [...versions].map(([version, presence]) => judgeVersion(judge, { version, presence }));
  const disagreements = kind === "upstream" ? await disagreementsOf(deps, place, versions) : [];
  const recorded = await record(deps, place, {
    advisories,
    results: new Map(judged.map(({ checked }) => [checked.version, checked.result])),
    found: [...judged.flatMap((one) => one.found), ...disagreements],
  });
  return {
    checkedAt: deps.now(),
    checkedBefore: recorded.checkedBefore,
    opened: recorded.opened,
    closed: recorded.closed,
    versions: judged.map(({ checked }) => ({
      ...checked,
      before: new Map(Object.entries(recorded.before)).get(checked.version) ?? null,
    })),
  };
}

/** A text that differs whenever other things are known of a package; empty where nothing is. */
export function advisoryStamp(advisories: readonly PackageAdvisory[]): string {
  if (advisories.length === 0) return "";
  return createHash("sha256").update(JSON.stringify(advisories)).digest("base64url");
}

async function verdictsOf(deps: CheckDeps, { registry, name }: Place): Promise<PackageVerdicts | null> {
  try {
    return await deps.verdicts.of(registry, name, { cachedOnly: true });
  } catch (error) {
    if (isEntrepotError(error, "package-not-found")) return null;
    throw error;
  }
}

async function hasOpenFindings({ db }: CheckDeps, { registry, name }: Place): Promise<boolean> {
  const row = await db.read
    .selectFrom("findings")
    .select("id")
    .where("registry_id", "=", registry.id)
    .where("name", "=", name)
    .where("state", "=", "open")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function record(deps: CheckDeps, { registry, name }: Place, seen: PackageSeen): Promise<RecordedCheck> {
  const place = { workspaceId: registry.workspaceId, registryId: registry.id, name };
  return await recordFindings(deps, place, seen);
}

async function knownVersions(
  { db }: CheckDeps,
  { registry, name }: Place,
): Promise<ReadonlyMap<string, Presence>> {
  const [kept, refused] = await Promise.all([
    db.read
      .selectFrom("cached_versions")
      .select("version")
      .where("registry_id", "=", registry.id)
      .where("name", "=", name)
      .execute(),
    db.read
      .selectFrom("findings")
      .select("version")
      .distinct()
      .where("registry_id", "=", registry.id)
      .where("name", "=", name)
      .where("presence", "=", "refused")
      .where("state", "=", "open")
      .execute(),
  ]);
  return new Map<string, Presence>([
    ...refused.map(({ version }) => [version, "refused"] as const),
    ...kept.map(({ version }) => [version, "stored"] as const),
  ]);
}

function versionsOf(
  { origin, versions, distTags }: Found,
  known: ReadonlyMap<string, Presence>,
): ReadonlyMap<string, Presence> {
  if (origin === "local") return new Map(versions.map((version) => [version, "stored"]));
  const latest = distTags.get("latest");
  if (latest === undefined) return known;
  return new Map<string, Presence>([[latest, "reachable"], ...known]);
}

function judgeVersion(
  { facts, history, context, policy, isUsed }: Judge,
  { version, presence }: { version: string; presence: Presence },
): { checked: Omit<CheckedVersion, "before">; found: FoundReason[] } {
  // Its upstream may have taken it away.
  const item = facts.get(version) ?? bareFacts({ version, upstreamVersion: null, origin: "upstream" });
  const { result, reasons, shadow } = complianceOf(opinionsOf(item, context, history));
  const said = new Map([...reasons, ...shadow].map((reason) => [reason.rule, reason]));
  const rules = RULE_IDS.map((rule): CheckedRule => {
    const one = said.get(rule);
    return {
      rule,
      mode: context.rules[rule].mode,
      source: ruleSource(policy, rule, context.name),
      outcome: one?.opinion.outcome ?? null,
      result: one?.result ?? null,
      counts: one?.counts ?? false,
      reason: one?.opinion.reason ?? null,
    };
  });
  const open = standingOf({ reasons, shadow }, statusOf(context, version));
  return {
    checked: { version, presence, result, rules },
    found: open
      .filter((reason) => isFinding(reason, { presence, isUsed }))
      .map(({ rule, mode, result: one, opinion: { reason, evidence } }) => {
        return { version, rule, mode, result: one, presence, reason, evidence } as FoundReason;
      }),
  };
}

function statusOf({ statuses }: PolicyContext, version: string): VersionStatus["status"] | null {
  return (statuses.get(version) ?? statuses.get("*"))?.status ?? null;
}

// What somebody has blocked or allowed was looked at; only what that does not lift still stands.
function standingOf(
  { reasons, shadow }: Pick<ComplianceOf, "reasons" | "shadow">,
  status: VersionStatus["status"] | null,
): ComplianceReason[] {
  if (status === "blocked") return [];
  const standing = reasons.filter(({ counts }) => counts);
  if (status === "allowed") return standing;
  return [...standing, ...shadow.filter(({ exception }) => exception === null)];
}

// Of what nobody has, only what is known of it matters; or, where others of its versions are in use, that it is kept back.
function isFinding(
  { rule, mode, result }: ComplianceReason,
  { presence, isUsed }: { presence: Presence; isUsed: boolean },
): boolean {
  if (result === "compliant" || mode === "off" || !FINDING_RULES.has(rule)) return false;
  if (presence !== "reachable") return true;
  return isUsed ? mode === "enforce" && result === "noncompliant" : KNOWN_RULES.has(rule);
}

async function disagreementsOf(
  { db }: CheckDeps,
  { registry, name }: Place,
  versions: ReadonlyMap<string, Presence>,
): Promise<FoundReason[]> {
  const rows = await db.read
    .selectFrom("upstream_disagreements")
    .selectAll()
    .where("registry_id", "=", registry.id)
    .where("name", "=", name)
    .execute();
  const names = new Map(registry.upstreams.map((upstream) => [upstream.id, upstream.name]));
  const found = new Map<string, FoundReason>();
  for (const row of rows) {
    const presence = versions.get(row.version);
    if (presence === undefined || found.has(row.version)) continue;
    const served = names.get(row.served_upstream_id) ?? "an upstream";
    const other = names.get(row.other_upstream_id) ?? "another";
    found.set(row.version, {
      version: row.version,
      rule: DISAGREEMENT,
      mode: "enforce",
      result: "warn",
      presence,
      reason: `${served} has it as ${row.served_integrity}, ${other} as ${row.other_integrity}; that of ${served} is served`,
      evidence: { served, other, servedIntegrity: row.served_integrity, otherIntegrity: row.other_integrity },
    });
  }
  return [...found.values()];
}
