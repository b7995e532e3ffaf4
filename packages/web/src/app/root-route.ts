import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext } from "@tanstack/react-router";

/** What every page's loader gets. */
interface RouterContext {
  queries: QueryClient;
}

/** Above all pages. */
export const rootRoute = createRootRouteWithContext<RouterContext>()();
