import type { ListedVersionAnswer, RegistryAnswer, ShownRegistryAnswer } from "@entrepot/core";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "../../api/client.ts";
import { pagesFrom } from "../../api/paging.ts";

const LIST = "registries";

/** All registries that may be seen, page by page. */
export const registriesQuery = () =>
  infiniteQueryOptions({ queryKey: [LIST], ...pagesFrom<RegistryAnswer>("/registries") });

/** One registry with its settings. */
export const registryQuery = (name: string) =>
  queryOptions({
    queryKey: [LIST, name],
    queryFn: ({ signal }) => api.call<ShownRegistryAnswer>(registryPath(name), { signal }),
  });

/** The versions that a registry holds, page by page; `text` is a part of the package's name. */
export const versionsQuery = (name: string, text: string) =>
  infiniteQueryOptions({
    queryKey: [LIST, name, "packages", text],
    ...pagesFrom<ListedVersionAnswer>(`${registryPath(name)}/versions`, { text }),
  });

/** Where the API has a registry. */
export function registryPath(name: string): string {
  return `/registries/${encodeURIComponent(name)}`;
}
