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

const issuesRoute = createRoute({
  getParentRoute: () => firewallRoute,
  path: "/issues",
  staticData: { title: "Holds and issues" },
  validateSearch: (search): Texts<"state" | "package" | "rule"> =>
    textsOf(search, ["state", "package", "rule"]),
  component: lazyRouteComponent(() => import("./issues-tab.tsx"), "IssuesTab"),
});

const issueRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/firewall/issues/$registry/$id",
  staticData: { title: "Issue" },
  component: lazyRouteComponent(() => import("./issue-page.tsx"), "IssuePage"),
});

const exceptionsRoute = createRoute({
  getParentRoute: () => firewallRoute,
  path: "/exceptions",
  staticData: { title: "Requests and exceptions" },
  validateSearch: (search): Texts<"state"> => textsOf(search, ["state"]),
  component: lazyRouteComponent(() => import("./exceptions-tab.tsx"), "ExceptionsTab"),
});

/** The firewall: its rules, what they hold back, and why. */
export const firewallRoutes = [
  explainRoute,
  issueRoute,
  firewallRoute.addChildren([rulesRoute, issuesRoute, exceptionsRoute]),
] as const;
