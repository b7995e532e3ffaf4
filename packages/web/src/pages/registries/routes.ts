import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "../../app/shell-route.ts";
import { registriesQuery, registryQuery } from "./registry-queries.ts";

const listRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/registries",
  staticData: { title: "Registries" },
  loader: ({ context }) => void context.queries.prefetchInfiniteQuery(registriesQuery()),
  component: lazyRouteComponent(() => import("./registries-page.tsx"), "RegistriesPage"),
});

const newRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/registries/new",
  staticData: { title: "New registry" },
  component: lazyRouteComponent(() => import("./new-registry-page.tsx"), "NewRegistryPage"),
});

const registryRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/registries/$registry",
  staticData: { title: (params) => params["registry"] ?? "" },
  loader: ({ context, params }) => void context.queries.prefetchQuery(registryQuery(params.registry)),
  component: lazyRouteComponent(() => import("./registry-page.tsx"), "RegistryPage"),
});

const packagesRoute = createRoute({
  getParentRoute: () => registryRoute,
  path: "/",
  validateSearch: ({ text }: Record<string, unknown>): { text?: string | undefined } => ({
    text: typeof text === "string" && text !== "" ? text : undefined,
  }),
  component: lazyRouteComponent(() => import("./packages-tab.tsx"), "PackagesTab"),
});

const setUpRoute = createRoute({
  getParentRoute: () => registryRoute,
  path: "/set-up",
  staticData: { title: "Set-up" },
  component: lazyRouteComponent(() => import("./set-up-tab.tsx"), "SetUpTab"),
});

const upstreamsRoute = createRoute({
  getParentRoute: () => registryRoute,
  path: "/upstreams",
  staticData: { title: "Upstreams" },
  component: lazyRouteComponent(() => import("./upstreams-tab.tsx"), "UpstreamsTab"),
});

const settingsRoute = createRoute({
  getParentRoute: () => registryRoute,
  path: "/settings",
  staticData: { title: "Settings" },
  component: lazyRouteComponent(() => import("./settings-tab.tsx"), "SettingsTab"),
});

/** Registries. */
export const registryRoutes = [
  listRoute,
  newRoute,
  registryRoute.addChildren([packagesRoute, setUpRoute, upstreamsRoute, settingsRoute]),
] as const;
