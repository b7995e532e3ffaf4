import {
  OWN_FEED,
  applyAssessments,
  createIssueIds,
  EntrepotError,
  isEntrepotError,
  issuesOf,
  toldIssue,
  type AssessmentsInForce,
  type PackageAdvisory,
  type PackageIssue,
} from "@entrepot/core";
import type { Upstreams } from "../upstream/index.ts";
import { auditTarget } from "./audit-target.ts";
import { inTurns } from "./in-turns.ts";
import type { NameOrigins } from "./name-origin.ts";
import type { Registry } from "./registry.ts";
import { mayHearOf } from "./upstream-filter.ts";

/** What this server knows of packages by itself. */
export interface KnownAdvisories {
  /** Null, or a promise to wait for before anything else is asked: news is on its way. */
  ready(): Promise<void> | null;
  /** Everything about a package, what was withdrawn included. */
  of(name: string): readonly PackageAdvisory[];
  /** Null: there is no advisory data at all. `currentAt` is when it was last known to be current, in milliseconds. */
  state(): { epoch: number | null; currentAt: number | null };
}

export interface AdviceDeps {
  advisories: KnownAdvisories;
  assessments: { for(registry: Registry): AssessmentsInForce | Promise<AssessmentsInForce> };
  origins: Pick<NameOrigins, "ownAmong">;
  upstreams: Pick<Upstreams, "audit">;
  now: () => number;
}

/** What somebody wants advice on. */
export interface AdviceQuestion {
  registry: Registry;
  /** Versions by the name of their package; read only where audits are answered. */
  asked: () => Promise<ReadonlyMap<string, readonly string[]>>;
  /** Tells whether the asker may see a package that was published here. */
  mayView: (name: string) => boolean;
}

/** Issues by the name of the package, from one source and never from both. */
export type Advice = {
  readonly byName: ReadonlyMap<string, readonly PackageIssue[]>;
} & (
  | { readonly source: "own"; readonly currentAt: number | null }
  | { readonly source: "forward"; readonly to: string }
);

/**
 * Finds what is known of versions that somebody uses, where the registry's audits are answered from. A name that is
 * local or claimed here has no public advisories, those are about another package, but those of our own. Throws `not-found` where audits are
 * off or there is no data, and what an upstream throws, with a text that names it.
 */
export async function adviseOn(deps: AdviceDeps, question: AdviceQuestion): Promise<Advice> {
  switch (question.registry.audit.mode) {
    case "own":
      return await ownAdvice(deps, question);
    case "forward":
      return await forwardedAdvice(deps, question);
    case "off":
      throw new EntrepotError("not-found", {
        message: `Audits are switched off for the registry ${question.registry.name}.`,
      });
  }
}

async function ownAdvice(deps: AdviceDeps, question: AdviceQuestion): Promise<Advice> {
  const { registry, mayView } = question;
  await deps.advisories.ready();
  const { epoch, currentAt } = deps.advisories.state();
  if (epoch === null) throw noData(registry);
  const asked = await question.asked();
  const { local, claimed } = await deps.origins.ownAmong(registry, [...asked.keys()]);
  // Who may not see a local package is answered as if there were none, so that the answer does not give it away.
  // Claims are no secret from who may see the registry.
  const isOwn = (name: string): boolean => claimed.has(name) || (local.has(name) && mayView(name));
  const [assessments, now] = [await deps.assessments.for(registry), deps.now()];
  const ids = createIssueIds();
  const byName = new Map<string, readonly PackageIssue[]>();
  await inTurns(asked, ([name, versions]) => {
    const all = deps.advisories.of(name);
    const known = isOwn(name) ? all.filter(({ feed }) => feed === OWN_FEED) : all;
    const list = applyAssessments(known, assessments, now).advisories;
    const issues = list.length === 0 ? [] : issuesOf(name, { versions, list, ids });
    if (issues.length > 0) byName.set(name, issues);
  });
  return { source: "own", currentAt, byName };
}

async function askedOf(
  { upstreams }: AdviceDeps,
  { target, named, ...place }: Forwarded,
): Promise<Awaited<ReturnType<AdviceDeps["upstreams"]["audit"]>>> {
  try {
    return await upstreams.audit(target, named);
  } catch (error) {
    throw namingSource(error, place);
  }
}

/** An audit that somebody else answers; `to` names them. */
interface Forwarded {
  target: ReturnType<typeof auditTarget>;
  named: Map<string, readonly string[]>;
  registry: AdviceQuestion["registry"];
  to: string;
}

async function forwardedAdvice(deps: AdviceDeps, question: AdviceQuestion): Promise<Advice> {
  const { registry } = question;
  const asked = await question.asked();
  const target = auditTarget(registry);
  const to = "url" in target ? target.url : `the upstream "${target.upstream.name}"`;
  const { local, claimed } = await deps.origins.ownAmong(registry, [...asked.keys()]);
  // Whoever asks: a name of our own leaves for nobody, and one that a filter keeps back not by this way either.
  const mayLeave = (name: string): boolean =>
    !local.has(name) && !claimed.has(name) && mayHearOf(registry, target, name);
  const named = new Map([...asked].filter(([name]) => mayLeave(name)));
  const byName = new Map<string, readonly PackageIssue[]>();
  if (named.size === 0) return { source: "forward", to, byName };
  const told = await askedOf(deps, { target, named, registry, to });
  const [ids, now] = [createIssueIds(), deps.now()];
  await inTurns(told, ([name, list]) => {
    const about = { name, versions: asked.get(name) ?? [], ids, source: to, now };
    // yarn 4 and bun believe whatever they are told, so that what concerns no version they have must not be told.
    const issues = list.map((one) => toldIssue(one, about)).filter(concernsAny);
    if (issues.length > 0) byName.set(name, issues);
  });
  return { source: "forward", to, byName };
}

function concernsAny({ affected }: PackageIssue): boolean {
  return affected.versions.length > 0;
}

function namingSource(error: unknown, { registry, to }: { registry: Registry; to: string }): unknown {
  if (!isEntrepotError(error)) return error;
  // Without a time to come back at, for which bun would wait again and again.
  const { retryAfterSeconds: _, ...details } = error.details;
  return new EntrepotError(error.code, {
    message: `Audits of the registry ${registry.name} are answered by ${to}, and that failed. ${error.message}`,
    details,
    cause: error,
  });
}

function noData({ name }: Registry): EntrepotError {
  return new EntrepotError("not-found", {
    message:
      `The registry ${name} answers audits from the advisories of this server, and there are none yet; ` +
      "an administrator finds out why with: entrepot advisories status",
  });
}
