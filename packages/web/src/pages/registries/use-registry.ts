import type { ShownRegistryAnswer } from "@entrepot/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { registryQuery } from "./registry-queries.ts";

const route = getRouteApi("/shell/registries/$registry");

/** The registry whose tab this is; the page around it has read it already. */
export function useRegistry(): ShownRegistryAnswer {
  return useSuspenseQuery(registryQuery(route.useParams().registry)).data;
}
