import semver from "semver";

/** Where policy sends a tag that points at a hidden version. */
export interface TagMove {
  tag: string;
  from: string;
  /** Null: the tag is left out. */
  to: string | null;
  /** How many versions above the new target, up to the old one, are hidden; pre-releases do not count. */
  keptBack: number;
  /** True where a caret range of the one does not take the other, so that code made for one may not run with the other. */
  isOtherLine: boolean;
}

/** Tells how far a tag falls. */
export function tagMoveOf(
  { tag, from, to }: Pick<TagMove, "tag" | "from" | "to">,
  hidden: Iterable<string>,
): TagMove {
  const [above, below] = [semver.parse(from), to === null ? null : semver.parse(to)];
  if (above === null || below === null) return { tag, from, to, keptBack: 0, isOtherLine: false };
  let keptBack = 0;
  for (const version of hidden) {
    const parsed = semver.parse(version);
    if (parsed === null || parsed.prerelease.length > 0) continue;
    if (parsed.compare(below) > 0 && parsed.compare(above) <= 0) keptBack += 1;
  }
  return { tag, from, to, keptBack, isOtherLine: lineOf(above) !== lineOf(below) };
}

/** What a person should know of a fall beside where it ends; empty where it is a short one. */
export function fallText({ from, to, keptBack, isOtherLine }: TagMove): string {
  if (to === null || (!isOtherLine && keptBack < 2)) return "";
  const many = keptBack < 2 ? "" : `All ${keptBack} releases after ${to}, up to ${from}, are kept back. `;
  const other = isOtherLine ? `${to} is of another line than ${from} and may not work in its place. ` : "";
  return `${many}${other}`.trim();
}

function lineOf({ major, minor, patch }: semver.SemVer): string {
  if (major > 0) return `${major}`;
  return minor > 0 ? `0.${minor}` : `0.0.${patch}`;
}
