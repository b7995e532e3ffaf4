import type { TeamMemberAnswer } from "@entrepot/core";
import { useInfiniteQuery, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { itemsOf } from "../../api/paging.ts";
import { sessionQuery } from "../../api/session.ts";
import type { Column } from "../../components/data-table.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { AddForm } from "./add-form.tsx";
import { RemoveButton } from "./members.tsx";
import { PEOPLE, rulesQuery, teamMembersQuery, teamPath, teamsQuery } from "./people-queries.ts";
import { Removal } from "./removal.tsx";
import { RulesTable } from "./rules-table.tsx";
import { useManages } from "./use-manages.ts";

const route = getRouteApi("/shell/people/organizations/$organization/teams/$team");

/** One team: who is in it, and what it may do. */
export function TeamPage(): ReactElement {
  const { organization, team } = route.useParams();
  const { data: self } = useSuspenseQuery(sessionQuery());
  const isManager = useManages(organization);
  const known = itemsOf(useInfiniteQuery(teamsQuery(organization)).data).find(({ name }) => name === team);
  const client = useQueryClient();
  const navigate = useNavigate();
  const tell = useToast();
  return (
    <>
      <PageHeader title={`${organization}:${team}`}>{known?.description ?? ""}</PageHeader>
      <div className="grid gap-4">
        <TeamMembers organization={organization} team={team} isManager={isManager} />
        {self?.may.includes("administer") === true && <TeamRules name={`${organization}:${team}`} />}
        {isManager && (
          <Removal
            what="the team"
            name={team}
            path={teamPath(organization, team)}
            text="The rights that it gave go with it; its people stay in the organization."
            onDone={async () => {
              await navigate({ to: "/people/organizations/$organization", params: { organization } });
              await client.invalidateQueries({ queryKey: [PEOPLE] });
              tell(`The team ${team} is deleted.`);
            }}
          />
        )}
      </div>
    </>
  );
}

function TeamMembers(props: { organization: string; team: string; isManager: boolean }): ReactElement {
  const { organization, team, isManager } = props;
  const client = useQueryClient();
  const tell = useToast();
  const [name, setName] = useState("");
  const pathOf = (user: string): string =>
    `${teamPath(organization, team)}/members/${encodeURIComponent(user)}`;
  const refresh = (): Promise<void> =>
    client.invalidateQueries({ queryKey: teamMembersQuery(organization, team).queryKey });
  const putting = useMutation({
    mutationFn: (user: string) => api.call(pathOf(user), { method: "PUT" }),
    onSuccess: refresh,
  });
  const adding = useMutation({
    mutationFn: () => putting.mutateAsync(name.trim()),
    onSuccess: () => setName(""),
  });
  const removing = useMutation({
    mutationFn: (user: string) => api.call(pathOf(user), { method: "DELETE" }),
    async onSuccess(_answer, user) {
      await refresh();
      tell(`${user} is out of the team.`, { label: "Undo", run: () => putting.mutate(user) });
    },
  });
  const columns: readonly Column<TeamMemberAnswer>[] = [
    { heading: "User", cell: ({ user }) => <span className="font-medium">{user}</span> },
    ...(isManager
      ? [
          {
            heading: "Action",
            isNumber: true,
            cell: ({ user }: TeamMemberAnswer) => (
              <RemoveButton name={user} onRemove={() => removing.mutate(user)} />
            ),
          },
        ]
      : []),
  ];
  return (
    <Panel title="Who is in it" isFlush>
      {isManager && (
        <AddForm
          label="Add somebody"
          hint="A member of the organization."
          verb="Add"
          value={name}
          onChange={setName}
          work={adding}
        />
      )}
      <ProblemText problem={removing.error} />
      <PagedTable
        list={useInfiniteQuery(teamMembersQuery(organization, team))}
        label="Members of the team"
        columns={columns}
        keyOf={({ user }) => user}
        empty={<EmptyState title="Nobody is in it yet">Its rights are nobody's so far.</EmptyState>}
      />
    </Panel>
  );
}

function TeamRules({ name }: { name: string }): ReactElement {
  const list = useInfiniteQuery(rulesQuery());
  const rules = itemsOf(list.data).filter((rule) => rule.subject === "team" && rule.name === name);
  return (
    <Panel title="What it may do" isFlush>
      <RulesTable
        list={list}
        rules={rules}
        empty={
          <EmptyState title="No rule names this team">
            Its people have what their roles give them. Rules, on registries and on packages, are made under
            Permissions.
          </EmptyState>
        }
      />
    </Panel>
  );
}
