import type { PackageAnswer } from "@entrepot/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { packageQuery, type PackageId } from "./package-queries.ts";

const route = getRouteApi("/shell/packages/$registry/$package");

/** What a tab of a package's page is about. */
interface ShownPackage {
  id: PackageId;
  about: PackageAnswer;
  /** The version that was chosen, else what clients get as `latest`, else the newest; null where there is none. */
  version: string | null;
}

/** The package whose page this is, which the page around has read already, and the version that is looked at. */
export function usePackage(): ShownPackage {
  const { registry, package: name } = route.useParams();
  const { version } = route.useSearch();
  const { data: about } = useSuspenseQuery(packageQuery({ registry, name }));
  return { id: { registry, name }, about, version: version ?? versionShown(about) };
}

/** What is shown where no version is chosen. */
export function versionShown({ latest, versions }: PackageAnswer): string | null {
  return latest?.version ?? versions.items[0]?.version ?? null;
}
