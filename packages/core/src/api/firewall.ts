/** What the JSON API answers about the firewall. Times are ISO 8601. */
import type { ExplainedVersion, Explanation } from "../policy/explain.ts";
import type { Profile } from "../policy/default-settings.ts";
import type { PolicyException } from "../policy/exception.ts";
import type { BadVersion, UnreadLine } from "../policy/bad-versions.ts";
import type { RuleId, RuleMode } from "../policy/rule-settings.ts";
import type { Opinion, Outcome, Verdict } from "../policy/verdict.ts";

/** A thing with some of its times as texts. */
type Told<T, Times extends keyof T> = Omit<T, Times> & Record<Times, string | null>;

/** An exception that lifts an opinion; why, and who wanted it, is only for those who manage the registry. */
export type LiftingAnswer = Told<
  Pick<PolicyException, "id" | "packages" | "range" | "rules" | "expiresAt">,
  "expiresAt"
> &
  Partial<Pick<PolicyException, "reason" | "owner" | "approvedBy">>;

export type WholeVerdictAnswer = Told<Verdict, "until" | "recheckAt">;

/** What one rule thinks of a version. */
export interface OpinionAnswer extends Told<Opinion, "until" | "recheckAt"> {
  rule: RuleId;
  mode: RuleMode;
  exception: LiftingAnswer | null;
}

export interface CandidateAnswer extends Omit<ExplainedVersion, "verdict" | "opinions"> {
  verdict: WholeVerdictAnswer;
  opinions: OpinionAnswer[];
}

/** Why a client gets the version that it gets, or none: `GET /registries/NAME/explain`. */
export interface ExplainAnswer extends Omit<Explanation, "wanted" | "refusal" | "candidates"> {
  registry: string;
  package: string;
  at: string;
  /** Where the answer about the name comes from; `claimed`: from here alone, and nothing is published. */
  origin: "local" | "upstream" | "claimed" | "absent";
  claim: string | null;
  /** Who answered; null for what is local. */
  upstream: { name: string; freshUntil: string | null; isFresh: boolean } | null;
  upstreams: string[];
  advisories: { epoch: number | null; currentAt: string | null };
  /** The one line of it all. */
  text: string;
  wanted: Explanation["wanted"] | null;
  refusal: { version: string; verdict: WholeVerdictAnswer } | null;
  candidates: CandidateAnswer[];
  /** Page on which anybody asks for an exception; null where nothing is refused. */
  exceptionUrl: string | null;
}

/** How one rule stands. */
export interface RuleAnswer {
  rule: RuleId;
  mode: RuleMode;
  options: Readonly<Record<string, unknown>>;
  /** Where that was chosen: `profile standard`, `workspace`, `registry`, or with a pattern, `registry, @acme/*`. */
  from: string;
  description: string;
}

/** Something that was chosen; the profile has the rule `profile`, and it as `profile`. */
export interface ChoiceAnswer {
  /** `*` for every registry. */
  registry: string;
  /** Null for every package. */
  packages: string | null;
  rule: string;
  mode?: RuleMode | null;
  options?: Readonly<Record<string, unknown>>;
  managed: boolean;
  setBy: string | null;
  setAt: string | null;
}

/** How all rules stand in a place: `GET /policy`, `GET /registries/NAME/policy`. */
export interface PolicyAnswer {
  registry: string;
  package: string | null;
  profile: Profile;
  /** True where the configuration file decides. */
  managed: boolean;
  rules: RuleAnswer[];
  choices: ChoiceAnswer[];
  warnings: string[];
}

/** What came of a change of rules. */
export interface PolicyChangeAnswer extends Partial<RuleAnswer> {
  registry: string;
  profile: Profile;
  packages?: string | null;
  changed: boolean;
  warnings: string[];
}

/** How much a rule would have had to do with somebody, or something. */
export interface ShadowSumAnswer {
  name: string;
  versions: number;
  downloads: number;
}

/** What one rule would have refused; of each list at most 500, and `counts` of all. */
export interface ShadowRuleAnswer {
  rule: RuleId;
  downloads: number;
  counts: Record<string, number>;
  versions: { name: string; version: string; outcome: Outcome; reason: string; downloads: number }[];
  packages: ShadowSumAnswer[];
  people: ShadowSumAnswer[];
  projects: ShadowSumAnswer[];
}

/** What rules in shadow would have refused: `GET /shadow`, `GET /registries/NAME/shadow`. */
export interface ShadowAnswer {
  /** Null for the workspace. */
  registry: string | null;
  days: number;
  since: string;
  rule: RuleId | null;
  versions: number;
  downloads: number;
  rules: ShadowRuleAnswer[];
  /** What rules in force refused for real. */
  refused: { rule: string; versions: number; people: number; refusals: number }[];
  /** Versions of which nothing is known any more. */
  unknown: number;
  isCut: boolean;
}

/** An exception or a request for one. What is optional is told to who decides on it and who asked for it. */
export interface ExceptionAnswer {
  id: string;
  /** `*` for every registry; null for one that is gone. */
  registry: string | null;
  packages: string;
  range: string;
  /** Null for all that can be lifted. */
  rules: readonly RuleId[] | null;
  state: "requested" | "approved" | "rejected" | "revoked" | "ended";
  createdAt: string;
  expiresAt: string | null;
  reason?: string;
  owner?: string;
  approvedBy?: readonly string[];
  approvalsNeeded?: number;
  /** For how many days it is to hold from its approval; null where the time of its end is fixed. */
  days?: number | null;
  decidedBy?: string | null;
  decidedAt?: string | null;
  note?: string;
  mayDecide?: boolean;
  warnings?: string[];
}

/** What an operator said of a version, or of all (`*`). */
export interface StatusAnswer {
  /** `*` for every registry; null for one that is gone. */
  registry: string | null;
  name: string;
  version: string;
  status: "blocked" | "held" | "allowed" | "deprecated" | "unlisted";
  /** Null for who does not manage the registry, as `setBy`. */
  reason: string | null;
  setBy: string | null;
  setAt: string;
}

/** Something that a person has to look at. */
export interface FindingAnswer {
  registry: string | null;
  package: string;
  id: string;
  version: string;
  /** A rule's id, or `upstreams-disagree`. */
  rule: string;
  mode: "shadow" | "enforce";
  result: "warn" | "noncompliant";
  /** Whether it is kept here, was refused to somebody, or is what an upstream's `latest` names. */
  presence: "stored" | "refused" | "reachable";
  reason: string;
  evidence: Readonly<Record<string, unknown>>;
  state: "open" | "closed";
  openedAt: string;
  closedAt: string | null;
  /** Null where a check found nothing any more. */
  closedBy: string | null;
  note: string;
}

/** One finding; where it is about scripts, with their text. */
export interface ShownFindingAnswer extends FindingAnswer {
  /** By name; null when they could not be read. */
  scripts?: Readonly<Record<string, string>> | null;
  runsNodeGyp?: boolean;
  scriptsProblem?: string;
}

/** What was decided about one request. */
export interface DecisionAnswer {
  seq: number;
  at: string;
  registry: string;
  package: string;
  /** `*` for a packument that left versions out. */
  version: string;
  outcome: string;
  purpose: string;
  rule: string | null;
  reason: string | null;
  until: string | null;
  principal: string;
  credential: string | null;
  address: string;
  client: string;
  project: string | null;
  /** How often the very same happened within about a second. */
  count: number;
}

/** Fetches of bad versions, added up from one side. */
export interface ExposureSumAnswer {
  name: string;
  versions: string[];
  people: string[];
  count: number;
  firstAt: string;
  lastAt: string;
}

/** Who fetched a bad version. */
export interface FetchAnswer {
  registry: string;
  package: string;
  version: string;
  principal: string;
  credential: string | null;
  address: string;
  client: string;
  project: string | null;
  firstAt: string;
  lastAt: string;
  count: number;
}

/** What was held or blocked in the same step. */
export interface ExposureHoldAnswer {
  status: "held" | "blocked";
  versions: { package: string; version: string }[];
  changed: { registry: string | null; package: string; version: string; before: string | null }[];
  notHeld: { package: string; range: string; why: string }[];
}

/** Who fetched bad versions: `POST /exposure`, `POST /registries/NAME/exposure`. */
export interface ExposureAnswer {
  exposed: boolean;
  items: (Omit<BadVersion, "name" | "isExact"> & {
    package: string;
    fetched: string[];
    count: number;
    refused: number;
  })[];
  summary: Record<"packages" | "people" | "projects" | "credentials", ExposureSumAnswer[]>;
  fetches: FetchAnswer[];
  isCut: boolean;
  unread: UnreadLine[];
  unreadCount: number;
  held: ExposureHoldAnswer | null;
}
