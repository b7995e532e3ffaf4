import type {
  DecisionAnswer,
  ExceptionAnswer,
  ExplainAnswer,
  FindingAnswer,
  ShownFindingAnswer,
  PageAnswer,
  Permission,
  PolicyAnswer,
  ShadowAnswer,
  ShownRegistryAnswer,
  StatusAnswer,
} from "@entrepot/core";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "../../api/client.ts";
import { pagesFrom } from "../../api/paging.ts";
import { registryPath } from "../registries/registry-queries.ts";

/** First part of every key about the firewall; what is changed invalidates it all. */
export const FIREWALL = "firewall";

/** What of the firewall is looked at: one registry, or null for all of them. */
export type PlaceName = string | null;

/** Where the API has the parts of a place. */
export function placePath(place: PlaceName): string {
  return place === null ? "" : registryPath(place);
}

/** What who is signed in may do in a registry; nothing in one that is not named. */
export const permissionsQuery = (registry: PlaceName) =>
  queryOptions({
    queryKey: [FIREWALL, "permissions", registry],
    async queryFn({ signal }): Promise<Permission[]> {
      if (registry === null) return [];
      return (await api.call<ShownRegistryAnswer>(registryPath(registry), { signal })).may;
    },
  });

/** How all rules stand. */
export const policyQuery = (place: PlaceName) =>
  queryOptions({
    queryKey: [FIREWALL, "policy", place],
    queryFn: ({ signal }) => api.call<PolicyAnswer>(`${placePath(place)}/policy`, { signal }),
  });

/** What a rule would have refused within some days. */
export const shadowQuery = (place: PlaceName, { rule, days }: { rule: string; days: number }) =>
  queryOptions({
    queryKey: [FIREWALL, "shadow", place, rule, days],
    queryFn: ({ signal }) =>
      api.call<ShadowAnswer>(`${placePath(place)}/shadow`, { query: { rule, days }, signal }),
  });

/** Why a client gets what it gets of a package. */
export const explainQuery = (wanted: { registry: string; package: string; range: string }) =>
  queryOptions({
    queryKey: [FIREWALL, "explain", wanted],
    queryFn: ({ signal }) =>
      api.call<ExplainAnswer>(`${registryPath(wanted.registry)}/explain`, {
        query: { package: wanted.package, range: wanted.range },
        signal,
      }),
  });

/** One version in one registry. */
export interface Subject {
  /** `*` for every registry. */
  registry: string;
  name: string;
  version: string;
}

/** Where the API has what is said of a version. */
export function versionPath({ registry, name, version }: Subject): string {
  return `${registryPath(registry)}/packages/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
}

/** What operators said of versions. */
export const statusesQuery = () =>
  queryOptions({
    queryKey: [FIREWALL, "statuses"],
    queryFn: ({ signal }) => api.call<PageAnswer<StatusAnswer>>("/statuses", { signal }),
  });

/** What somebody has to look at; empty texts of the filter choose nothing. */
export const findingsQuery = (place: PlaceName, filter: Readonly<Record<string, string>>) =>
  infiniteQueryOptions({
    queryKey: [FIREWALL, "findings", place, filter],
    ...pagesFrom<FindingAnswer>(`${placePath(place)}/findings`, filter),
  });

/** One finding, with the text of scripts. */
export const findingQuery = ({ registry, id }: { registry: string; id: string }) =>
  queryOptions({
    queryKey: [FIREWALL, "finding", registry, id],
    queryFn: ({ signal }) =>
      api.call<ShownFindingAnswer>(`${registryPath(registry)}/findings/${encodeURIComponent(id)}`, {
        signal,
      }),
  });

/** Exceptions and requests in one state. */
export const exceptionsQuery = (place: PlaceName, state: string) =>
  infiniteQueryOptions({
    queryKey: [FIREWALL, "exceptions", place, state],
    ...pagesFrom<ExceptionAnswer>("/exceptions", {
      state,
      ...(place === null ? {} : { registry: place }),
    }),
  });

/** What was served and refused, the newest first; empty texts of the filter choose nothing. */
export const decisionsQuery = (place: PlaceName, filter: Readonly<Record<string, string>>) =>
  infiniteQueryOptions({
    queryKey: [FIREWALL, "decisions", place, filter],
    ...pagesFrom<DecisionAnswer>(`${placePath(place)}/decisions`, filter),
  });
