import type { ReactElement, ReactNode } from "react";

/** The page's one first heading, with what can be done on the page. */
export function PageHeader(props: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}): ReactElement {
  return (
    <header className="mb-4 flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
      <div className="min-w-0">
        <h1 tabIndex={-1} className="text-xl font-semibold tracking-tight [overflow-wrap:anywhere]">
          {props.title}
        </h1>
        {props.children !== undefined && <div className="mt-1 max-w-prose text-soft">{props.children}</div>}
      </div>
      {props.actions !== undefined && <div className="flex flex-wrap gap-2">{props.actions}</div>}
    </header>
  );
}
