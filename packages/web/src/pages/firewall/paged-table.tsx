import type { PageAnswer } from "@entrepot/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { itemsOf } from "../../api/paging.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { ErrorState, LoadingState } from "../../components/states.tsx";

interface PagedProps<Row> {
  list: UseInfiniteQueryResult<InfiniteData<PageAnswer<Row>>>;
  label: string;
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  /** Shown when there is nothing. */
  children: ReactElement;
}

/** A list of the API that is read page by page as it is scrolled. */
export function PagedTable<Row>({ list, label, columns, keyOf, children }: PagedProps<Row>): ReactElement {
  const rows = itemsOf(list.data);
  if (list.isPending) return <LoadingState />;
  if (list.isError) return <ErrorState error={list.error} reset={() => void list.refetch()} />;
  if (rows.length === 0) return children;
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
