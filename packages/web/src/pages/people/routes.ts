import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "../../app/shell-route.ts";
import type { EventFilter } from "./people-queries.ts";

const titleOf = (name: string) => (params: Readonly<Record<string, string>>) => params[name] ?? "";

function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

const peopleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/people",
  staticData: { title: "People" },
  component: lazyRouteComponent(() => import("./people-page.tsx"), "PeoplePage"),
});

const usersRoute = createRoute({
  getParentRoute: () => peopleRoute,
  path: "/",
  validateSearch: ({ text }: Record<string, unknown>): { text?: string | undefined } => ({
    text: textIn(text),
  }),
  component: lazyRouteComponent(() => import("./users-tab.tsx"), "UsersTab"),
});

const organizationsRoute = createRoute({
  getParentRoute: () => peopleRoute,
  path: "/organizations",
  staticData: { title: "Organizations" },
  component: lazyRouteComponent(() => import("./organizations-tab.tsx"), "OrganizationsTab"),
});

const permissionsRoute = createRoute({
  getParentRoute: () => peopleRoute,
  path: "/permissions",
  staticData: { title: "Permissions" },
  component: lazyRouteComponent(() => import("./permissions-tab.tsx"), "PermissionsTab"),
});

const keysRoute = createRoute({
  getParentRoute: () => peopleRoute,
  path: "/keys",
  staticData: { title: "Keys" },
  component: lazyRouteComponent(() => import("./keys-tab.tsx"), "KeysTab"),
});

const auditRoute = createRoute({
  getParentRoute: () => peopleRoute,
  path: "/audit",
  staticData: { title: "Audit trail" },
  validateSearch: (search: Record<string, unknown>): EventFilter => ({
    actor: textIn(search["actor"]),
    kind: textIn(search["kind"]),
    registry: textIn(search["registry"]),
    package: textIn(search["package"]),
    result: textIn(search["result"]),
    from: textIn(search["from"]),
    to: textIn(search["to"]),
  }),
  component: lazyRouteComponent(() => import("./audit-tab.tsx"), "AuditTab"),
});

const newUserRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/people/users/new",
  staticData: { title: "Add somebody" },
  component: lazyRouteComponent(() => import("./new-user-page.tsx"), "NewUserPage"),
});

const userRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/people/users/$user",
  staticData: { title: titleOf("user") },
  component: lazyRouteComponent(() => import("./user-page.tsx"), "UserPage"),
});

const organizationRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/people/organizations/$organization",
  staticData: { title: titleOf("organization") },
  component: lazyRouteComponent(() => import("./organization-page.tsx"), "OrganizationPage"),
});

const teamRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/people/organizations/$organization/teams/$team",
  staticData: { title: ({ organization = "", team = "" }) => `${organization}:${team}` },
  component: lazyRouteComponent(() => import("./team-page.tsx"), "TeamPage"),
});

const newRuleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/people/permissions/new",
  staticData: { title: "New rule" },
  component: lazyRouteComponent(() => import("./new-rule-page.tsx"), "NewRulePage"),
});

const newKeyRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/people/keys/new",
  staticData: { title: "New key" },
  component: lazyRouteComponent(() => import("../tokens/new-key-page.tsx"), "NewKeyPage"),
});

/** People: users, organizations, permissions, keys, and what they all did. */
export const peopleRoutes = [
  peopleRoute.addChildren([usersRoute, organizationsRoute, permissionsRoute, keysRoute, auditRoute]),
  newUserRoute,
  userRoute,
  organizationRoute,
  teamRoute,
  newRuleRoute,
  newKeyRoute,
] as const;
