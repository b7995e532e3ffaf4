import type { VersionAnswer } from "@entrepot/core";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { itemsOf } from "../../api/paging.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { sizeText } from "../../components/sizes.ts";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { useDelayed } from "../../components/use-delayed.ts";
import { explainHref } from "./explain-href.ts";
import { OriginBadge } from "./origin-badge.tsx";
import { downloadsQuery, versionsQuery, type PackageId } from "./package-queries.ts";
import { usePackage } from "./use-package.ts";
import { VerdictBadge } from "./verdict-badge.tsx";

const DOWNLOADS_DAYS = 30;

function columnsOf(id: PackageId, downloads: ReadonlyMap<string, number>): readonly Column<VersionAnswer>[] {
  return [
    { heading: "Version", cell: (version) => <Name id={id} version={version} /> },
    { heading: "Policy", cell: (version) => <Verdict id={id} version={version} /> },
    { heading: "Origin", isMinor: true, cell: ({ origin }) => <OriginBadge origin={origin} /> },
    {
      heading: "Published",
      isMinor: true,
      cell: ({ publishedAt }) => (publishedAt === null ? "" : <Time at={publishedAt} />),
    },
    {
      heading: "Size",
      isMinor: true,
      isNumber: true,
      cell: ({ sizeBytes, unpackedSizeBytes }) => sizeOf(sizeBytes ?? unpackedSizeBytes),
    },
    { heading: "Licence", isMinor: true, cell: ({ licence }) => licence?.declared ?? "" },
    {
      heading: `${DOWNLOADS_DAYS} days`,
      isMinor: true,
      isNumber: true,
      cell: ({ version }) => (downloads.get(version) ?? 0).toLocaleString("en"),
    },
  ];
}

function sizeOf(bytes: number | null): string {
  return bytes === null ? "" : sizeText(bytes);
}

function Name({ id, version }: { id: PackageId; version: VersionAnswer }): ReactElement {
  const { deprecated, tags } = version;
  return (
    <div className="grid gap-0.5">
      <span className="flex flex-wrap items-center gap-1.5">
        <Link
          className="text-accent underline"
          to="/packages/$registry/$package"
          params={{ registry: id.registry, package: id.name }}
          search={{ version: version.version }}
        >
          <code>{version.version}</code>
        </Link>
        {tags.map((tag) => (
          <Badge key={tag} tone="accent">
            {tag}
          </Badge>
        ))}
        {version.isUnlisted && <Badge tone="warn">unlisted</Badge>}
        {version.advisories.length > 0 && (
          <Badge tone="bad">
            {version.advisories.length === 1 ? "1 advisory" : `${version.advisories.length} advisories`}
          </Badge>
        )}
      </span>
      {deprecated !== null && (
        <span className="text-warn [overflow-wrap:anywhere]">Deprecated: {deprecated}</span>
      )}
    </div>
  );
}

function Verdict({ id, version }: { id: PackageId; version: VersionAnswer }): ReactElement {
  const { verdict } = version;
  if (verdict.outcome === "allow") return <VerdictBadge verdict={verdict} />;
  const { rule, reason, alternatives } = verdict;
  return (
    <div className="grid max-w-md gap-0.5">
      <span className="flex flex-wrap items-center gap-1.5">
        <VerdictBadge verdict={verdict} />
        {rule !== null && <code>{rule}</code>}
        <a className="text-accent underline" href={explainHref({ ...id, version: version.version })}>
          Explain<span className="sr-only"> {version.version}</span>
        </a>
      </span>
      {reason !== null && <span className="text-soft [overflow-wrap:anywhere]">{reason}</span>}
      {alternatives.length > 0 && <span className="text-soft">Instead: {alternatives.join(", ")}</span>}
    </div>
  );
}

/** All versions, with what policy says of each. */
export function VersionsTab(): ReactElement {
  const { id, about } = usePackage();
  const [filter, setFilter] = useState({ text: "", status: "" });
  const list = useInfiniteQuery({
    ...versionsQuery(id, useDelayed(filter)),
    placeholderData: keepPreviousData,
  });
  const { data: downloads } = useQuery(downloadsQuery(id, DOWNLOADS_DAYS));
  const counts = new Map(downloads?.versions.map((one) => [one.version, one.downloads]));
  const rows = itemsOf(list.data);
  return (
    <Panel isFlush>
      <search className="grid gap-3 border-b border-line px-4 py-3 sm:grid-cols-[16rem_16rem]">
        <TextField
          label="Versions by number"
          type="search"
          placeholder="Part of the number"
          value={filter.text}
          onChange={({ target }) => setFilter({ ...filter, text: target.value })}
        />
        <SelectField
          label="What policy says"
          value={filter.status}
          onChange={({ target }) => setFilter({ ...filter, status: target.value })}
        >
          <option value="">All {about.versionCount}</option>
          <option value="allowed">Can be installed</option>
          <option value="refused">Kept back ({about.hiddenCount})</option>
        </SelectField>
      </search>
      <MovedTags moved={about.movedTags} />
      {list.isPending && <LoadingState />}
      {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && (
        <EmptyState title="No such version">Nothing here fits what was asked for.</EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label="Versions"
          columns={columnsOf(id, counts)}
          rows={rows}
          keyOf={({ version }) => version}
          onEnd={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
          isLoadingMore={list.isFetchingNextPage}
        />
      )}
    </Panel>
  );
}

function MovedTags({
  moved,
}: {
  moved: ReadonlyArray<{ tag: string; from: string; to: string | null }>;
}): ReactElement | null {
  if (moved.length === 0) return null;
  return (
    <p className="border-b border-line bg-warn-soft px-4 py-2">
      Policy leads clients elsewhere:{" "}
      {moved.map(({ tag, from, to }) => `${tag} is ${from}, and gives ${to ?? "nothing"}`).join("; ")}.
    </p>
  );
}
