import type { ReactElement } from "react";

/** Paths of 16 by 16 drawings in lines of one and a half. */
const DRAWINGS = {
  alert: "M8 2.2 14.3 13H1.7L8 2.2Zm0 4.2v3.2m0 1.9v.1",
  arrow: "M3 8h10M9.2 4.2 13 8l-3.8 3.8",
  check: "m3 8.4 3.3 3.3L13 4.8",
  chevron: "m6 3.8 4.2 4.2L6 12.2",
  close: "m4 4 8 8m0-8-8 8",
  copy: "M5.5 5.5h7.8v7.8H5.5V5.5Zm5-2.8H2.7v7.8",
  external: "M9.5 2.7h3.8v3.8m0-3.8L7.5 8.5M6.3 3.7H2.7v9.6h9.6V9.7",
  gear: "M8 5.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6ZM8 1.7v2m0 8.6v2M1.7 8h2m8.6 0h2M3.5 3.5 5 5m6 6 1.5 1.5m0-9L11 5M5 11l-1.5 1.5",
  globe:
    "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM1.8 8h12.4M8 1.8c2.3 2 2.8 10 0 12.4M8 1.8c-2.3 2-2.8 10 0 12.4",
  home: "M2.5 7.3 8 2.5l5.5 4.8v6.2h-4v-4h-3v4h-4V7.3Z",
  lock: "M3.7 7.2h8.6v6.3H3.7V7.2Zm1.9 0V5a2.4 2.4 0 0 1 4.8 0v2.2",
  menu: "M2.5 4.2h11M2.5 8h11M2.5 11.8h11",
  moon: "M13.3 9.6A5.7 5.7 0 0 1 6.4 2.7a5.7 5.7 0 1 0 6.9 6.9Z",
  package: "M8 1.9 13.6 5v6L8 14.1 2.4 11V5L8 1.9Zm0 6.2L2.4 5M8 8.1 13.6 5M8 8.1v6",
  people:
    "M6 7.4a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8Zm-4.3 6c0-2.6 1.8-4 4.3-4s4.3 1.4 4.3 4M10.6 3a2.2 2.2 0 0 1 0 4.2m1.4 2.5c1.5.5 2.3 1.8 2.3 3.7",
  plus: "M8 3v10M3 8h10",
  registry: "M2.3 3h11.4v4H2.3V3Zm0 6h11.4v4H2.3V9ZM5 5h.1M5 11h.1",
  search: "M7 2.7a4.3 4.3 0 1 0 0 8.6 4.3 4.3 0 0 0 0-8.6Zm3.2 7.5 3.3 3.3",
  shield: "M8 1.8 13.2 4v4c0 3-2.1 5.2-5.2 6.3C4.900 13.200 2.800 11 2.800 8V4L8 1.800Z",
  sun: "M8 5.2a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600ZM8 1.500v1.400m0 10.200v1.400M1.500 8h1.400m10.200 0h1.400M3.400 3.400l1 1m7.200 7.200 1 1m0-9.200-1 1m-7.200 7.200-1 1",
} as const;

/** A name of a drawing. */
export type IconName = keyof typeof DRAWINGS;

/** A small drawing that says nothing the text beside it does not. */
export function Icon({ name, className = "" }: { name: IconName; className?: string }): ReactElement {
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden="true"
      className={`inline-block size-4 shrink-0 fill-none stroke-current stroke-[1.5] ${className}`}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={DRAWINGS[name]} />
    </svg>
  );
}
