import type { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { ErrorState, LoadingState } from "../components/states.tsx";
import { firewallRoutes } from "../pages/firewall/routes.ts";
import { overviewRoutes } from "../pages/overview/routes.ts";
import { packageRoutes } from "../pages/packages/routes.ts";
import { peopleRoutes } from "../pages/people/routes.ts";
import { registryRoutes } from "../pages/registries/routes.ts";
import { settingsRoutes } from "../pages/settings/routes.ts";
import { signInRoutes } from "../pages/sign-in/routes.ts";
import { NotFoundPage } from "./not-found-page.tsx";
import { rootRoute } from "./root-route.ts";
import { shellRoute } from "./shell-route.ts";

const LOADING_AFTER_MS = 150;

const routeTree = rootRoute.addChildren([
  ...signInRoutes,
  shellRoute.addChildren([
    ...overviewRoutes,
    ...registryRoutes,
    ...packageRoutes,
    ...firewallRoutes,
    ...peopleRoutes,
    ...settingsRoutes,
  ]),
]);

// The type of this is the type of every link in the console.
export function createConsoleRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    basepath: new URL(document.baseURI).pathname,
    context: { queries },
    scrollRestoration: true,
    defaultPreload: "intent",
    // What was preloaded is in the queries' memory, which knows how fresh it is.
    defaultPreloadStaleTime: 0,
    defaultPendingMs: LOADING_AFTER_MS,
    defaultPendingComponent: LoadingState,
    defaultErrorComponent: ErrorState,
    defaultNotFoundComponent: NotFoundPage,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
  interface StaticDataRouteOption {
    /** What the page is called, in its title and as a crumb; of a page about one thing, made from its parameters. */
    title?: string | ((params: Readonly<Record<string, string>>) => string);
  }
}
