import {
  ALWAYS_ENFORCED,
  EntrepotError,
  parseMode,
  parseNamePattern,
  parseRuleId,
  parseRuleOptions,
  type RuleId,
  type RuleMode,
  type RuleOptions,
} from "@entrepot/core";
import { EVERYWHERE, layerPolicy } from "./policy-layers.ts";
import type { KeptChoice } from "./kept-choice.ts";

/** What to choose for a rule; what is left out stays as it was chosen there. */
export interface NewChoice {
  rule: string;
  /** Name pattern; empty for every package. */
  packages: string;
  mode?: string | undefined;
  options?: Readonly<Record<string, unknown>> | undefined;
}

/** A choice before it is known who made it and when. */
export type UnsignedChoice = Omit<KeptChoice, "setBy" | "setAt">;

/** Where a choice is made, by whom, over which others, and what it takes the place of. */
export interface ChoiceSurroundings {
  place: { registryId: string };
  by: { fromConfiguration: boolean };
  old: UnsignedChoice | null;
  base: readonly UnsignedChoice[];
}

const OPTIONS_CHARS_MAX = 256 * 1024;
/** Only for whole registries: for single packages there are exceptions, which end and which two people sign. */
export const WHOLE_ONLY: ReadonlySet<string> = new Set<RuleId>(["malware", "name-claim", "integrity-change"]);

/** Checks a choice and gives it as it is kept. Throws `request-invalid` and `name-invalid`. */
export function checkedChoice(
  input: NewChoice,
  { place, by, old, base }: ChoiceSurroundings,
): UnsignedChoice {
  const rule = parseRuleId(input.rule);
  assertMayChoose(rule, input.packages);
  assertNoWeakening(rule, input.mode);
  const { options: held } = layerPolicy(base, place.registryId).settingsOf(input.packages)[rule];
  const mode: RuleMode | null = input.mode === undefined ? (old?.mode ?? null) : parseMode(input.mode);
  const options = { ...old?.options, ...checkedOptions(rule, input.options ?? {}, held) };
  if (mode === null && Object.keys(options).length === 0) {
    throw invalid(`Say what to choose for ${rule}: a mode, or options.`);
  }
  if (JSON.stringify(options).length > OPTIONS_CHARS_MAX) {
    throw invalid(`The options of a rule have at most ${OPTIONS_CHARS_MAX} characters as JSON.`);
  }
  return {
    registryId: place.registryId,
    packages: input.packages,
    rule,
    mode,
    options,
    managed: by.fromConfiguration,
  };
}

function assertMayChoose(rule: RuleId, packages: string): void {
  if (rule === "operator-status") {
    throw invalid("What operators said by hand is always obeyed; see entrepot hold, release and status.");
  }
  if (packages === EVERYWHERE) return;
  parseNamePattern(packages);
  if (!WHOLE_ONLY.has(rule)) return;
  throw invalid(
    `The rule ${rule} is chosen for whole registries; for single packages make an exception, which ends.`,
  );
}

// What is malware beyond doubt is no matter of taste, and no one person's to let in.
function assertNoWeakening(rule: RuleId, mode: string | undefined): void {
  if (!ALWAYS_ENFORCED.has(rule) || mode === undefined || parseMode(mode) === "enforce") return;
  throw invalid(
    `The rule ${rule} cannot be switched off: what is malware beyond doubt is always refused. Where a report is wrong, ` +
      `two administrators together make an exception: entrepot exception add <package>@<range> --rule ${rule}. ` +
      "What one source alone says is the rule suspected-malware.",
  );
}

// What is not given comes from elsewhere, so that only what is given is kept.
function checkedOptions<Id extends RuleId>(
  rule: Id,
  given: Readonly<Record<string, unknown>>,
  held: RuleOptions[Id],
): Record<string, unknown> {
  const whole = parseRuleOptions(rule, given, held);
  return Object.fromEntries(Object.entries(whole).filter(([name]) => Object.hasOwn(given, name)));
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
