import type { RuleMode } from "@entrepot/core";
import type { Tone } from "../../components/badge.tsx";

const OUTCOMES: Readonly<Record<string, { word: string; tone: Tone }>> = {
  allow: { word: "Passes", tone: "good" },
  warn: { word: "Passes, with a warning", tone: "warn" },
  hold: { word: "Held", tone: "bad" },
  hide: { word: "Hidden", tone: "bad" },
  deny: { word: "Refused", tone: "bad" },
  served: { word: "Served", tone: "good" },
  refused: { word: "Refused", tone: "bad" },
  withheld: { word: "Left out", tone: "warn" },
};

/** What became of a version, for people. */
export function outcomeWords(outcome: string): { word: string; tone: Tone } {
  return OUTCOMES[outcome] ?? { word: outcome, tone: "neutral" };
}

/** What a mode does, in a word or two. */
export const MODES: Readonly<Record<RuleMode, { word: string; tone: Tone; does: string }>> = {
  off: { word: "Off", tone: "neutral", does: "Not asked." },
  shadow: { word: "Shadow", tone: "warn", does: "Reports what it would refuse, and refuses nothing." },
  enforce: { word: "Enforced", tone: "good", does: "Refuses." },
};

/** Modes from weak to strong. */
export const MODE_ORDER: readonly RuleMode[] = ["off", "shadow", "enforce"];

/** A number with its noun, such as `1 person` and `3 people`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
