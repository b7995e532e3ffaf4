import type { PackageAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { ErrorState, LoadingState, ProblemText } from "../../components/states.tsx";
import { TabLink, TabLinks } from "../../components/tab-links.tsx";
import { registryQuery } from "../registries/registry-queries.ts";
import { ComplianceBanner } from "./compliance-banner.tsx";
import { OriginBadge } from "./origin-badge.tsx";
import {
  packageQuery,
  versionPath,
  versionQuery,
  type PackageId,
  type VersionId,
} from "./package-queries.ts";
import { useChange } from "./use-change.ts";
import { versionShown } from "./use-package.ts";
import { VerdictBadge } from "./verdict-badge.tsx";

const route = getRouteApi("/shell/packages/$registry/$package");

/** One package: what it is, whether it may be used, and the tabs with all that is known of it. */
export function PackagePage(): ReactElement {
  const { registry, package: name } = route.useParams();
  const { version: chosen } = route.useSearch();
  const id = { registry, name };
  const { data: about, isPending, error, refetch } = useQuery(packageQuery(id));
  if (isPending) return <LoadingState what={`Loading ${name}`} />;
  if (about === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  const version = chosen ?? versionShown(about);
  return (
    <>
      <PageHeader title={name}>
        <div className="grid gap-1.5">
          {about.description !== null && <p>{about.description}</p>}
          <div className="flex flex-wrap items-center gap-1.5">
            {version !== null && <ShownVersion id={id} version={version} />}
            <OriginBadge origin={about.origin} />
            {about.claim !== null && <Badge tone="accent">name claimed</Badge>}
            <span>
              in{" "}
              <Link className="text-accent underline" to="/registries/$registry" params={{ registry }}>
                {registry}
              </Link>
              {about.upstream !== null && ` from ${about.upstream.name}`}
            </span>
          </div>
        </div>
      </PageHeader>
      {version !== null && <ComplianceBanner id={{ ...id, version }} />}
      {version === null && <NothingAllowed about={about} />}
      <PackageTabs id={id} version={chosen} />
      <Outlet />
    </>
  );
}

function ShownVersion({ id, version }: { id: PackageId; version: string }): ReactElement {
  const { data } = useQuery(versionQuery({ ...id, version }));
  return (
    <>
      <code className="text-text">{version}</code>
      <span className="-my-1">
        <CopyButton text={`${id.name}@${version}`} what="name and version" />
      </span>
      {data !== undefined && data.verdict.outcome !== "allow" && <VerdictBadge verdict={data.verdict} />}
      {typeof data?.deprecated === "string" && <Badge tone="warn">deprecated</Badge>}
      {data?.origin === "remote" && <PullButton id={{ ...id, version }} />}
      {data?.isUnlisted === true && <Badge tone="warn">unlisted</Badge>}
      {(data?.advisories.length ?? 0) > 0 && <Badge tone="bad">known vulnerabilities</Badge>}
    </>
  );
}

function PullButton({ id }: { id: VersionId }): ReactElement | null {
  const { data: registry } = useQuery(registryQuery(id.registry));
  const { mutate, isPending, error } = useChange();
  if (registry?.may.includes("download") !== true) return null;
  const done = `${id.name}@${id.version} is kept here now.`;
  return (
    <>
      <Button
        isBusy={isPending}
        onClick={() => mutate({ method: "POST", path: `${versionPath(id)}/pull`, done })}
      >
        Pull {id.version}
      </Button>
      <ProblemText problem={error} />
    </>
  );
}

function NothingAllowed({ about }: { about: PackageAnswer }): ReactElement {
  const { hiddenCount, versionCount } = about;
  return (
    <p className="mb-4 rounded-md bg-warn-soft px-3 py-2">
      No version can be installed: policy keeps {hiddenCount} of {versionCount} back.
    </p>
  );
}

const TABS = [
  ["", "About"],
  ["/versions", "Versions"],
  ["/dependencies", "Dependencies"],
  ["/files", "Files"],
  ["/compare", "Compare"],
  ["/manage", "Manage"],
] as const;
const MANAGING = ["tag", "deprecate", "unpublish", "manage-registry"] as const;

function PackageTabs({ id, version }: { id: PackageId; version: string | undefined }): ReactElement {
  const { data: registry } = useQuery(registryQuery(id.registry));
  const may = registry?.may ?? [];
  const hasTab = (part: string): boolean => {
    if (part === "/manage") return MANAGING.some((one) => may.includes(one));
    return !["/files", "/compare"].includes(part) || may.includes("download");
  };
  return (
    <TabLinks label={`Parts of ${id.name}`}>
      {TABS.filter(([part]) => hasTab(part)).map(([part, title]) => (
        <TabLink
          key={title}
          to={`/packages/$registry/$package${part}`}
          params={{ registry: id.registry, package: id.name }}
          search={version === undefined ? {} : { version }}
          activeOptions={{ exact: part === "", includeSearch: false }}
        >
          {title}
        </TabLink>
      ))}
    </TabLinks>
  );
}
