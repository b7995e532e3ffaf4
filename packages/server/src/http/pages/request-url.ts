/**
 * Where people see why a version is refused and ask for an exception, below the server's base URL; registry, package and
 * version are parameters. Below `/-/`, since at a registry's own host `/request` is a package.
 */
export const REQUEST_PATH = "/-/request";

/** The page's URL for a version that was refused. */
export function requestUrl(
  baseUrl: string,
  { registry, name, version }: { registry: string; name: string; version: string | null },
): string {
  const query = new URLSearchParams({ registry, package: name, ...(version === null ? {} : { version }) });
  return `${baseUrl}${REQUEST_PATH}?${query.toString()}`;
}
