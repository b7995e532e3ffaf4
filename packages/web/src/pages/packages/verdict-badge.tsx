import type { VerdictAnswer } from "@entrepot/core";
import type { ReactElement } from "react";
import { Badge, type Tone } from "../../components/badge.tsx";

const WORDS: Readonly<Record<VerdictAnswer["outcome"], readonly [word: string, tone: Tone]>> = {
  allow: ["allowed", "good"],
  warn: ["warned of", "warn"],
  hold: ["held", "warn"],
  hide: ["hidden", "warn"],
  deny: ["refused", "bad"],
};

/** What policy does with a version, in a word. */
export function VerdictBadge({ verdict }: { verdict: VerdictAnswer }): ReactElement {
  const [word, tone] = WORDS[verdict.outcome];
  return <Badge tone={tone}>{word}</Badge>;
}
