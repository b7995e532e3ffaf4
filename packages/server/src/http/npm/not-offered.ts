import { compilePattern, matchPattern } from "../match-route.ts";

/** Parts of the npm protocol that clients have commands for and that we have no answer to, with what they are called. */
const NOT_OFFERED = ([["/-/v1/search", "search"]] as const).map(([path, what]) => ({
  pattern: compilePattern(path),
  what,
}));

/** `/team/…` and `/org/…`, where yarn 1 still asks for teams. A package may have such a name, so that reads look for it. */
const FORMER: ReadonlySet<string> = new Set(["org", "team"]);

/** Tells whether a URL that takes no such method was part of the protocol once. */
export function isFormerPath([first, second]: readonly string[]): boolean {
  return first !== undefined && FORMER.has(first) && second !== undefined && second !== "-";
}

/** Tells in a sentence that this part of the protocol is not offered yet; null when we know of no such part. */
export function notOfferedText(segments: readonly string[]): string | null {
  if (isFormerPath(segments)) {
    return "Teams are no longer at this URL, where yarn 1 asks for them; use npm team.";
  }
  const found = NOT_OFFERED.find(({ pattern }) => matchPattern(pattern, segments) !== null);
  return found === undefined ? null : `This server does not offer ${found.what} yet.`;
}
