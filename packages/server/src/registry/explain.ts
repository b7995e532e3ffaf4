import {
  coversName,
  explainChoice,
  fallText,
  isEntrepotError,
  refusalText,
  type Explanation,
  type PolicyContext,
} from "@entrepot/core";
import type { AdvisoryState } from "../advisories/index.ts";
import type { Gate } from "../firewall/index.ts";
import type { NameOrigins } from "./name-origin.ts";
import type { Registry } from "./registry.ts";
import type { PackageVerdicts, Verdicts } from "./verdicts.ts";

/** What somebody gets of a package, with all that led to it. Times are milliseconds since 1970. */
export interface PackageExplanation {
  registry: string;
  name: string;
  /** When it was looked at. */
  at: number;
  /** Where the answer about the name comes from; `claimed`: from here alone, and nothing is published. */
  origin: "local" | "upstream" | "claimed" | "absent";
  /** The pattern because of which the name is never asked upstream; null if there is none. */
  claim: string | null;
  /** Who answered; `freshUntil` is when its word is asked for anew. */
  upstream: { name: string; freshUntil: number | null } | null;
  /** Upstreams of the registry, in the order in which they are asked. */
  upstreams: string[];
  advisories: Pick<AdvisoryState, "epoch" | "currentAt">;
  /** Null where there is no package. */
  explanation: Explanation | null;
  /** The one line of it all: what a client that is refused shows, else what it gets. */
  text: string;
}

export interface ExplainDeps {
  verdicts: Pick<Verdicts, "of" | "upstreamRefusal">;
  gate: Pick<Gate, "context" | "now">;
  origins: NameOrigins;
  advisories: { state(): Pick<AdvisoryState, "epoch" | "currentAt"> };
}

/** Explains what a client gets of a package under policy. Throws upstream errors. */
export async function explainPackage(
  deps: ExplainDeps,
  { registry, name, wanted }: { registry: Registry; name: string; wanted: string },
): Promise<PackageExplanation> {
  const { epoch, currentAt } = deps.advisories.state();
  const about = {
    registry: registry.name,
    name,
    at: deps.gate.now(),
    claim: registry.claims.find((pattern) => coversName(pattern, name)) ?? null,
    upstreams: registry.upstreams.map((upstream) => upstream.name),
    advisories: { epoch, currentAt },
  };
  const found = await verdictsOf(deps, registry, name);
  if (found === null) {
    const origin = about.claim === null ? ("absent" as const) : ("claimed" as const);
    return { ...about, origin, upstream: null, explanation: null, text: absenceText(about) };
  }
  const { origin, upstream, freshUntil } = found;
  const explanation = explainChoice({
    wanted,
    facts: await found.allFacts(),
    distTags: found.distTags,
    hidden: found.hidden,
    context: await opinionContext(deps, { registry, name, origin, upstream }),
  });
  const isWholePackage = found.hidden.size >= found.versions.length;
  const elsewhere = await upstreamText(deps, { registry, name, explanation });
  return {
    ...about,
    origin,
    upstream: upstream === null ? null : { name: upstream.name, freshUntil },
    explanation,
    text: elsewhere ?? textOf({ ...about, isWholePackage }, wanted, explanation),
  };
}

/**
 * By what `opinionsOf` judges a package. The verdicts are those of everybody; only the opinions need the evidence of
 * rules that are not in force.
 */
export async function opinionContext(
  { gate }: Pick<ExplainDeps, "gate">,
  asked: { registry: Registry; name: string } & Pick<PackageVerdicts, "origin" | "upstream">,
): Promise<PolicyContext> {
  return await gate.context({ ...asked, purpose: "metadata", withShadow: true });
}

// A version that the upstream keeps back is not among those that we know of.
async function upstreamText(
  { verdicts }: ExplainDeps,
  { registry, name, explanation }: { registry: Registry; name: string; explanation: Explanation },
): Promise<string | null> {
  const { chosen, refusal, wanted } = explanation;
  if (chosen !== null || refusal !== null || wanted.kind !== "version") return null;
  return (await verdicts.upstreamRefusal(registry, name, wanted.text))?.message ?? null;
}

async function verdictsOf(
  deps: ExplainDeps,
  registry: Registry,
  name: string,
): Promise<PackageVerdicts | null> {
  try {
    return await deps.verdicts.of(registry, name);
  } catch (error) {
    if (isEntrepotError(error, "package-not-found")) return null;
    throw error;
  }
}

type About = Pick<PackageExplanation, "registry" | "name" | "claim" | "upstreams">;

function absenceText({ registry, name, claim, upstreams }: About): string {
  if (claim !== null) {
    return `The registry ${registry} has no package ${name}, and asks no upstream for it, because the claim ${claim} says that the name is its own.`;
  }
  const asked =
    upstreams.length === 0 ? "it has no upstream" : `neither has its upstream (${upstreams.join(", ")})`;
  return `The registry ${registry} has no package ${name}; ${asked}.`;
}

function textOf(
  { registry, name, isWholePackage }: About & { isWholePackage: boolean },
  wanted: string,
  explanation: Explanation,
): string {
  const { chosen, refusal, tagMoves } = explanation;
  if (refusal !== null) {
    const { version, verdict } = refusal;
    const instead = chosen === null ? "" : ` npm takes ${name}@${chosen} instead.`;
    const fall = tagMoves.filter(({ from, to }) => from === version && to === chosen).map(fallText)[0] ?? "";
    return `${refusalText(verdict, { name, version, registry, isWholePackage })}${instead} ${fall}`.trim();
  }
  if (chosen !== null) return `${name}@${chosen} is what npm takes from the registry ${registry}.`;
  return `No version of ${name} in the registry ${registry} fits ${wanted === "" ? "*" : wanted}.`;
}
