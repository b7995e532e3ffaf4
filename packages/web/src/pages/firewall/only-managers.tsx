import type { ReactElement } from "react";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";

/** In place of what only those who manage the registry are told. */
export function OnlyManagers({ what }: { what: string }): ReactElement {
  return (
    <Panel>
      <EmptyState title={`Only who manages this registry sees ${what}`}>
        Ask an administrator for the permission to manage it, or choose another registry above.
      </EmptyState>
    </Panel>
  );
}
