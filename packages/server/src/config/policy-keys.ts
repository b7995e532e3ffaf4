import {
  isEntrepotError,
  parseMode,
  parseNamePattern,
  parseRuleId,
  parseRuleOptions,
  RULE_IDS,
} from "@entrepot/core";
import * as z from "zod";
import type { DeclaredPolicy } from "./config.ts";
import { described } from "./key-kinds.ts";

const RULES_MAX = 2000;
const WHAT = "a mapping with profile and rules";
const PROFILE = "standard or strict";
const MODE = "off, shadow or enforce";
const OPTIONS = "a mapping of the rule's options";

/** Keys of one choice. */
export const policyRuleKeys: {
  rule: z.ZodType<string>;
  packages: z.ZodType<string | null>;
  mode: z.ZodType<DeclaredPolicy["rules"][number]["mode"]>;
  options: z.ZodType<Record<string, unknown>>;
} = {
  rule: described(z.string("the name of a rule").meta({ allowed: `one of ${RULE_IDS.join(", ")}` }), "Rule."),
  packages: described(
    z.string("a pattern").nullable().default(null).meta({ allowed: "`name`, `@scope/*` or `prefix-*`" }),
    "Packages that it is for; all when left out.",
  ),
  mode: described(
    z.enum(["off", "shadow", "enforce"], MODE).nullable().default(null).meta({ allowed: MODE }),
    "As elsewhere when left out.",
  ),
  options: described(
    z.record(z.string(), z.unknown(), OPTIONS).default({}).meta({ allowed: OPTIONS }),
    "Those that differ from what holds elsewhere.",
  ),
};

const ruleSchema = z.strictObject(policyRuleKeys, "a mapping").superRefine((given, context) => {
  const problem = problemOf(given);
  if (problem !== null) context.addIssue({ code: "custom", message: problem });
});

/** Keys of a policy. */
export const policyKeys: Readonly<Record<keyof DeclaredPolicy, z.ZodType>> = {
  profile: described(
    z.enum(["standard", "strict"], PROFILE).nullable().default(null).meta({ allowed: PROFILE }),
    "What holds where nothing else is chosen; as elsewhere when left out.",
  ),
  rules: described(
    z
      .array(ruleSchema, "a list of rules")
      .max(RULES_MAX, `at most ${RULES_MAX} rules`)
      .default([])
      .meta({ allowed: "a list of rules" }),
    "What is chosen for rules.",
  ),
};

/** A policy, or nothing. */
export const policySchema: z.ZodType<DeclaredPolicy | null> = z
  .strictObject(policyKeys, WHAT)
  .nullable()
  .default(null)
  .meta({ allowed: WHAT }) as unknown as z.ZodType<DeclaredPolicy | null>;

function problemOf(given: {
  rule: string;
  packages: string | null;
  mode: string | null;
  options: Record<string, unknown>;
}): string | null {
  try {
    const rule = parseRuleId(given.rule);
    if (given.packages !== null) parseNamePattern(given.packages);
    if (given.mode !== null) parseMode(given.mode);
    parseRuleOptions(rule, given.options);
    return null;
  } catch (error) {
    if (isEntrepotError(error)) return error.message;
    throw error;
  }
}
