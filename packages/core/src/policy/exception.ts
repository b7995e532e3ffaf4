import type { RuleId } from "./rule-settings.ts";

/** Somebody's word that versions may pass although a rule is against it. Times are milliseconds since 1970. */
export interface PolicyException {
  id: string;
  /** Exact name or `@scope/*`; never a pattern that could cover a name it was not made for. */
  packages: string;
  /** Semver range; pre-releases inside its bounds count. `*` for every version. */
  range: string;
  /** The rules that it lifts; null for all that can be lifted, confirmed malware never among them. */
  rules: readonly RuleId[] | null;
  reason: string;
  owner: string;
  /** Names of those who agreed. Confirmed malware needs two. */
  approvedBy: readonly string[];
  /** Null: does not end by itself. */
  expiresAt: number | null;
}
