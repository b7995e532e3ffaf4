import semver from "semver";

/** How a client asks for a version. */
export interface WantedVersion {
  kind: "tag" | "version" | "range";
  /** The tag, the exact version in its plain spelling, or the range. */
  text: string;
}

/** What a client chooses from. */
export interface PickSource {
  versions: readonly string[];
  distTags: ReadonlyMap<string, string>;
}

const LOOSE = { loose: true } as const;

/**
 * Reads what stands behind the `@`: an exact version, a range, or else a tag. Nothing stands for any version.
 *
 * @example readWantedVersion("^1.0.0") // { kind: "range", text: "^1.0.0" }
 */
export function readWantedVersion(raw: string): WantedVersion {
  const text = raw.trim();
  const version = semver.valid(text, LOOSE);
  if (version !== null) return { kind: "version", text: version };
  const isRange = semver.validRange(text, LOOSE) !== null;
  return { kind: isRange ? "range" : "tag", text: text === "" ? "*" : text };
}

/** What a client may take. */
export interface Candidates {
  /** Comes before all others unless it is deprecated: `latest`, where it fits a range. */
  preferred: string | null;
  /** The versions that fit, the highest first. */
  fitting: readonly string[];
}

/**
 * The versions that fit what is wanted, as npm sees it. Of a tag and of an exact version there is one, or none.
 *
 * @example candidatesFor({ versions: ["1.0.0", "1.1.0"], distTags: new Map([["latest", "1.0.0"]]) },
 *   readWantedVersion("^1.0.0")) // { preferred: "1.0.0", fitting: ["1.1.0", "1.0.0"] }
 */
export function candidatesFor({ versions, distTags }: PickSource, wanted: WantedVersion): Candidates {
  if (wanted.kind !== "range") {
    const target = wanted.kind === "tag" ? distTags.get(wanted.text) : wanted.text;
    return { preferred: null, fitting: versions.filter((version) => version === target) };
  }
  const range = rangeOf(wanted.text);
  const fitting = range === null ? [] : versions.filter((version) => range.test(version));
  const latest = distTags.get("latest") ?? "";
  // A pre-release that is the latest may be what "any version" means.
  const isPreferred = (wanted.text === "*" ? versions : fitting).includes(latest);
  return {
    preferred: isPreferred ? latest : null,
    fitting: fitting.toSorted((one, other) => semver.rcompare(one, other, LOOSE)),
  };
}

/** All candidates, the best first. */
export function candidateList({ preferred, fitting }: Candidates): string[] {
  if (preferred === null) return [...fitting];
  return [preferred, ...fitting.filter((version) => version !== preferred)];
}

/**
 * The one that npm takes: the first of the list that is not deprecated; if all are, the highest that fits. Null
 * if there is none.
 */
export function pickVersion(
  candidates: Candidates,
  isDeprecated: (version: string) => boolean,
): string | null {
  const sound = candidateList(candidates).find((version) => !isDeprecated(version));
  return sound ?? candidates.fitting[0] ?? null;
}

function rangeOf(text: string): semver.Range | null {
  try {
    return new semver.Range(text, LOOSE);
  } catch {
    return null; // a bad range fits nothing
  }
}
