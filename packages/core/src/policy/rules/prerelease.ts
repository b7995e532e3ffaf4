import { isPrerelease } from "../../versions.ts";
import { refusal } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

/** Against pre-releases from upstream; those of our own packages are how people try their own work. */
export const prerelease: PolicyRule<"prerelease"> = {
  id: "prerelease",
  reads: "version",
  isIdle: () => false,
  judge(facts, context) {
    if (facts.origin === "local" || !isPrerelease(facts.version)) return null;
    return refusal(facts, context, {
      reason: "It is a pre-release, and this registry takes released versions only",
    });
  },
};
