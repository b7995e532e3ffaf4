import type { PageAnswer, RegistryAnswer, UpstreamAnswer } from "@entrepot/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { api } from "../../api/client.ts";
import { sessionQuery } from "../../api/session.ts";
import { Badge } from "../../components/badge.tsx";
import { ButtonLink } from "../../components/button.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { UpstreamHealth } from "../registries/upstream-health.tsx";

const SHOWN = 8;

/** The first page: what is here, and whether it does well. */
export function OverviewPage(): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const mayManage = self?.may.includes("manage-registry") === true;
  return (
    <>
      <PageHeader title="Overview">What this server has for you, {self?.user}.</PageHeader>
      <div className="grid gap-4 lg:grid-cols-2">
        <Registries mayManage={mayManage} />
        {mayManage && <Upstreams />}
      </div>
    </>
  );
}

function Registries({ mayManage }: { mayManage: boolean }): ReactElement {
  const list = useQuery({
    queryKey: ["registries", "first"],
    queryFn: ({ signal }) =>
      api.call<PageAnswer<RegistryAnswer>>("/registries", { query: { limit: SHOWN }, signal }),
  });
  return (
    <Panel
      title="Registries"
      isFlush
      actions={
        <Link className="text-accent underline" to="/registries">
          All registries
        </Link>
      }
    >
      {list.isPending && <LoadingState />}
      {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
      {list.data?.items.length === 0 && (
        <EmptyState
          title="No registry yet"
          action={
            mayManage && (
              <ButtonLink look="primary" icon="plus" to="/registries/new">
                Create a registry
              </ButtonLink>
            )
          }
        >
          A registry is a URL that npm, pnpm, yarn and bun install from and publish to.
        </EmptyState>
      )}
      <ul className="divide-y divide-line">
        {list.data?.items.map((registry) => (
          <li key={registry.name} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
            <Link
              className="font-medium text-accent hover:underline"
              to="/registries/$registry"
              params={{ registry: registry.name }}
            >
              {registry.name}
            </Link>
            <span className="min-w-0 flex-1 truncate text-soft">{registry.description}</span>
            {registry.anonymousRead && <Badge tone="warn">Open to all</Badge>}
            <Link
              className="text-soft underline hover:text-text"
              to="/registries/$registry/set-up"
              params={{ registry: registry.name }}
            >
              Set up a client<span className="sr-only"> for {registry.name}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Upstreams(): ReactElement {
  const list = useQuery({
    queryKey: ["upstreams"],
    queryFn: ({ signal }) => api.call<PageAnswer<UpstreamAnswer>>("/upstreams", { signal }),
  });
  return (
    <Panel title="Upstreams" isFlush>
      {list.isPending && <LoadingState />}
      {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
      {list.data?.items.length === 0 && (
        <EmptyState title="No upstream">Registries here know only what is published to them.</EmptyState>
      )}
      <ul className="divide-y divide-line">
        {list.data?.items.map((upstream) => (
          <li key={upstream.name} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
            <span className="font-medium">{upstream.name}</span>
            <span className="min-w-0 flex-1 truncate text-soft">{upstream.url}</span>
            <UpstreamHealth upstream={upstream} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
