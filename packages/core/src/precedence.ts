/** A strict semver version taken apart, to be compared many times. Build metadata does not count. */
export interface Precedence {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Numeric identifiers as numbers where they are exact; null for a version that is no pre-release. */
  readonly prerelease: readonly (number | string)[] | null;
}

const NUMERIC = /^[0-9]+$/u;

/** Takes a strict semver version apart; see `normalizeVersion` for what is strict. */
export function precedenceOf(version: string): Precedence {
  const build = version.indexOf("+");
  const end = build === -1 ? version.length : build;
  const hyphen = version.indexOf("-");
  const isPrerelease = hyphen !== -1 && hyphen < end;
  const first = version.indexOf(".");
  const second = version.indexOf(".", first + 1);
  return {
    major: Number(version.slice(0, first)),
    minor: Number(version.slice(first + 1, second)),
    patch: Number(version.slice(second + 1, isPrerelease ? hyphen : end)),
    prerelease: isPrerelease
      ? version
          .slice(hyphen + 1, end)
          .split(".")
          .map(identifierOf)
      : null,
  };
}

/** Compares by semver precedence: negative if `a` is lower, 0 if equal. */
export function comparePrecedence(a: Precedence, b: Precedence): number {
  const core = a.major - b.major || a.minor - b.minor || a.patch - b.patch;
  if (core !== 0 || a.prerelease === b.prerelease) return core;
  if (a.prerelease === null) return 1;
  if (b.prerelease === null) return -1;
  const shared = Math.min(a.prerelease.length, b.prerelease.length);
  for (let index = 0; index < shared; index++) {
    const [left, right] = [a.prerelease[index] ?? 0, b.prerelease[index] ?? 0];
    if (left !== right) return compareIdentifiers(left, right);
  }
  return a.prerelease.length - b.prerelease.length;
}

/**
 * Tells whether a version has a number that clients cannot compare exactly, such as a time of 17 digits: two of
 * them can be equal to a third and not to each other.
 */
export function hasInexactNumber({ prerelease }: Precedence): boolean {
  return (
    prerelease?.some((identifier) => typeof identifier === "string" && NUMERIC.test(identifier)) ?? false
  );
}

function identifierOf(text: string): number | string {
  if (!NUMERIC.test(text)) return text;
  const number = Number(text);
  return number < Number.MAX_SAFE_INTEGER ? number : text;
}

/** Of two different ones. Large numbers lose digits, as they do in npm clients: we must not disagree with them. */
function compareIdentifiers(a: number | string, b: number | string): number {
  const isNumberA = typeof a === "number" || NUMERIC.test(a);
  const isNumberB = typeof b === "number" || NUMERIC.test(b);
  if (isNumberA && isNumberB) return Number(a) - Number(b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a < b ? -1 : 1;
}
