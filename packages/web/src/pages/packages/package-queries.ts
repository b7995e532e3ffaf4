import type {
  ComplianceAnswer,
  DiffAnswer,
  DownloadsAnswer,
  FileTextAnswer,
  OriginAnswer,
  PackageAnswer,
  PackageCardAnswer,
  PackageCardsAnswer,
  PackageFileAnswer,
  PackageFilesAnswer,
  PageAnswer,
  ReadmeAnswer,
  ShownVersionAnswer,
  StatusAnswer,
  VersionAnswer,
  VersionsAnswer,
} from "@entrepot/core";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "../../api/client.ts";
import { pagesFrom } from "../../api/paging.ts";

const AREA = "packages";

/** In which order packages are listed. */
export const ORDERS = ["relevance", "name", "updated", "downloads"] as const;
/** Where packages can come from. */
export const ORIGINS: readonly OriginAnswer[] = ["local", "cached", "remote"];

/** Which packages are wanted; what is left out restricts nothing. */
export interface PackageFilter {
  registry?: string | undefined;
  text?: string | undefined;
  origin?: OriginAnswer | undefined;
  sort?: (typeof ORDERS)[number] | undefined;
}

/** A package in a registry. */
export interface PackageId {
  registry: string;
  name: string;
}

/** A version of a package. */
export interface VersionId extends PackageId {
  version: string;
}

/** Packages page by page, of one registry or of all that may be seen. */
export const packagesQuery = ({ registry, text = "", origin, sort }: PackageFilter) => {
  const path = registry === undefined ? "/packages" : `/registries/${encodeURIComponent(registry)}/packages`;
  const query = { query: text, origin: origin ?? "", sort: sort ?? "" };
  return infiniteQueryOptions({
    queryKey: [AREA, "list", path, query],
    ...pagesFrom<PackageCardAnswer, PackageCardsAnswer>(path, query),
  });
};

/** One package, with its first versions. */
export const packageQuery = (id: PackageId) =>
  queryOptions({
    queryKey: [...keyOf(id), "about"],
    queryFn: ({ signal }) => api.call<PackageAnswer>(packagePath(id), { signal }),
  });

/** The versions of a package page by page, the newest first; `status` is `allowed`, `refused` or empty for all. */
export const versionsQuery = (id: PackageId, filter: { text: string; status: string }) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(id), "versions", filter],
    ...pagesFrom<VersionAnswer, VersionsAnswer>(`${packagePath(id)}/versions`, {
      query: filter.text,
      status: filter.status,
    }),
  });

/** One version with its dependencies. */
export const versionQuery = (id: VersionId) =>
  queryOptions({
    queryKey: [...keyOf(id), "version", id.version],
    queryFn: ({ signal }) => api.call<ShownVersionAnswer>(versionPath(id), { signal }),
  });

/** The README of a version. */
export const readmeQuery = (id: VersionId) =>
  queryOptions({
    queryKey: [...keyOf(id), "readme", id.version],
    queryFn: ({ signal }) =>
      api.call<ReadmeAnswer>(`${packagePath(id)}/readme`, { query: { version: id.version }, signal }),
  });

/** How often a package was downloaded on each of the last days. */
export const downloadsQuery = (id: PackageId, days: number) =>
  queryOptions({
    queryKey: [...keyOf(id), "downloads", days],
    queryFn: ({ signal }) =>
      api.call<DownloadsAnswer>(`${packagePath(id)}/downloads`, { query: { days }, signal }),
  });

/** Whether a version is as policy wants it. */
export const complianceQuery = (id: VersionId) =>
  queryOptions({
    queryKey: [...keyOf(id), "compliance", id.version],
    queryFn: ({ signal }) => api.call<ComplianceAnswer>(`${versionPath(id)}/compliance`, { signal }),
  });

/** Packages of the same registry that need a package, page by page. */
export const dependentsQuery = (id: PackageId) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(id), "dependents"],
    ...pagesFrom<PackageCardAnswer, PackageCardsAnswer>(`${packagePath(id)}/dependents`),
  });

/** The files of a version page by page; `text` is a part of the path. */
export const filesQuery = (id: VersionId, text: string) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(id), "files", id.version, text],
    ...pagesFrom<PackageFileAnswer, PackageFilesAnswer>(`${versionPath(id)}/files`, { query: text }),
  });

/** One file of a version. */
export const fileQuery = (id: VersionId, path: string) =>
  queryOptions({
    queryKey: [...keyOf(id), "file", id.version, path],
    queryFn: ({ signal }) => api.call<FileTextAnswer>(`${versionPath(id)}/file`, { query: { path }, signal }),
  });

/** How two versions differ. */
export const diffQuery = (id: PackageId, { from, to }: { from: string; to: string }) =>
  queryOptions({
    queryKey: [...keyOf(id), "diff", from, to],
    queryFn: ({ signal }) => api.call<DiffAnswer>(`${packagePath(id)}/diff`, { query: { from, to }, signal }),
  });

/** What operators said of a package's versions, here and in every registry. */
export const statusesQuery = (id: PackageId) =>
  queryOptions({
    queryKey: [...keyOf(id), "statuses"],
    queryFn: async ({ signal }) => {
      const { items } = await api.call<PageAnswer<StatusAnswer>>("/statuses", { signal });
      return items.filter(
        ({ registry, name }) => name === id.name && (registry === id.registry || registry === "*"),
      );
    },
  });

/** What a change of a package makes old: all that was read of it. */
function keyOf({ registry, name }: PackageId): readonly string[] {
  return [AREA, "of", registry, name];
}

/** Where the API has a package. */
export function packagePath({ registry, name }: PackageId): string {
  return `/registries/${encodeURIComponent(registry)}/packages/${encodeURIComponent(name)}`;
}

/** Where the API has a version. */
export function versionPath(id: VersionId): string {
  return `${packagePath(id)}/versions/${encodeURIComponent(id.version)}`;
}
