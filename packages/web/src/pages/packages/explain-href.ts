import type { VersionId } from "./package-queries.ts";

/** Where the console says why clients get a version or do not, relative to the page's base. */
export function explainHref({ registry, name, version }: VersionId): string {
  const query = new URLSearchParams({ registry, package: name, range: version });
  return `firewall/explain?${query.toString()}`;
}
