import {
  candidateList,
  candidatesFor,
  pickVersion,
  readWantedVersion,
  type Candidates,
  type WantedVersion,
} from "../pick-version.ts";
import { type RuleOpinion, decide, historyOf, opinionsOf } from "./decide.ts";
import { toldDeprecation } from "./deprecation.ts";
import { tagMoveOf, type TagMove } from "./tag-move.ts";
import { repointTags } from "./repoint-tags.ts";
import type { PolicyContext, Verdict, VersionFacts } from "./verdict.ts";
import { trustOf, type TrustReport } from "./version-proof.ts";

/** Most versions of which everything is told. */
const EXPLAINED_MAX = 50;

/** What is known of a package that somebody wants a version of. */
export interface ExplainQuestion {
  /** A range, an exact version or a tag; nothing for any version. */
  wanted: string;
  facts: readonly VersionFacts[];
  /** As published, before policy moved any. */
  distTags: ReadonlyMap<string, string>;
  /** What packuments leave out. */
  hidden: ReadonlyMap<string, Verdict>;
  /** With the evidence of rules that are not in force. */
  context: PolicyContext;
}

/** A version that fits, and what is said of it. */
export interface ExplainedVersion {
  version: string;
  isHidden: boolean;
  /** The very verdict by which it is refused, or let pass. */
  verdict: Verdict;
  /** What every rule thinks of it, also those that are not in force. */
  opinions: RuleOpinion[];
  /** What it proves of where it comes from: as claimed, and as verified. */
  trust: TrustReport;
  publishedAt: string | null;
  deprecated: string | null;
}

/** Why somebody gets the version that they get, or none. */
export interface Explanation {
  wanted: WantedVersion;
  /** What npm would choose if there were no policy; null if nothing fits. */
  withoutPolicy: string | null;
  /** What npm chooses; null if nothing is left that fits. */
  chosen: string | null;
  /** The verdict on what npm would choose otherwise; null if policy changes nothing. */
  refusal: { version: string; verdict: Verdict } | null;
  /** Versions that fit, hidden ones too, the best first; of very many only the first. */
  candidates: ExplainedVersion[];
  candidateCount: number;
  hiddenCount: number;
  tagMoves: TagMove[];
}

/** Explains what npm chooses of a package under policy: the same verdicts as everywhere, with all that led to them. */
export function explainChoice(question: ExplainQuestion): Explanation {
  const { facts, hidden, distTags, context } = question;
  const wanted = readWantedVersion(question.wanted);
  const byVersion = new Map(facts.map((item) => [item.version, item]));
  const isDeprecated = (version: string): boolean => {
    const item = byVersion.get(version);
    return item !== undefined && toldDeprecation(item, context) !== null;
  };
  const versions = [...byVersion.keys()];
  const allowed = versions.filter((version) => !hidden.has(version));
  const moved = repointTags(distTags, allowed, isDeprecated);
  const all = candidatesFor({ versions, distTags }, wanted);
  const left = candidatesFor({ versions: allowed, distTags: moved.tags }, wanted);
  const withoutPolicy = pickVersion(all, isDeprecated);
  const verdict = withoutPolicy === null ? undefined : hidden.get(withoutPolicy);
  const fitting = [...new Set([...candidateList(all), ...candidateList(left)])];
  const history = historyOf(facts);
  const explain = (version: string): ExplainedVersion[] => {
    const item = byVersion.get(version);
    if (item === undefined) return [];
    return [
      {
        version,
        isHidden: hidden.has(version),
        verdict: hidden.get(version) ?? decide(item, context, history),
        opinions: opinionsOf(item, context, history),
        trust: trustOf(item, context),
        publishedAt: item.publishedAt,
        deprecated: toldDeprecation(item, context)?.text ?? null,
      },
    ];
  };
  return {
    wanted,
    withoutPolicy,
    chosen: pickVersion(left, isDeprecated),
    refusal: withoutPolicy === null || verdict === undefined ? null : { version: withoutPolicy, verdict },
    candidates: mostTelling(fitting, left).flatMap(explain),
    candidateCount: fitting.length,
    hiddenCount: fitting.filter((version) => hidden.has(version)).length,
    tagMoves: movesOf(distTags, moved.tags, hidden),
  };
}

// The best in order, and with them at any rate the one that is taken.
function mostTelling(fitting: readonly string[], left: Candidates): string[] {
  const first = fitting.slice(0, EXPLAINED_MAX);
  const [taken] = candidateList(left);
  return taken === undefined || first.includes(taken) ? first : [...first, taken];
}

function movesOf(
  published: ReadonlyMap<string, string>,
  moved: ReadonlyMap<string, string>,
  hidden: ReadonlyMap<string, Verdict>,
): TagMove[] {
  const changed = [...published].filter(([tag, target]) => moved.get(tag) !== target);
  return changed.map(([tag, from]) => tagMoveOf({ tag, from, to: moved.get(tag) ?? null }, hidden.keys()));
}
