import type { ReactElement, ReactNode } from "react";

/** What a badge means; the text says it too, for colour alone is not enough. */
export type Tone = "neutral" | "accent" | "good" | "warn" | "bad";

const TONES: Readonly<Record<Tone, string>> = {
  neutral: "bg-inset text-soft",
  accent: "bg-accent-soft text-accent",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

/** A word or two about something's state. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }): ReactElement {
  return (
    <span
      className={`inline-flex h-5 items-center rounded px-1.5 text-xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
