import type { PackageCardAnswer, PackageCardsAnswer } from "@entrepot/core";
import { keepPreviousData, useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { itemsOf } from "../../api/paging.ts";
import { sessionQuery } from "../../api/session.ts";
import { Badge } from "../../components/badge.tsx";
import { ButtonLink } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ErrorState, LoadingState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { useDelayed } from "../../components/use-delayed.ts";
import { registryQuery } from "../registries/registry-queries.ts";
import { NoPackages } from "./no-packages.tsx";
import { OriginBadge } from "./origin-badge.tsx";
import { PackageFilters } from "./package-filters.tsx";
import { packagesQuery, type PackageFilter } from "./package-queries.ts";
import { VerdictBadge } from "./verdict-badge.tsx";

const route = getRouteApi("/shell/packages");

const NAME: Column<PackageCardAnswer> = { heading: "Package", cell: (card) => <Name card={card} /> };
const REGISTRY: Column<PackageCardAnswer> = {
  heading: "Registry",
  isMinor: true,
  cell: ({ registry }) => registry,
};
const REST: readonly Column<PackageCardAnswer>[] = [
  { heading: "Latest", cell: ({ latest }) => <Latest version={latest} /> },
  { heading: "Origin", cell: ({ origin }) => <OriginBadge origin={origin} /> },
  {
    heading: "Licence",
    isMinor: true,
    cell: ({ licence }) => licence ?? <span className="text-faint">unknown</span>,
  },
  {
    heading: "Downloads a week",
    isMinor: true,
    isNumber: true,
    cell: ({ downloadsWeek }) => downloadsWeek.toLocaleString("en"),
  },
  {
    heading: "Changed",
    isMinor: true,
    cell: ({ updatedAt }) => (updatedAt === null ? "" : <Time at={updatedAt} />),
  },
];

function Latest({ version }: { version: string | null }): ReactElement {
  return version === null ? <span className="text-faint">none</span> : <code>{version}</code>;
}

function Name({ card }: { card: PackageCardAnswer }): ReactElement {
  const { registry, name, description, verdict, isUnlisted } = card;
  return (
    <div className="grid max-w-xl gap-0.5">
      <span className="flex flex-wrap items-center gap-1.5">
        <Link
          className="font-medium text-accent [overflow-wrap:anywhere] hover:underline"
          to="/packages/$registry/$package"
          params={{ registry, package: name }}
        >
          {name}
        </Link>
        {verdict.outcome !== "allow" && <VerdictBadge verdict={verdict} />}
        {isUnlisted && <Badge tone="warn">unlisted</Badge>}
      </span>
      {description !== null && description !== "" && (
        <span className="line-clamp-2 text-soft [overflow-wrap:anywhere]">{description}</span>
      )}
    </div>
  );
}

/** Packages of one registry or of all, to be searched and browsed. */
export function PackagesPage(): ReactElement {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery({
    ...packagesQuery(useDelayed(filter)),
    placeholderData: keepPreviousData,
  });
  const rows = itemsOf(list.data);
  const columns = filter.registry === undefined ? [NAME, REGISTRY, ...REST] : [NAME, ...REST];
  const change = (part: PackageFilter): void =>
    void navigate({ search: { ...filter, ...part }, replace: true });
  return (
    <>
      <PageHeader title="Packages" actions={<UploadLink registry={filter.registry} />}>
        What was published here, what came from upstreams, and, in a search of one registry, what its
        upstreams have.
      </PageHeader>
      <Panel isFlush>
        <PackageFilters filter={filter} onChange={change} />
        <Problems problems={list.data?.pages.flatMap((page) => page.problems) ?? []} />
        {list.isPending && <LoadingState />}
        {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
        {list.isSuccess && rows.length === 0 && <NoPackages filter={filter} onChange={change} />}
        {rows.length > 0 && (
          <DataTable
            label="Packages"
            columns={columns}
            rows={rows}
            keyOf={({ registry, name }) => `${registry} ${name}`}
            onEnd={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
            isLoadingMore={list.isFetchingNextPage}
          />
        )}
      </Panel>
    </>
  );
}

// Where no registry is chosen, what may be done on the workspace says as much as can be known.
function UploadLink({ registry }: { registry: string | undefined }): ReactElement | null {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const { data: chosen } = useQuery({ ...registryQuery(registry ?? ""), enabled: registry !== undefined });
  const may = registry === undefined ? self?.may : chosen?.may;
  if (may?.includes("publish") !== true) return null;
  return (
    <ButtonLink icon="plus" to="/packages/upload" search={registry === undefined ? {} : { registry }}>
      Upload a package
    </ButtonLink>
  );
}

function Problems({ problems }: Pick<PackageCardsAnswer, "problems">): ReactElement[] {
  return problems.map(({ upstream, problem }) => (
    <p key={upstream} role="status" className="border-b border-line bg-warn-soft px-4 py-2">
      {upstream}: {problem}
    </p>
  ));
}
