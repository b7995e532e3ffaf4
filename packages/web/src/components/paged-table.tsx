import type { PageAnswer } from "@entrepot/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { itemsOf } from "../api/paging.ts";
import { DataTable, type Column } from "./data-table.tsx";
import { ErrorState, LoadingState } from "./states.tsx";

interface PagedTableProps<Row> {
  list: UseInfiniteQueryResult<InfiniteData<PageAnswer<Row>>>;
  /** What the table lists, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  /** Shown where there is nothing: an `EmptyState` that says what would be here. */
  empty: ReactNode;
}

/** A list of the API as a table: what is shown while it is read, when that fails, when it is empty, and page by page. */
export function PagedTable<Row>({ list, label, columns, keyOf, empty }: PagedTableProps<Row>): ReactElement {
  const rows = itemsOf(list.data);
  if (list.isPending) return <LoadingState />;
  if (list.isError) return <ErrorState error={list.error} reset={() => void list.refetch()} />;
  // A search may end early and go on with the next page.
  if (rows.length === 0 && !list.hasNextPage) return <>{empty}</>;
  return (
    <DataTable
      label={label}
      columns={columns}
      rows={rows}
      keyOf={keyOf}
      onEnd={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
      isLoadingMore={list.isFetchingNextPage}
    />
  );
}
