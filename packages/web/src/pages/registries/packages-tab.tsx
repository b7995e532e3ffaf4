import type { ListedVersionAnswer } from "@entrepot/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useDeferredValue, type ReactElement } from "react";
import { itemsOf } from "../../api/paging.ts";
import { Badge } from "../../components/badge.tsx";
import { ButtonLink } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { sizeText } from "../../components/sizes.ts";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { versionsQuery } from "./registry-queries.ts";
import { useRegistry } from "./use-registry.ts";

const route = getRouteApi("/shell/registries/$registry/");

const columnsOf = (registry: string): readonly Column<ListedVersionAnswer>[] => [
  {
    heading: "Package",
    cell: ({ name, version }) => (
      <Link
        className="font-medium text-accent [overflow-wrap:anywhere] hover:underline"
        to="/packages/$registry/$package"
        params={{ registry, package: name }}
        search={{ version }}
      >
        {name}
      </Link>
    ),
  },
  { heading: "Version", cell: ({ version }) => <code>{version}</code> },
  {
    heading: "Origin",
    cell: ({ origin, status, isUnlisted }) => (
      <span className="flex flex-wrap gap-1">
        <Badge tone={origin === "local" ? "accent" : "neutral"}>{origin}</Badge>
        {status !== undefined && status !== "allow" && <Badge tone="bad">{status}</Badge>}
        {isUnlisted === true && <Badge tone="warn">unlisted</Badge>}
      </span>
    ),
  },
  { heading: "Size", isNumber: true, isMinor: true, cell: ({ sizeBytes }) => sizeText(sizeBytes) },
  { heading: "Since", isMinor: true, cell: ({ at }) => <Time at={at} /> },
  { heading: "By", isMinor: true, cell: ({ by }) => by ?? <span className="text-faint">anonymous</span> },
];

/** What the registry holds: published here, or passed through. */
export function PackagesTab(): ReactElement {
  const { name } = useRegistry();
  const { text = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery({
    ...versionsQuery(name, useDeferredValue(text)),
    placeholderData: keepPreviousData,
  });
  const rows = itemsOf(list.data);
  return (
    <Panel isFlush>
      <search className="block border-b border-line px-4 py-3">
        <div className="max-w-sm">
          <TextField
            label="Packages by name"
            type="search"
            placeholder="Part of the name"
            value={text}
            onChange={({ target }) =>
              void navigate({ search: target.value === "" ? {} : { text: target.value }, replace: true })
            }
          />
        </div>
      </search>
      {list.isPending && <LoadingState />}
      {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && <NothingYet name={name} text={text} />}
      {rows.length > 0 && (
        <DataTable
          label="Packages"
          columns={columnsOf(name)}
          rows={rows}
          keyOf={(row) => `${row.name}@${row.version}`}
          onEnd={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
          isLoadingMore={list.isFetchingNextPage}
        />
      )}
    </Panel>
  );
}

function NothingYet({ name, text }: { name: string; text: string }): ReactElement {
  if (text !== "") return <EmptyState title={`No package here has “${text}” in its name`} />;
  return (
    <EmptyState
      title="No packages yet"
      action={
        <ButtonLink to="/registries/$registry/set-up" params={{ registry: name }} look="primary">
          Set up a client
        </ButtonLink>
      }
    >
      They appear when somebody publishes here, or installs something that comes from an upstream.
    </EmptyState>
  );
}
