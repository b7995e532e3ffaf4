import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import { CopyButton } from "../../components/copy.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { ErrorState, LoadingState } from "../../components/states.tsx";
import { TabLink, TabLinks } from "../../components/tab-links.tsx";
import { registryQuery } from "./registry-queries.ts";

const route = getRouteApi("/shell/registries/$registry");

/** One registry: its endpoint, and the tabs with what it holds and how it is set. */
export function RegistryPage(): ReactElement {
  const { registry: name } = route.useParams();
  const { data: registry, isPending, error, refetch } = useQuery(registryQuery(name));
  if (isPending) return <LoadingState what={`Loading ${name}`} />;
  if (registry === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  const params = { registry: registry.name };
  const mayManage = registry.may.includes("manage-registry");
  return (
    <>
      <PageHeader title={registry.name}>
        <div className="grid gap-1">
          {registry.description !== "" && <p>{registry.description}</p>}
          <p className="flex flex-wrap items-center gap-1.5">
            <code className="text-text [overflow-wrap:anywhere]">{registry.url}</code>
            <CopyButton text={registry.url} what="the endpoint" />
            {!registry.active && <Badge tone="bad">Off: its endpoint answers 404</Badge>}
            {registry.frozen && <Badge>Read-only</Badge>}
            {registry.anonymousRead && <Badge tone="warn">Open to all</Badge>}
            {registry.managed && <Badge>Managed by configuration</Badge>}
          </p>
        </div>
      </PageHeader>
      {registry.warnings.map((warning) => (
        <p key={warning} className="mb-3 rounded-md bg-warn-soft px-3 py-2">
          {warning}
        </p>
      ))}
      <TabLinks label={`Parts of ${registry.name}`}>
        <TabLink
          to="/registries/$registry"
          params={params}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          Packages
        </TabLink>
        <TabLink to="/registries/$registry/set-up" params={params}>
          Set-up
        </TabLink>
        <TabLink to="/registries/$registry/upstreams" params={params}>
          Upstreams
        </TabLink>
        {mayManage && (
          <TabLink to="/registries/$registry/settings" params={params}>
            Settings
          </TabLink>
        )}
      </TabLinks>
      <Outlet />
    </>
  );
}
