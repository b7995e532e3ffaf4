import { useId, type ReactElement, type ReactNode } from "react";
import { classNames } from "./class-names.ts";

interface PanelProps {
  /** Left out where the page's own heading says it. */
  title?: string;
  /** Buttons and links at the end of the title's line. */
  actions?: ReactNode;
  /** True where what is inside goes to the edge, such as a table. */
  isFlush?: boolean;
  look?: "plain" | "danger";
  children: ReactNode;
}

/** A sheet of the page, with its own heading. */
export function Panel({
  title,
  actions,
  isFlush = false,
  look = "plain",
  children,
}: PanelProps): ReactElement {
  const id = useId();
  return (
    <section
      aria-labelledby={title === undefined ? undefined : id}
      className={classNames(
        "min-w-0 overflow-hidden rounded-lg border bg-panel",
        look === "danger" ? "border-bad" : "border-line",
      )}
    >
      {title !== undefined && (
        <div className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          <h2 id={id} className={classNames("font-semibold", look === "danger" && "text-bad")}>
            {title}
          </h2>
          {actions}
        </div>
      )}
      <div className={isFlush ? "" : "px-4 py-4"}>{children}</div>
    </section>
  );
}

/** A short list of names and values. */
export function Facts({
  facts,
}: {
  facts: ReadonlyArray<readonly [name: string, value: ReactNode]>;
}): ReactElement {
  return (
    <dl className="grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-5 gap-y-2">
      {facts.map(([name, value]) => (
        <div key={name} className="col-span-2 grid grid-cols-subgrid">
          <dt className="text-soft">{name}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
