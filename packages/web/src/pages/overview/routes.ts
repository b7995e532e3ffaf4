import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "../../app/shell-route.ts";

const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  staticData: { title: "Overview" },
  component: lazyRouteComponent(() => import("./overview-page.tsx"), "OverviewPage"),
});

/** The first page. */
export const overviewRoutes = [overviewRoute] as const;
