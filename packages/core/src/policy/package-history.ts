import type { PackageHistory, PolicyContext, Standing, VersionFacts } from "./verdict.ts";

const UNDISPUTED: Standing = { isRefused: false, recheckAt: null };

type How = (history: PackageHistory, context: PolicyContext) => unknown;

/**
 * Makes the history of a package, for `decide`: all its versions, the judged one among them. One history for
 * all versions of a package costs least, for what rules derive from it is kept.
 *
 * @example packageHistory(versions.map(factsOf))
 */
export function packageHistory(
  versions: readonly VersionFacts[],
  standing: PackageHistory["standing"] = () => UNDISPUTED,
): PackageHistory {
  const derived = new WeakMap<PolicyContext, Map<How, unknown>>();
  const history: PackageHistory = {
    versions,
    standing,
    derive<T>(context: PolicyContext, how: (history: PackageHistory, context: PolicyContext) => T): T {
      let known = derived.get(context);
      if (known === undefined) {
        known = new Map();
        derived.set(context, known);
      }
      if (!known.has(how)) known.set(how, how(history, context));
      return known.get(how) as T;
    },
  };
  return history;
}
