import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef, ReactElement, ReactNode } from "react";

/** A row of links to the parts of one thing; each part has an address of its own. Give it {@link TabLink}s. */
export function TabLinks({ label, children }: { label: string; children: ReactNode }): ReactElement {
  return (
    <nav aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
      {children}
    </nav>
  );
}

function TabAnchor(props: ComponentPropsWithRef<"a">): ReactElement {
  return (
    <a
      {...props}
      className="-mb-px border-b-2 border-transparent px-3 py-2 font-medium whitespace-nowrap text-soft no-underline hover:text-text aria-[current=page]:border-accent aria-[current=page]:text-text focus-visible:-outline-offset-2"
    />
  );
}

/** A link of {@link TabLinks}. */
export const TabLink = createLink(TabAnchor);
