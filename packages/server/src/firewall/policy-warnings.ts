import { coversName, parseNamePattern, type ListEntry, type RuleId, type RuleSettings } from "@entrepot/core";
import { EVERYWHERE, layerPolicy, PROFILE_ROW, type PolicyChoice } from "./policy-layers.ts";

const WARNINGS_MAX = 20;
const STRENGTH = { off: 0, shadow: 1, enforce: 2 } as const;

/** Says what of the choices contradicts each other, and which of them wins. */
export function policyWarnings(choices: readonly PolicyChoice[], registryId: string): string[] {
  const { profile, settingsOf } = layerPolicy(choices, registryId);
  const settings = settingsOf(EVERYWHERE);
  const warnings = [
    ...problemWarnings(choices, registryId),
    ...listWarnings(settings),
    ...licenceWarnings(settings),
    ...protectionWarnings(settings),
  ];
  const inWorkspace = layerPolicy(choices, EVERYWHERE).settingsOf(EVERYWHERE);
  for (const rule of Object.keys(settings) as RuleId[]) {
    const [above, own] = [inWorkspace[rule].mode, settings[rule].mode];
    if (registryId === EVERYWHERE || STRENGTH[own] >= STRENGTH[above]) continue;
    warnings.push(
      `The workspace has ${rule} on ${above}, this registry on ${own}: the registry's own choice wins.`,
    );
  }
  if (profile === "strict") warnings.push(...profileWarnings(choices, registryId));
  return warnings.slice(0, WARNINGS_MAX);
}

// What cannot be read stands first: somebody has to choose it again.
function problemWarnings(choices: readonly PolicyChoice[], registryId: string): string[] {
  return choices
    .filter((choice) => choice.registryId === EVERYWHERE || choice.registryId === registryId)
    .flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
}

const PROTECTIONS: readonly (readonly [rule: RuleId, danger: string])[] = [
  ["suspected-malware", "What one source alone reports as malware is served"],
  ["name-claim", "Upstreams may provide names that are claimed"],
  ["integrity-change", "Versions whose bytes an upstream changed are served"],
];

function protectionWarnings(settings: RuleSettings): string[] {
  return PROTECTIONS.filter(([rule]) => settings[rule].mode !== "enforce").map(
    ([rule, danger]) => `${danger}: the rule ${rule} is not enforced.`,
  );
}

function listWarnings(settings: RuleSettings): string[] {
  const [deny, allow] = [settings["deny-list"], settings["allow-only"]];
  if (allow.mode !== "enforce") return [];
  const { entries: allowed } = allow.options as { entries: readonly ListEntry[] };
  const { entries: denied } = deny.options as { entries: readonly ListEntry[] };
  if (allowed.length === 0) return ["allow-only is enforced and lists nothing: so it refuses nothing."];
  if (deny.mode !== "enforce") return [];
  const warnings = [];
  for (const { packages, range } of denied) {
    const twin = allowed.find((entry) => overlaps(entry.packages, packages));
    if (twin === undefined) continue;
    warnings.push(
      `${packages} (${range}) is in the deny-list, and ${twin.packages} (${twin.range}) in allow-only: the deny-list wins.`,
    );
  }
  return warnings;
}

function overlaps(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [parseNamePattern(one), parseNamePattern(other)];
  if (first.kind === "exact") return coversName(other, one);
  if (second.kind === "exact") return coversName(one, other);
  return first.text.startsWith(second.text) || second.text.startsWith(first.text);
}

function licenceWarnings({ licence }: RuleSettings): string[] {
  if (licence.mode === "off") return [];
  const { allowed, denied } = licence.options as { allowed: readonly string[]; denied: readonly string[] };
  const both = denied.filter((id) => allowed.includes(id));
  if (both.length === 0) return [];
  return [`The licence ${both.join(", ")} is both allowed and denied: denied wins.`];
}

// One switch is meant to be enough; what was chosen before it may still stand above it.
function profileWarnings(choices: readonly PolicyChoice[], registryId: string): string[] {
  const bare = layerPolicy(
    choices.filter(({ rule }) => rule === PROFILE_ROW),
    registryId,
  ).settingsOf(EVERYWHERE);
  const settings = layerPolicy(choices, registryId).settingsOf(EVERYWHERE);
  const weaker = (Object.keys(bare) as RuleId[]).filter(
    (rule) => STRENGTH[settings[rule].mode] < STRENGTH[bare[rule].mode],
  );
  return weaker.map(
    (rule) =>
      `The profile strict enforces ${rule}, and it was chosen to be on ${settings[rule].mode}: the choice wins over the profile.`,
  );
}
