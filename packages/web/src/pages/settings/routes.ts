import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "../../app/shell-route.ts";

const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings",
  staticData: { title: "Settings" },
  component: lazyRouteComponent(() => import("./settings-page.tsx"), "SettingsPage"),
});

/** What concerns whoever is signed in: how the console looks, and where else they are signed in. */
export const settingsRoutes = [settingsRoute] as const;
