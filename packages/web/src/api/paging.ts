import type { PageAnswer } from "@entrepot/core";
import type { InfiniteData } from "@tanstack/react-query";
import { api } from "./client.ts";

const PAGE_ITEMS = 100;

/** What an infinite query of a paged list needs beside its key. */
export interface Pages<T, P extends PageAnswer<T> = PageAnswer<T>> {
  queryFn: (context: { pageParam: string | null; signal: AbortSignal }) => Promise<P>;
  initialPageParam: string | null;
  getNextPageParam: (last: P) => string | null;
}

/** Makes the part of an infinite query that follows a list of the API from page to page. */
export function pagesFrom<T, P extends PageAnswer<T> = PageAnswer<T>>(
  path: string,
  query: Readonly<Record<string, string>> = {},
): Pages<T, P> {
  return {
    queryFn: ({ pageParam, signal }) =>
      api.call<P>(path, {
        query: { ...query, limit: PAGE_ITEMS, cursor: pageParam ?? undefined },
        signal,
      }),
    initialPageParam: null,
    getNextPageParam: (last) => last.next,
  };
}

/** The items of all pages that are there. */
export function itemsOf<T>(data: InfiniteData<PageAnswer<T>> | undefined): T[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}
