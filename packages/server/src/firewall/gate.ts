import { createHash } from "node:crypto";
import {
  EntrepotError,
  decide,
  isDownloadable,
  isSelectable,
  plainContext,
  refusalText,
  type PolicyContext,
  type VersionFacts,
  type Verdict,
} from "@entrepot/core";
import type { Statuses } from "./statuses.ts";

/** Where and for what a version is judged. */
export interface GateQuestion {
  registry: { readonly id: string; readonly workspaceId: string; readonly name: string };
  name: string;
  purpose: PolicyContext["purpose"];
}

/** The only way to a packument entry, a tarball or a publish. */
export interface Gate {
  /** Everything that verdicts on a package depend on beside its facts; can be sent to a thread. */
  context(question: GateQuestion): PolicyContext | Promise<PolicyContext>;
  /** Judges one version by a context that was asked for before. */
  judge(facts: VersionFacts, context: PolicyContext): Verdict;
  /** Judges one version. */
  verdict(facts: VersionFacts, question: GateQuestion): Promise<Verdict>;
  /** Throws `version-denied`, with a text to act on, unless the version may pass. */
  assertAllowed(facts: VersionFacts, question: GateQuestion): Promise<void>;
}

export interface GateDeps {
  statuses: Statuses;
  now: () => number;
  /** A number that grows with every change of policy. */
  epoch: () => number;
}

/** Makes the gate over the operators' statuses. */
export function createGate(deps: GateDeps): Gate {
  function context(question: GateQuestion): PolicyContext | Promise<PolicyContext> {
    const statuses = deps.statuses.of(question.registry, question.name);
    const build = (found: Awaited<typeof statuses>): PolicyContext =>
      plainContext({
        registry: question.registry.name,
        name: question.name,
        purpose: question.purpose,
        now: deps.now(),
        epoch: deps.epoch(),
        statuses: found,
      });
    return statuses instanceof Promise ? statuses.then(build) : build(statuses);
  }

  async function verdict(facts: VersionFacts, question: GateQuestion): Promise<Verdict> {
    return decide(facts, await context(question));
  }

  return {
    context,
    judge: decide,
    verdict,
    async assertAllowed(facts, question) {
      const found = await verdict(facts, question);
      const isServed = question.purpose === "tarball" ? isDownloadable(found) : isSelectable(found);
      if (isServed) return;
      throw denied(found, { name: question.name, version: facts.version, registry: question.registry.name });
    },
  };
}

/** The 403 of a verdict, with a text that is enough to act on. */
export function denied(
  verdict: Verdict,
  what: { name: string; version: string; registry: string },
): EntrepotError {
  return new EntrepotError("version-denied", {
    message: refusalText(verdict, what),
    details: { rule: verdict.rule, reason: verdict.reason, until: verdict.until, version: what.version },
  });
}

/** A text that differs whenever a context could lead to other verdicts. */
export function contextStamp(context: PolicyContext): string {
  if (context.statuses.size === 0) return "";
  return createHash("sha256")
    .update(JSON.stringify([...context.statuses]))
    .digest("base64url");
}
