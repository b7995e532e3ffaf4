import type { RuleId } from "../policy/rule-settings.ts";
import type { Verdict } from "../policy/verdict.ts";
import type { Lift } from "./lift.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long an exception is proposed for where nothing says when it is not needed any more. */
const DAYS_USUAL = 30;
const DAYS_MAX = 365;
const REASON_CHARS_MAX = 300;

/** An exception that would let one version pass, as the API for exceptions takes it, save for the registry. */
export interface ProposedException {
  packages: string;
  /** The version alone. */
  range: string;
  rules: RuleId[];
  reason: string;
  days: number;
}

/** Words the exception that a version needs: for no more rules, and no longer, than it takes. */
export function proposeException(
  { name, version, verdict, lift }: { name: string; version: string; verdict: Verdict; lift: Lift },
  now: number,
): ProposedException {
  const days = lift.until === null ? DAYS_USUAL : Math.ceil((lift.until - now) / DAY_MS);
  const because = verdict.reason
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, REASON_CHARS_MAX);
  return {
    packages: name,
    range: version,
    rules: lift.rules,
    reason: `Needed by a pre-flight; refused because: ${because}`,
    days: Math.min(DAYS_MAX, Math.max(1, days)),
  };
}
