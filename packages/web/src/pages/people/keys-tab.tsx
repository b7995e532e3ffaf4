import type { ReactElement } from "react";
import { ButtonLink } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";
import { TokenTable } from "../tokens/token-table.tsx";

/** All tokens and keys of the workspace, for administrators. */
export function KeysTab(): ReactElement {
  return (
    <Panel
      title="Keys, and tokens of all users"
      isFlush
      actions={
        <ButtonLink look="primary" icon="plus" to="/people/keys/new">
          New key
        </ButtonLink>
      }
    >
      <TokenTable
        where="/keys"
        empty={
          <EmptyState title="No key yet">
            A key stands for a registry or the whole server and may belong to nobody: for mirrors, pipelines
            and programs.
          </EmptyState>
        }
      />
    </Panel>
  );
}
