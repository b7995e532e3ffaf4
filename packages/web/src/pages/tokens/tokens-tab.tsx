import type { ReactElement } from "react";
import { ButtonLink } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";
import { TokenTable } from "./token-table.tsx";

/** One's own tokens. */
export function TokensTab(): ReactElement {
  const create = (
    <ButtonLink look="primary" icon="plus" to="/settings/tokens/new">
      New token
    </ButtonLink>
  );
  return (
    <Panel title="Tokens" isFlush actions={create}>
      <TokenTable
        where="/tokens"
        empty={
          <EmptyState title="No token yet">
            A token lets a machine in as you: a terminal after <code>npm login</code>, a pipeline, a program.
          </EmptyState>
        }
      />
    </Panel>
  );
}
