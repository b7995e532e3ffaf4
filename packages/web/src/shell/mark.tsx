import type { ReactElement } from "react";

/** The sign of the product: a warehouse at the quay. */
export function Mark({ className = "size-6" }: { className?: string }): ReactElement {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className={className}>
      <path
        d="M3.500 19.500h17M6 16V9.500L12 5l6 4.500V16M9.700 16v-4.500h4.600V16"
        className="fill-none stroke-current stroke-[1.8]"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
