/** `/team/…` and `/org/…`, where yarn 1 still asks for teams. A package may have such a name, so that reads look for it. */
const FORMER: ReadonlySet<string> = new Set(["org", "team"]);

/** Tells whether a URL that takes no such method was part of the protocol once. */
export function isFormerPath([first, second]: readonly string[]): boolean {
  return first !== undefined && FORMER.has(first) && second !== undefined && second !== "-";
}

/** Tells in a sentence why this part of the protocol is not offered; null when we know of no such part. */
export function notOfferedText(segments: readonly string[]): string | null {
  return isFormerPath(segments)
    ? "Teams are no longer at this URL, where yarn 1 asks for them; use npm team."
    : null;
}
