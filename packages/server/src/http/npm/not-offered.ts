import { compilePattern, matchPattern } from "../match-route.ts";

/** Parts of the npm protocol that clients have commands for and that we have no answer to, with what they are called. */
const NOT_OFFERED = (
  [
    ["/-/v1/search", "search"],
    ["/-/npm/v1/security/:rest", "audits"],
    ["/-/npm/v1/user", "profiles"],
  ] as const
).map(([path, what]) => ({ pattern: compilePattern(path), what }));

/** Tells in a sentence that this part of the protocol is not offered yet; null when we know of no such part. */
export function notOfferedText(segments: readonly string[]): string | null {
  const found = NOT_OFFERED.find(({ pattern }) => matchPattern(pattern, segments) !== null);
  return found === undefined ? null : `This server does not offer ${found.what} yet.`;
}
