import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "../../app/shell-route.ts";

const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings",
  staticData: { title: "Settings" },
  component: lazyRouteComponent(() => import("./settings-frame.tsx"), "SettingsFrame"),
});

const youRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./settings-page.tsx"), "SettingsPage"),
});

const tokensRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/tokens",
  staticData: { title: "Tokens" },
  component: lazyRouteComponent(() => import("../tokens/tokens-tab.tsx"), "TokensTab"),
});

const jobsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/jobs",
  staticData: { title: "Jobs" },
  validateSearch: ({ kind }: Record<string, unknown>): { kind?: string | undefined } => ({
    kind: typeof kind === "string" && kind !== "" ? kind : undefined,
  }),
  component: lazyRouteComponent(() => import("./jobs-tab.tsx"), "JobsTab"),
});

const serverRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/server",
  staticData: { title: "Server" },
  component: lazyRouteComponent(() => import("./server-tab.tsx"), "ServerTab"),
});

const newTokenRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/tokens/new",
  staticData: { title: "New token" },
  component: lazyRouteComponent(() => import("../tokens/new-token-page.tsx"), "NewTokenPage"),
});

/** What concerns whoever is signed in, and for administrators what the server does. */
export const settingsRoutes = [
  settingsRoute.addChildren([youRoute, tokensRoute, jobsRoute, serverRoute]),
  newTokenRoute,
] as const;
