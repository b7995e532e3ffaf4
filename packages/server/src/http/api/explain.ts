import {
  EntrepotError,
  parsePackageName,
  type ExplainedVersion,
  type Explanation,
  type PolicyException,
  type RuleOpinion,
  type Verdict,
  type ExplainAnswer,
  type CandidateAnswer,
  type OpinionAnswer,
  type LiftingAnswer,
  type WholeVerdictAnswer,
} from "@entrepot/core";
import { explainPackage, type PackageExplanation } from "../../registry/index.ts";
import { requestUrl } from "../pages/request-url.ts";
import { apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";
import { managesPackage } from "./manages-package.ts";

const WANTED_CHARS_MAX = 500;

type Context = ApiContext<unknown>;

function nameIn(context: Context): string {
  const name = context.query("package") ?? "";
  if (name !== "") return parsePackageName(name).full;
  throw new EntrepotError("request-invalid", {
    message: 'Say which package, as in "?package=left-pad&range=^1.0.0".',
  });
}

function wantedIn(context: Context): string {
  const wanted = context.query("range") ?? "";
  if (wanted.length <= WANTED_CHARS_MAX) return wanted;
  throw new EntrepotError("request-invalid", {
    message: `"range" has at most ${WANTED_CHARS_MAX} characters.`,
  });
}

async function explain(context: Context): Promise<ExplainAnswer> {
  const { deps, principal } = context;
  const registry = await registryOf(context, context.param("name"));
  const name = nameIn(context);
  const target = { registry, packageName: name };
  await deps.access.assertMay({ principal, permission: "view", target });
  const isManager = await managesPackage(context, target);
  const found = await explainPackage(deps, { registry, name, wanted: wantedIn(context) });
  return { ...shown(found, isManager), exceptionUrl: exceptionUrlOf(found, context.baseUrl) };
}

function exceptionUrlOf(
  { registry, name, explanation }: PackageExplanation,
  baseUrl: string | null,
): string | null {
  const refused = explanation?.refusal ?? null;
  if (refused === null || baseUrl === null) return null;
  return requestUrl(baseUrl, { registry, name, version: refused.version });
}

function shown(found: PackageExplanation, isManager: boolean): Omit<ExplainAnswer, "exceptionUrl"> {
  const { explanation, upstream, advisories, at, registry, name, ...rest } = found;
  return {
    registry,
    package: name,
    at: isoOf(at),
    ...rest,
    upstream:
      upstream === null
        ? null
        : {
            name: upstream.name,
            freshUntil: isoOrNull(upstream.freshUntil),
            isFresh: upstream.freshUntil !== null && at < upstream.freshUntil,
          },
    advisories: { epoch: advisories.epoch, currentAt: isoOrNull(advisories.currentAt) },
    ...(explanation === null ? NOTHING : choiceOf(explanation, isManager)),
  };
}

/** What is told of how a version is chosen. */
type Choice = Pick<ExplainAnswer, keyof Explanation>;

/** What is told of a package that there is not. */
const NOTHING: Choice = {
  wanted: null,
  withoutPolicy: null,
  chosen: null,
  refusal: null,
  candidates: [],
  candidateCount: 0,
  hiddenCount: 0,
  tagMoves: [],
};

function choiceOf(explanation: Explanation, isManager: boolean): Choice {
  const { candidates, refusal, ...rest } = explanation;
  return {
    ...rest,
    refusal:
      refusal === null
        ? null
        : { version: refusal.version, verdict: shownVerdict(refusal.verdict, isManager) },
    candidates: candidates.map((candidate) => shownCandidate(candidate, isManager)),
  };
}

function shownCandidate(candidate: ExplainedVersion, isManager: boolean): CandidateAnswer {
  const { verdict, opinions, ...rest } = candidate;
  return {
    ...rest,
    verdict: shownVerdict(verdict, isManager),
    opinions: opinions.map((opinion) => shownOpinion(opinion, isManager)),
  };
}

/** What one rule thinks; who made an exception from it, and why, is for those who manage the registry. */
export function shownOpinion(
  { rule, mode, opinion, exception }: RuleOpinion,
  isManager: boolean,
): OpinionAnswer {
  return {
    rule,
    mode,
    ...opinion,
    until: isoOrNull(opinion.until),
    recheckAt: isoOrNull(opinion.recheckAt),
    exception: exception === null ? null : shownException(exception, isManager),
  };
}

// Who may see a package is told of an exception what it lets pass; why, and who wanted it, is for those who manage it.
function shownException(exception: PolicyException, isManager: boolean): LiftingAnswer {
  const { id, packages, range, rules, expiresAt, reason, owner, approvedBy } = exception;
  const what = { id, packages, range, rules, expiresAt: isoOrNull(expiresAt) };
  return isManager ? { ...what, reason, owner, approvedBy } : what;
}

function shownVerdict(verdict: Verdict, isManager: boolean): WholeVerdictAnswer {
  const times = { until: isoOrNull(verdict.until), recheckAt: isoOrNull(verdict.recheckAt) };
  if (isManager || verdict.rule !== "exception") return { ...verdict, ...times };
  const evidence = { ...verdict.evidence, owner: null };
  return { ...verdict, ...times, reason: "An exception lets it pass.", evidence };
}

/** Why a client gets the version that it gets, or none. */
export const EXPLAIN_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "explain",
    method: "GET",
    path: "/registries/:name/explain",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: explain,
  }),
];
