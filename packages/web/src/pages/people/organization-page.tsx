import type { TeamAnswer } from "@entrepot/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import type { Column } from "../../components/data-table.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { useToast } from "../../components/toasts.tsx";
import { AddForm } from "./add-form.tsx";
import { Members } from "./members.tsx";
import { organizationPath, PEOPLE, teamsQuery } from "./people-queries.ts";
import { Removal } from "./removal.tsx";
import { useManages } from "./use-manages.ts";

const route = getRouteApi("/shell/people/organizations/$organization");

/** One organization: its teams and its members. */
export function OrganizationPage(): ReactElement {
  const { organization } = route.useParams();
  const isManager = useManages(organization);
  const client = useQueryClient();
  const navigate = useNavigate();
  const tell = useToast();
  return (
    <>
      <PageHeader title={organization}>
        Its teams are given rights in registries and on packages; a right of a team is a right of each of its
        members.
      </PageHeader>
      <div className="grid gap-4">
        <Teams organization={organization} isManager={isManager} />
        <Members organization={organization} isManager={isManager} />
        {isManager && (
          <Removal
            what="the organization"
            name={organization}
            path={organizationPath(organization)}
            text="Its teams go with it, and the rights that they gave. Packages and users stay."
            onDone={async () => {
              await navigate({ to: "/people/organizations" });
              await client.invalidateQueries({ queryKey: [PEOPLE] });
              tell(`${organization} is deleted.`);
            }}
          />
        )}
      </div>
    </>
  );
}

function Teams(props: { organization: string; isManager: boolean }): ReactElement {
  const { organization, isManager } = props;
  const client = useQueryClient();
  const tell = useToast();
  const [name, setName] = useState("");
  const adding = useMutation({
    mutationFn: () => api.call(`${organizationPath(organization)}/teams`, { method: "POST", body: { name } }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: [PEOPLE, "organizations", organization] });
      tell(`The team ${name} is there; add people to it.`);
      setName("");
    },
  });
  const columns: readonly Column<TeamAnswer>[] = [
    {
      heading: "Team",
      cell: ({ name: team, description }) => (
        <span className="grid">
          <Link
            className="font-medium text-accent [overflow-wrap:anywhere] hover:underline"
            to="/people/organizations/$organization/teams/$team"
            params={{ organization, team }}
          >
            {team}
          </Link>
          {description !== "" && <span className="text-soft">{description}</span>}
        </span>
      ),
    },
    { heading: "There since", isMinor: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  return (
    <Panel title="Teams" isFlush>
      {isManager && (
        <AddForm label="New team" verb="Add the team" value={name} onChange={setName} work={adding} />
      )}
      <PagedTable
        list={useInfiniteQuery(teamsQuery(organization))}
        label="Teams"
        columns={columns}
        keyOf={({ name: team }) => team}
        empty={
          <EmptyState title="No team yet">
            A team is given rights once, for everybody who is in it.
          </EmptyState>
        }
      />
    </Panel>
  );
}
