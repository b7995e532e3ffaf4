import type { PackageCardAnswer } from "@entrepot/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { itemsOf } from "../../api/paging.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { OriginBadge } from "./origin-badge.tsx";
import { dependentsQuery, versionQuery, type PackageId, type VersionId } from "./package-queries.ts";
import { usePackage } from "./use-package.ts";

interface Dependency {
  kind: string;
  name: string;
  range: string;
}

const KINDS = [
  ["dependencies", "at run time"],
  ["peerDependencies", "beside it"],
  ["optionalDependencies", "where it can be"],
  ["devDependencies", "to make it"],
] as const;

/** What a version needs. */
export function DependenciesTab(): ReactElement {
  const { id, version } = usePackage();
  if (version === null) return <EmptyState title="There is no version" />;
  return (
    <div className="grid gap-4">
      <Needs id={{ ...id, version }} />
      <Dependents id={id} />
    </div>
  );
}

function Dependents({ id }: { id: PackageId }): ReactElement {
  const list = useInfiniteQuery(dependentsQuery(id));
  const rows = itemsOf(list.data);
  return (
    <Panel title={`What needs ${id.name}`} isFlush>
      {list.isPending && <LoadingState />}
      {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && (
        <EmptyState title="Nothing here needs it">
          Packages of this registry whose latest version depends on it would be listed.
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label="Dependents"
          columns={DEPENDENT_COLUMNS}
          rows={rows}
          keyOf={({ name }) => name}
          onEnd={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
          isLoadingMore={list.isFetchingNextPage}
        />
      )}
    </Panel>
  );
}

const DEPENDENT_COLUMNS: readonly Column<PackageCardAnswer>[] = [
  { heading: "Package", cell: ({ registry, name }) => <PackageLink registry={registry} name={name} /> },
  { heading: "Latest", cell: ({ latest }) => <code>{latest ?? "none"}</code> },
  { heading: "Origin", cell: ({ origin }) => <OriginBadge origin={origin} /> },
];

function PackageLink({ registry, name }: PackageId): ReactElement {
  return (
    <Link
      className="font-medium text-accent [overflow-wrap:anywhere] hover:underline"
      to="/packages/$registry/$package"
      params={{ registry, package: name }}
    >
      {name}
    </Link>
  );
}

function Needs({ id }: { id: VersionId }): ReactElement {
  const { data, isPending, error, refetch } = useQuery(versionQuery(id));
  const rows = KINDS.flatMap(([kind, words]) =>
    Object.entries(data?.dependencies?.[kind] ?? {}).map(([name, range]) => ({ kind: words, name, range })),
  );
  return (
    <Panel title={`What ${id.version} needs`} isFlush>
      {isPending && <LoadingState />}
      {error !== null && <ErrorState error={error} reset={() => void refetch()} />}
      {data?.dependencies === null && (
        <EmptyState title="Not shown">
          Policy keeps this version back, and what it says of itself with it.
        </EmptyState>
      )}
      {data?.dependencies !== null && data !== undefined && rows.length === 0 && (
        <EmptyState title="It needs nothing">An installation brings this package alone.</EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label="Dependencies"
          columns={columnsOf(id.registry)}
          rows={rows}
          keyOf={({ kind, name }) => `${kind} ${name}`}
        />
      )}
    </Panel>
  );
}

function columnsOf(registry: string): readonly Column<Dependency>[] {
  return [
    {
      heading: "Package",
      cell: ({ name }) => <PackageLink registry={registry} name={name} />,
    },
    { heading: "Versions", cell: ({ range }) => <code className="[overflow-wrap:anywhere]">{range}</code> },
    { heading: "Needed", cell: ({ kind }) => kind },
  ];
}
