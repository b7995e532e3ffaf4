import type { ApiRoute } from "./api-route.ts";
import { ACCOUNT_ROUTES } from "./accounts.ts";
import { JOB_ROUTES } from "./jobs.ts";
import { REGISTRY_ROUTES } from "./registries.ts";
import { STATUS_ROUTES } from "./statuses.ts";
import { UPSTREAM_ROUTES } from "./upstreams.ts";

/** Every URL of the JSON API, below `/api/v1`. */
export const API_ROUTES: readonly ApiRoute[] = [
  ...ACCOUNT_ROUTES,
  ...REGISTRY_ROUTES,
  ...UPSTREAM_ROUTES,
  ...STATUS_ROUTES,
  ...JOB_ROUTES,
];
