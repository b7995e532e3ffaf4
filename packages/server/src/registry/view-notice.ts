import { fallText, tagMoveOf } from "@entrepot/core";
import type { GzipView } from "../threads/index.ts";

/** One line for a person whose `latest` policy moved, and how far; null where it did not. */
export function noticeOf(
  name: string,
  { movedLatest, hidden }: Pick<GzipView, "movedLatest" | "hidden">,
): string | null {
  if (movedLatest === null) return null;
  const [from, to] = movedLatest;
  const verdict = hidden.find(([version]) => version === from)?.[1];
  if (verdict === undefined) return null;
  const until = verdict.until === null ? "" : ` until ${new Date(verdict.until).toISOString()}`;
  const why = `${name}@${from} is kept back${until} by the rule ${verdict.rule}: ${verdict.reason}`;
  const versions = hidden.map(([version]) => version);
  const fall = fallText(tagMoveOf({ tag: "latest", from, to }, versions));
  return `${why.replace(/\.$/, "")}. ${to === null ? "Nothing is" : `${to} is`} latest here. ${fall}`.trim();
}
