import type { ReactElement } from "react";

const UNITS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ["year", 31_557_600_000],
  ["month", 2_629_800_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** How long ago something was, in words; the exact time is there for who points at it. */
export function Time({ at }: { at: string | number }): ReactElement {
  const moment = new Date(at);
  return (
    <time dateTime={moment.toISOString()} title={moment.toLocaleString()} className="whitespace-nowrap">
      {agoText(moment.getTime() - Date.now())}
    </time>
  );
}

/** A span in words, such as "3 days ago" or "in 2 hours". */
function agoText(spanMs: number): string {
  const [unit, unitMs] = UNITS.find(([, ms]) => Math.abs(spanMs) >= ms) ?? ["second", 0];
  if (unitMs === 0) return spanMs <= 0 ? "just now" : "in a moment";
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(spanMs / unitMs), unit);
}
