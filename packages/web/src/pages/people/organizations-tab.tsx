import type { OrganizationAnswer } from "@entrepot/core";
import { useInfiniteQuery, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { sessionQuery } from "../../api/session.ts";
import type { Column } from "../../components/data-table.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { AddForm } from "./add-form.tsx";
import { organizationsQuery, PEOPLE } from "./people-queries.ts";

const COLUMNS: readonly Column<OrganizationAnswer>[] = [
  {
    heading: "Name",
    cell: ({ name }) => (
      <Link
        className="font-medium text-accent [overflow-wrap:anywhere] hover:underline"
        to="/people/organizations/$organization"
        params={{ organization: name }}
      >
        {name}
      </Link>
    ),
  },
  { heading: "There since", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

/** Organizations, and making one. */
export function OrganizationsTab(): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const creating = useMutation({
    mutationFn: () => api.call<OrganizationAnswer>("/organizations", { method: "POST", body: { name } }),
    async onSuccess(made) {
      await client.invalidateQueries({ queryKey: [PEOPLE, "organizations"] });
      await navigate({ to: "/people/organizations/$organization", params: { organization: made.name } });
    },
  });
  return (
    <Panel isFlush>
      {self?.may.includes("manage-teams") === true && (
        <AddForm
          label="New organization"
          hint="The scope of its packages, without the @."
          verb="Create"
          value={name}
          onChange={setName}
          work={creating}
        />
      )}
      <PagedTable
        list={useInfiniteQuery(organizationsQuery())}
        label="Organizations"
        columns={COLUMNS}
        keyOf={(organization) => organization.name}
        empty={
          <EmptyState title="No organization that you may see">
            An organization has members and teams. Rights that a team is given are those of everybody in it.
          </EmptyState>
        }
      />
    </Panel>
  );
}
