import fc from "fast-check";
import { expect, test } from "vitest";
import { PROFILES } from "../../src/policy/default-settings.ts";
import { decide, historyOf } from "../../src/policy/decide.ts";
import { evidenceAsked } from "../../src/policy/evidence-asked.ts";
import type { PolicyContext } from "../../src/policy/verdict.ts";
import { advisoryOf, contextOf, malwareOf, onlyRules } from "./fixtures.ts";
import { worlds } from "./worlds.ts";

/** A context in which it is noted when somebody looks into what was served or found. */
function watched(context: PolicyContext, seen: Set<string>): PolicyContext {
  const watch = <K, V>(what: string, map: ReadonlyMap<K, V>): ReadonlyMap<K, V> =>
    new Proxy(map, {
      get(target, property) {
        seen.add(what);
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  return {
    ...context,
    served: watch("served", context.served),
    contents: watch("contents", context.contents),
    firstSeen: watch("firstSeen", context.firstSeen),
    proofs: watch("proofs", context.proofs),
  };
}

test("no rule looks at evidence that was not asked for", () => {
  fc.assert(
    fc.property(worlds, ({ versions, context }) => {
      const seen = new Set<string>();
      const asked = evidenceAsked(context);
      const history = historyOf(versions);
      const looking = watched(context, seen);
      for (const facts of versions) decide(facts, looking, history);
      if (!asked.served) expect(seen.has("served")).toBe(false);
      if (!asked.contents) expect(seen.has("contents")).toBe(false);
      if (!asked.firstSeen) expect(seen.has("firstSeen")).toBe(false);
      if (!asked.proofs) expect(seen.has("proofs")).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test("the standard rules ask where there is a report of malware only", () => {
  const nothing = { served: false, contents: false, firstSeen: false, proofs: false };
  expect(evidenceAsked(contextOf())).toEqual(nothing);
  expect(evidenceAsked(contextOf({ advisories: [advisoryOf()] }))).toEqual(nothing);
  expect(evidenceAsked(contextOf({ advisories: [malwareOf("1.0.0")] }))).toEqual({
    served: true,
    contents: false,
    firstSeen: false,
    proofs: false,
  });
});

test("rules in force ask for what they compare with", () => {
  const rules = onlyRules({ "install-script": { condition: "any" } });
  expect(evidenceAsked(contextOf({ rules }))).toEqual({
    served: true,
    contents: true,
    firstSeen: false,
    proofs: false,
  });
  const strict = contextOf({ rules: PROFILES.strict, advisories: [advisoryOf()] });
  expect(evidenceAsked(strict)).toEqual({ served: true, contents: true, firstSeen: true, proofs: true });
  expect(evidenceAsked(contextOf({ frozenAt: 1 })).firstSeen).toBe(true);
});
