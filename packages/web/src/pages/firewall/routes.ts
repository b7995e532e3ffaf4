import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "../../app/shell-route.ts";
import { DECISION_FILTERS, textsOf, type Texts } from "./search-texts.ts";

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

const exposureRoute = createRoute({
  getParentRoute: () => firewallRoute,
  path: "/exposure",
  staticData: { title: "Exposure" },
  component: lazyRouteComponent(() => import("./exposure-tab.tsx"), "ExposureTab"),
});

const advisoriesRoute = createRoute({
  getParentRoute: () => firewallRoute,
  path: "/advisories",
  staticData: { title: "Advisories" },
  validateSearch: (search): Texts<"text"> => textsOf(search, ["text"]),
  component: lazyRouteComponent(() => import("./advisories-tab.tsx"), "AdvisoriesTab"),
});

const advisoryRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/firewall/advisories/$id",
  staticData: { title: (params) => params["id"] ?? "" },
  validateSearch: (search): Texts<"registry"> => textsOf(search, ["registry"]),
  component: lazyRouteComponent(() => import("./advisory-page.tsx"), "AdvisoryPage"),
});

const decisionsRoute = createRoute({
  getParentRoute: () => firewallRoute,
  path: "/decisions",
  staticData: { title: "Decisions" },
  validateSearch: (search): Texts<(typeof DECISION_FILTERS)[number]> => textsOf(search, DECISION_FILTERS),
  component: lazyRouteComponent(() => import("./decisions-tab.tsx"), "DecisionsTab"),
});

/** The firewall: its rules, what they hold back, and why. */
export const firewallRoutes = [
  explainRoute,
  issueRoute,
  advisoryRoute,
  firewallRoute.addChildren([
    rulesRoute,
    issuesRoute,
    exceptionsRoute,
    exposureRoute,
    advisoriesRoute,
    decisionsRoute,
  ]),
] as const;
