import {
  applyAssessments,
  decide,
  earlier,
  EntrepotError,
  evidenceAsked,
  isDownloadable,
  isSelectable,
  OWN_FEED,
  plainContext,
  refusalText,
  type AssessmentsInForce,
  type EvidenceAsked,
  type PackageAdvisory,
  type PolicyContext,
  type PolicyException,
  type RuleSettings,
  type Verdict,
  type VersionFacts,
} from "@entrepot/core";
import type { Evidence } from "./evidence.ts";
import type { ProofRecords } from "./proof-records.ts";
import type { Statuses } from "./statuses.ts";

/** A registry as far as policy is concerned. */
export interface JudgingRegistry {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly upstreams: readonly { readonly id: string }[];
  /** Since when it is read-only, in milliseconds; null when it is not frozen. */
  readonly frozenAt: number | null;
  readonly isClaimed: (name: string) => boolean;
}

/** An upstream as far as policy is concerned. */
export interface JudgedUpstream {
  readonly id: string;
  readonly settings: { readonly trustPublishTimes: boolean };
}

/** Where and for what a package is judged. */
export interface GateQuestion {
  registry: JudgingRegistry;
  name: string;
  /** Whose package it is: one of our own inherits nothing that is known of a public one of the same name. */
  origin: VersionFacts["origin"];
  purpose: PolicyContext["purpose"];
  /**
   * Who the versions come from, where somebody does: what other upstreams of the registry did to theirs is no reason
   * against these. Left out where nobody has the package, or nobody knows yet.
   */
  upstream?: JudgedUpstream | null;
  /** True for who wants to know what rules would say that are not in force: all evidence is then looked up. */
  withShadow?: boolean;
}

/** The only way to a packument entry, a tarball or a publish. */
export interface Gate {
  /** Everything that verdicts on a package depend on beside its facts; can be sent to a thread. */
  context(question: GateQuestion): Promise<PolicyContext>;
  /** Throws `version-denied` unless a version may be published; nothing is known of it but itself. */
  assertPublishable(facts: VersionFacts, question: Omit<GateQuestion, "purpose" | "origin">): Promise<void>;
  /** The time by which versions are judged, in milliseconds. It does not go back by a little. */
  now(): number;
}

export interface GateDeps {
  statuses: Pick<Statuses, "of" | "marks">;
  rules: { for(registry: JudgingRegistry, name: string): RuleSettings | Promise<RuleSettings> };
  exceptions: {
    for(
      registry: JudgingRegistry,
      name: string,
    ): readonly PolicyException[] | Promise<readonly PolicyException[]>;
  };
  assessments: {
    for(registry: JudgingRegistry): AssessmentsInForce | Promise<AssessmentsInForce>;
  };
  advisories: {
    /** Withdrawn ones may be among them. */
    of(name: string): readonly PackageAdvisory[];
    /** Set while newer data than `of` speaks of is on its way; to be waited for. */
    ready(): Promise<void> | null;
    state(): { currentAt: number | null };
  };
  evidence: Pick<Evidence, "served" | "contents" | "firstSeen" | "changedIntegrity">;
  proofs: Pick<ProofRecords, "of">;
  /** A much used name that this one can be taken for. */
  lookAlike: (name: string) => PolicyContext["lookAlike"];
  /** A clock of `createPolicyClock`. */
  now: () => number;
  /** A number that grows with every change of policy. */
  epoch: () => number;
}

const LOOK_MS = 60_000;
const NOTHING_SEEN = { served: new Map(), contents: new Map(), proofs: new Map(), knownUntil: null } as const;

/** Makes the gate over everything that is known and decided. */
export function createGate(deps: GateDeps): Gate {
  return {
    context: (question) => contextOf(deps, question),
    async assertPublishable(facts, question) {
      const context = await contextOf(deps, { ...question, origin: "local", purpose: "publish" });
      assertPasses(decide(facts, context), { ...question, version: facts.version, purpose: "publish" });
    },
    now: deps.now,
  };
}

async function contextOf(deps: GateDeps, question: GateQuestion): Promise<PolicyContext> {
  const { registry, name, purpose } = question;
  const now = deps.now();
  const isUpstream = question.origin === "upstream";
  const coming = deps.advisories.ready();
  if (coming !== null) await coming;
  const known = deps.advisories.of(name);
  const listed = isUpstream ? known : known.filter(({ feed }) => feed === OWN_FEED);
  const { advisories, endsAt } = applyAssessments(listed, await deps.assessments.for(registry), now);
  const rules = await deps.rules.for(registry, name);
  const frozenAt = isUpstream ? registry.frozenAt : null;
  const wants = wantsOf(question, { rules, advisories, frozenAt });
  const isSeen = wants.served || wants.contents || wants.proofs;
  const evidence = isSeen ? await seen(deps, question, wants) : NOTHING_SEEN;
  const isAlikeAsked = isUpstream && (question.withShadow === true || rules["look-alike"].mode === "enforce");
  const marks = await deps.statuses.marks.of(registry, name);
  return plainContext({
    registry: registry.name,
    name,
    purpose,
    now,
    epoch: deps.epoch(),
    statuses: await deps.statuses.of(registry, name),
    deprecations: marks.deprecations,
    unlisted: marks.unlisted,
    rules,
    exceptions: await deps.exceptions.for(registry, name),
    advisories,
    advisoriesAt: deps.advisories.state().currentAt,
    isClaimed: registry.isClaimed(name),
    frozenAt,
    ...(isUpstream ? await wordOf(deps, question, wants) : {}),
    ...evidence,
    knownUntil: earlier(evidence.knownUntil, endsAt),
    ...(isAlikeAsked ? { lookAlike: deps.lookAlike(name) } : {}),
  });
}

// What is known of the upstream that the versions come from.
async function wordOf(
  { evidence }: GateDeps,
  { registry, name, upstream = null }: GateQuestion,
  wants: EvidenceAsked,
): Promise<Pick<PolicyContext, "changedIntegrity" | "firstSeen" | "trustsPublishTimes">> {
  const upstreamIds = (upstream === null ? registry.upstreams : [upstream]).map(({ id }) => id);
  const isSeenAsked = upstream !== null && wants.firstSeen;
  return {
    changedIntegrity: await evidence.changedIntegrity(upstreamIds, name),
    firstSeen: isSeenAsked ? await evidence.firstSeen(upstream.id, name) : new Map(),
    trustsPublishTimes: upstream?.settings.trustPublishTimes ?? true,
  };
}

// What this server sees grows while it serves. It counts from the next full minute on, and is looked up anew then:
// so every process and every cache says the same at any moment.
async function seen(
  { evidence, proofs, now }: GateDeps,
  { registry, name, upstream = null }: GateQuestion,
  wants: EvidenceAsked,
): Promise<Pick<PolicyContext, "served" | "contents" | "proofs" | "knownUntil">> {
  const since = Math.floor(now() / LOOK_MS) * LOOK_MS;
  const upstreamIds = (upstream === null ? registry.upstreams : [upstream]).map(({ id }) => id);
  const [served, contents, proven] = await Promise.all([
    wants.served ? evidence.served(registry.id, name, since) : new Map(),
    wants.contents ? evidence.contents(name) : new Map(),
    wants.proofs ? proofs.of(upstreamIds, name) : new Map(),
  ]);
  return { served, contents, proofs: proven, knownUntil: since + LOOK_MS };
}

// Evidence costs a query each, so it is looked up only where a rule in force asks for it.
function wantsOf(
  { origin, withShadow }: GateQuestion,
  context: Parameters<typeof evidenceAsked>[0],
): EvidenceAsked {
  if (origin === "local") return { served: false, contents: false, firstSeen: false, proofs: false };
  if (withShadow !== true) return evidenceAsked(context);
  return { served: true, contents: true, firstSeen: true, proofs: true };
}

/** Throws `version-denied`, with a text to act on, unless a version with this verdict may pass for the purpose. */
export function assertPasses(
  verdict: Verdict,
  subject: {
    registry: { readonly name: string };
    name: string;
    version: string;
    purpose: PolicyContext["purpose"];
    /** True where no version of the package is left. */
    isWholePackage?: boolean;
  },
): void {
  const isServed = subject.purpose === "tarball" ? isDownloadable(verdict) : isSelectable(verdict);
  if (isServed) return;
  throw denied(verdict, { ...subject, registry: subject.registry.name });
}

/** The 403 of a verdict, with a text that is enough to act on. */
export function denied(
  verdict: Verdict,
  what: { name: string; version: string; registry: string; isWholePackage?: boolean },
): EntrepotError {
  return new EntrepotError("version-denied", {
    message: refusalText(verdict, what),
    details: {
      rule: verdict.rule,
      reason: verdict.reason,
      until: verdict.until,
      package: what.name,
      version: what.version,
      registry: what.registry,
      alternatives: verdict.alternatives.join(", "),
    },
  });
}
