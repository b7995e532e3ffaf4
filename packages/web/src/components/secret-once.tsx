import type { ReactElement, ReactNode } from "react";
import { CopyBlock } from "./copy.tsx";
import { Icon } from "./icon.tsx";

/** Something that is shown this once and never again, to be copied; `label` says what it is. */
export function SecretOnce(props: { secret: string; label: string; children: ReactNode }): ReactElement {
  return (
    <div
      role="status"
      className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-2.5 rounded-md bg-good-soft px-3 py-3"
    >
      <p className="flex gap-2 font-medium">
        <Icon name="check" className="mt-0.5 text-good" />
        <span>{props.children}</span>
      </p>
      <div className="bg-panel">
        <CopyBlock text={props.secret} label={props.label} />
      </div>
    </div>
  );
}
