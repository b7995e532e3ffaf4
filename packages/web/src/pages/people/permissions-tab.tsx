import type { AccessRuleAnswer } from "@entrepot/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { api } from "../../api/client.ts";
import { itemsOf } from "../../api/paging.ts";
import { ButtonLink } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { RemoveButton } from "./members.tsx";
import { rulesQuery } from "./people-queries.ts";
import { PrivilegeTest } from "./privilege-test.tsx";
import { placeText, whoText } from "./rule-words.ts";
import { RulesTable } from "./rules-table.tsx";

/** The rules on who may do what, and a question to them. */
export function PermissionsTab(): ReactElement {
  const client = useQueryClient();
  const tell = useToast();
  const list = useInfiniteQuery(rulesQuery());
  const refresh = (): Promise<void> => client.invalidateQueries({ queryKey: rulesQuery().queryKey });
  const restoring = useMutation({
    mutationFn: ({ id: _id, createdAt: _at, createdBy: _by, name, ...rule }: AccessRuleAnswer) =>
      api.call("/access-rules", { method: "POST", body: { ...rule, ...(name === null ? {} : { name }) } }),
    onSuccess: refresh,
  });
  const removing = useMutation({
    mutationFn: ({ id }: AccessRuleAnswer) =>
      api.call(`/access-rules/${encodeURIComponent(id)}`, { method: "DELETE" }),
    async onSuccess(_answer, rule) {
      await refresh();
      tell("The rule is gone.", { label: "Undo", run: () => restoring.mutate(rule) });
    },
  });
  return (
    <div className="grid gap-4">
      <Panel
        title="Rules"
        isFlush
        actions={
          <ButtonLink look="primary" icon="plus" to="/people/permissions/new">
            New rule
          </ButtonLink>
        }
      >
        <div className="border-b border-line px-4 py-3">
          <p className="max-w-prose text-soft">
            Where no rule says otherwise, the role decides. A rule on a user comes before one on a team, that
            before one on everyone; one on a package before one on a registry; and what is taken before what
            is given.
          </p>
        </div>
        <ProblemText problem={removing.error ?? restoring.error} />
        <RulesTable
          list={list}
          rules={itemsOf(list.data)}
          action={{
            heading: "Action",
            cell: (rule) => (
              <RemoveButton
                name={`the rule on ${whoText(rule)}, ${placeText(rule)}`}
                onRemove={() => removing.mutate(rule)}
              />
            ),
          }}
          empty={
            <EmptyState title="No rule yet">
              Everybody may do what their role says. A rule gives somebody more, or takes something from them,
              in one registry or on some packages.
            </EmptyState>
          }
        />
      </Panel>
      <PrivilegeTest />
    </div>
  );
}
