/** A strict semver version taken apart, to be compared many times. Build metadata does not count. */
export interface Precedence {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Numeric identifiers as numbers; null for a version that is no pre-release. */
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
    const order = compareIdentifiers(a.prerelease[index] ?? 0, b.prerelease[index] ?? 0);
    if (order !== 0) return order;
  }
  return a.prerelease.length - b.prerelease.length;
}

/** Beyond 2^53 numbers lose digits here, as they do in every npm client; what they take for equal is equal. */
function identifierOf(text: string): number | string {
  return NUMERIC.test(text) ? Number(text) : text;
}

function compareIdentifiers(a: number | string, b: number | string): number {
  if (a === b) return 0;
  if (typeof a === "number") return typeof b === "number" ? a - b : -1;
  if (typeof b === "number") return 1;
  return a < b ? -1 : 1;
}
