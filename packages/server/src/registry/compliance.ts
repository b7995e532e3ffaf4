import {
  complianceOf,
  EntrepotError,
  opinionsOf,
  historyOf,
  type ComplianceOf,
  type ComplianceReason,
} from "@entrepot/core";
import { ruleSource, type PolicyRules } from "../firewall/index.ts";
import { opinionContext, type ExplainDeps, type PackageExplanation } from "./explain.ts";
import type { Registry } from "./registry.ts";

/** A reason with the place where its rule was chosen, such as `registry, @acme/*` or `profile standard`. */
export interface SourcedReason extends ComplianceReason {
  source: string;
}

/** Whether a version is as policy wants it, and what that rests on. Times are milliseconds since 1970. */
export interface VersionCompliance
  extends Pick<PackageExplanation, "registry" | "name" | "at" | "advisories">, Pick<ComplianceOf, "result"> {
  version: string;
  origin: "local" | "upstream";
  reasons: SourcedReason[];
  shadow: SourcedReason[];
}

export interface ComplianceDeps extends ExplainDeps {
  policyRules: Pick<PolicyRules, "of">;
}

/** Judges one version by every rule, now. Throws `package-not-found`, `version-not-found` and upstream errors. */
export async function judgeCompliance(
  deps: ComplianceDeps,
  { registry, name, version }: { registry: Registry; name: string; version: string },
): Promise<VersionCompliance> {
  const found = await deps.verdicts.of(registry, name);
  const all = await found.allFacts();
  const facts = all.find((item) => item.version === version);
  if (facts === undefined) {
    throw new EntrepotError("version-not-found", {
      message: `The registry ${registry.name} has no ${name}@${version}.`,
    });
  }
  const { origin, upstream } = found;
  const context = await opinionContext(deps, { registry, name, origin, upstream });
  const { result, reasons, shadow } = complianceOf(opinionsOf(facts, context, historyOf(all)));
  const policy = await deps.policyRules.of(registry);
  const sourced = (reason: ComplianceReason): SourcedReason => ({
    ...reason,
    source: ruleSource(policy, reason.rule, name),
  });
  const { epoch, currentAt } = deps.advisories.state();
  return {
    registry: registry.name,
    name,
    version,
    origin,
    at: context.now,
    advisories: { epoch, currentAt },
    result,
    reasons: reasons.map(sourced),
    shadow: shadow.map(sourced),
  };
}
