import { durationText, hoursAfter, opinion } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

/** Against versions from upstream that could not be compared with advisories, or only with old ones. */
export const scannedOnly: PolicyRule<"scanned-only"> = {
  id: "scanned-only",
  reads: "version",
  isIdle: () => false,
  judge(facts, context) {
    if (facts.origin === "local") return null;
    const { advisoriesAt } = context;
    if (advisoriesAt === null) {
      return opinion({
        outcome: "deny",
        reason: "It is not scanned: there is no advisory data yet",
        evidence: { advisoriesAt: null },
      });
    }
    const { dataAgeMax } = context.rules["scanned-only"].options;
    if (dataAgeMax === null) return null;
    const goodUntil = hoursAfter(advisoriesAt, dataAgeMax);
    if (context.now < goodUntil) return { outcome: null, recheckAt: goodUntil };
    const currentAt = new Date(advisoriesAt).toISOString();
    return opinion({
      outcome: "deny",
      reason: `It is not scanned: the advisory data is of ${currentAt}, older than ${durationText(dataAgeMax)}`,
      evidence: { advisoriesAt: currentAt, dataAgeMaxHours: dataAgeMax },
    });
  },
};
