import type { RegistryAnswer } from "@entrepot/core";
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { itemsOf } from "../../api/paging.ts";
import { sessionQuery } from "../../api/session.ts";
import { Badge } from "../../components/badge.tsx";
import { ButtonLink } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { registriesQuery } from "./registry-queries.ts";

const COLUMNS: readonly Column<RegistryAnswer>[] = [
  { heading: "Name", cell: (registry) => <Name registry={registry} /> },
  {
    heading: "Endpoint",
    cell: ({ name, url }) => (
      <span className="flex items-center gap-1">
        <code className="[overflow-wrap:anywhere]">{url}</code>
        <span className="-my-1.5">
          <CopyButton text={url} what={`the endpoint of ${name}`} />
        </span>
      </span>
    ),
  },
  {
    heading: "Upstreams",
    isMinor: true,
    cell: ({ upstreams }) =>
      upstreams.length === 0 ? <span className="text-faint">none</span> : upstreams.join(", "),
  },
  { heading: "Changed", isMinor: true, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
];

function Name({ registry }: { registry: RegistryAnswer }): ReactElement {
  const { name, description, active, frozen, anonymousRead } = registry;
  return (
    <div className="grid gap-0.5">
      <span className="flex flex-wrap items-center gap-1.5">
        <Link
          className="font-medium text-accent hover:underline"
          to="/registries/$registry"
          params={{ registry: name }}
        >
          {name}
        </Link>
        {!active && <Badge tone="bad">Off</Badge>}
        {frozen && <Badge>Read-only</Badge>}
        {anonymousRead && <Badge tone="warn">Open to all</Badge>}
      </span>
      {description !== "" && <span className="text-soft">{description}</span>}
    </div>
  );
}

/** All registries that may be seen, with where clients find them. */
export function RegistriesPage(): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const list = useInfiniteQuery(registriesQuery());
  const rows = itemsOf(list.data);
  const create = self?.may.includes("manage-registry") === true && (
    <ButtonLink look="primary" icon="plus" to="/registries/new">
      New registry
    </ButtonLink>
  );
  return (
    <>
      <PageHeader title="Registries" actions={create}>
        Each is a set of packages behind one URL that a client can be pointed at.
      </PageHeader>
      <Panel isFlush>
        {list.isPending && <LoadingState />}
        {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
        {list.isSuccess && rows.length === 0 && (
          <EmptyState title="No registry that you may see" action={create}>
            Whoever manages registries can create one, or give you the right to see one that is there.
          </EmptyState>
        )}
        {rows.length > 0 && (
          <DataTable
            label="Registries"
            columns={COLUMNS}
            rows={rows}
            keyOf={({ name }) => name}
            onEnd={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
            isLoadingMore={list.isFetchingNextPage}
          />
        )}
      </Panel>
    </>
  );
}
