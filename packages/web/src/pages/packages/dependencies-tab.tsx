import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { versionQuery, type VersionId } from "./package-queries.ts";
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
  return <Needs id={{ ...id, version }} />;
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
      cell: ({ name }) => (
        <Link
          className="font-medium text-accent [overflow-wrap:anywhere] hover:underline"
          to="/packages/$registry/$package"
          params={{ registry, package: name }}
        >
          {name}
        </Link>
      ),
    },
    { heading: "Versions", cell: ({ range }) => <code className="[overflow-wrap:anywhere]">{range}</code> },
    { heading: "Needed", cell: ({ kind }) => kind },
  ];
}
