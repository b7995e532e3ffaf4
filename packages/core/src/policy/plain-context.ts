import { PROFILES } from "./default-settings.ts";
import type { PolicyContext } from "./verdict.ts";

/**
 * A context in which nothing is known and the standard rules are in force, with what is given in its place.
 *
 * @example plainContext({ registry: "default", name: "left", now: Date.now() })
 */
export function plainContext(known: Partial<PolicyContext>): PolicyContext {
  return {
    registry: "",
    name: "",
    purpose: "metadata",
    now: 0,
    epoch: 0,
    statuses: new Map(),
    deprecations: new Map(),
    unlisted: new Set(),
    rules: PROFILES.standard,
    exceptions: [],
    advisories: [],
    advisoriesAt: null,
    isClaimed: false,
    frozenAt: null,
    trustsPublishTimes: true,
    firstSeen: new Map(),
    changedIntegrity: new Map(),
    served: new Map(),
    contents: new Map(),
    proofs: new Map(),
    knownUntil: null,
    lookAlike: null,
    ...known,
  };
}
