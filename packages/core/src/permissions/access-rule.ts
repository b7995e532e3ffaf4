import { parseNamePattern } from "../names.ts";
import type { Permission } from "./permission.ts";

/** Whom a rule is about. */
export type RuleSubject =
  | { kind: "user"; id: string }
  | { kind: "team"; id: string }
  | { kind: "everyone" }
  | { kind: "authenticated" }
  | { kind: "anonymous" };

/** Permission given to, or taken from, somebody on something. */
export interface AccessRule {
  id: string;
  effect: "grant" | "restrict";
  subject: RuleSubject;
  permissions: ReadonlySet<Permission>;
  /** A registry, or a group of registries, or with both null the whole workspace. */
  registryId: string | null;
  group: string | null;
  /** Name pattern of packages; null for all. */
  packages: string | null;
}

/** What a permission is asked for. */
export interface AccessTarget {
  /** Null for what concerns no registry, such as users. */
  registry: {
    readonly id: string;
    readonly name: string;
    readonly groups: readonly string[];
    readonly anonymousRead: boolean;
  } | null;
  /** Null for what concerns no single package, such as a registry's settings. */
  packageName: string | null;
  /** Name of an organization, for its teams and members. */
  organization?: string;
}

/** The rules of a workspace, found by what they are about, and who is in which team. */
export interface AccessPolicy {
  /** The rules that concern the target, in no particular order. */
  rulesFor(target: AccessTarget): Iterable<AccessRule>;
  teamsOf(userId: string): ReadonlySet<string>;
  /** Every rule that takes something away, wherever it stands. */
  readonly restrictions: readonly AccessRule[];
  /** True when some rule on the registry, its groups or the workspace names packages. */
  namesPackages(registry: NonNullable<AccessTarget["registry"]>): boolean;
}

interface Place {
  whole: AccessRule[];
  exact: Map<string, AccessRule[]>;
  prefixes: { text: string; rule: AccessRule }[];
}

const NO_TEAMS: ReadonlySet<string> = new Set();

/** Indexes rules, so that thousands of them on single packages cost a look-up. Throws `name-invalid` for a bad pattern. */
export function createAccessPolicy(
  rules: Iterable<AccessRule>,
  teams: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): AccessPolicy {
  const places = new Map<string, Place>();
  const restrictions: AccessRule[] = [];
  for (const rule of rules) {
    addRule(placeAt(places, keyOf(rule)), rule);
    if (rule.effect === "restrict") restrictions.push(rule);
  }

  function placesOf({ registry }: Pick<AccessTarget, "registry">): Place[] {
    const keys = ["workspace"];
    if (registry !== null) {
      keys.push(`registry ${registry.id}`, ...registry.groups.map((group) => `group ${group}`));
    }
    return keys.map((key) => places.get(key)).filter((place) => place !== undefined);
  }

  return {
    *rulesFor(target) {
      for (const place of placesOf(target)) yield* rulesIn(place, target.packageName);
    },
    restrictions,
    teamsOf: (userId) => teams.get(userId) ?? NO_TEAMS,
    namesPackages: (registry) =>
      placesOf({ registry }).some(({ exact, prefixes }) => exact.size > 0 || prefixes.length > 0),
  };
}

function keyOf({ registryId, group }: AccessRule): string {
  if (registryId !== null) return `registry ${registryId}`;
  return group === null ? "workspace" : `group ${group}`;
}

function placeAt(places: Map<string, Place>, key: string): Place {
  let place = places.get(key);
  if (place === undefined) {
    place = { whole: [], exact: new Map(), prefixes: [] };
    places.set(key, place);
  }
  return place;
}

function addRule(place: Place, rule: AccessRule): void {
  if (rule.packages === null) {
    place.whole.push(rule);
    return;
  }
  const { kind, text } = parseNamePattern(rule.packages);
  if (kind === "prefix") place.prefixes.push({ text, rule });
  else place.exact.set(text, [...(place.exact.get(text) ?? []), rule]);
}

// Where no package is meant, a grant on some of them is a reason to let somebody in, and a restriction none to keep out.
function* rulesIn(place: Place, packageName: string | null): Iterable<AccessRule> {
  yield* place.whole;
  if (packageName === null) {
    for (const rules of place.exact.values()) yield* rules.filter(({ effect }) => effect === "grant");
    for (const { rule } of place.prefixes) if (rule.effect === "grant") yield rule;
    return;
  }
  yield* place.exact.get(packageName) ?? [];
  for (const { text, rule } of place.prefixes) {
    if (packageName.length > text.length && packageName.startsWith(text)) yield rule;
  }
}
