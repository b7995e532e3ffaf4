import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "../../app/shell-route.ts";
import { textsOf, type Texts } from "./search-texts.ts";

const explainRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/firewall/explain",
  staticData: { title: "Explain" },
  validateSearch: (search): Texts<"registry" | "package" | "range" | "version"> =>
    textsOf(search, ["registry", "package", "range", "version"]),
  component: lazyRouteComponent(() => import("./explain-page.tsx"), "ExplainPage"),
});

const firewallRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/firewall",
  staticData: { title: "Firewall" },
  validateSearch: (search): Texts<"registry"> => textsOf(search, ["registry"]),
  component: lazyRouteComponent(() => import("./firewall-page.tsx"), "FirewallPage"),
});

const rulesRoute = createRoute({
  getParentRoute: () => firewallRoute,
  path: "/",
  validateSearch: (search): Texts<"rule"> => textsOf(search, ["rule"]),
  component: lazyRouteComponent(() => import("./rules-tab.tsx"), "RulesTab"),
});

/** The firewall: its rules, what they hold back, and why. */
export const firewallRoutes = [explainRoute, firewallRoute.addChildren([rulesRoute])] as const;
