import type { Selectable } from "kysely";
import { isJsonObject, parseMode, parseRuleOptions, RULE_IDS, type RuleMode } from "@entrepot/core";
import type { Schema } from "../db/index.ts";
import { keptJson } from "./kept-json.ts";
import { PROFILE_ROW, type PolicyChoice } from "./policy-layers.ts";

/** A choice as it is kept, with who made it and when, in milliseconds. */
export interface KeptChoice extends PolicyChoice {
  /** True when the configuration file made it. */
  managed: boolean;
  setBy: string;
  setAt: number;
}

type Row = Selectable<Schema["policy_rules"]>;

/** An empty list would refuse nothing. */
const NOTHING_ALLOWED: PolicyChoice["options"] = {
  entries: [{ packages: "damaged-allow-only-list", range: "*", reason: "" }],
};

/**
 * Reads a row. What is damaged counts as its strictest reading, and options as they are elsewhere: a torn row must not
 * open a door, and must not fail an installation either.
 */
export function choiceOf(row: Row): KeptChoice {
  const problems: string[] = [];
  const read = row.rule === PROFILE_ROW ? readProfile(row, problems) : readRule(row, problems);
  const place = row.registry_id === "" ? "the workspace" : "this registry";
  const about = row.packages === "" ? place : `${place}, ${row.packages}`;
  return {
    registryId: row.registry_id,
    packages: row.packages,
    rule: row.rule,
    ...read,
    managed: row.managed === 1,
    setBy: row.set_by,
    setAt: row.set_at,
    ...(problems.length === 0
      ? {}
      : {
          problem: `What was chosen for ${row.rule} (${about}) is damaged: ${problems.join("; ")}. Choose it again.`,
        }),
  };
}

type Read = Pick<PolicyChoice, "mode" | "options">;

function readProfile({ options }: Row, problems: string[]): Read {
  const chosen = keptJson(options);
  const profile = isJsonObject(chosen) ? chosen["profile"] : null;
  if (profile === undefined || profile === "standard" || profile === "strict") {
    return { mode: null, options: profile === undefined ? {} : { profile } };
  }
  problems.push("the profile cannot be read, and strict counts");
  return { mode: null, options: { profile: "strict" } };
}

function readRule(row: Row, problems: string[]): Read {
  return { mode: readMode(row, problems), options: readOptions(row, problems) };
}

function readMode({ mode }: Row, problems: string[]): RuleMode | null {
  try {
    return mode === null ? null : parseMode(mode);
  } catch {
    problems.push("its mode cannot be read, and enforce counts");
    return "enforce";
  }
}

function readOptions({ rule, options }: Row, problems: string[]): PolicyChoice["options"] {
  const chosen = keptJson(options);
  const id = RULE_IDS.find((known) => known === rule);
  try {
    if (!isJsonObject(chosen)) throw new Error("no object");
    // A rule of a newer version is not asked here, whatever is chosen for it.
    if (id !== undefined) parseRuleOptions(id, chosen);
    return chosen;
  } catch {
    problems.push(
      "its options cannot be read, and " +
        (rule === "allow-only" ? "nothing is allowed" : "those from elsewhere count"),
    );
    return rule === "allow-only" ? NOTHING_ALLOWED : {};
  }
}
