import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { needsSession } from "../../app/needs-session.ts";
import { rootRoute } from "../../app/root-route.ts";

/** Where somebody wants to go after signing in. */
interface SignInSearch {
  to?: string | undefined;
}

/**
 * Only a path of this console: a link must not lead from the sign-in page to somewhere else. What is not, is undefined by
 * name, for the router keeps what nobody names.
 */
function ownPath(value: unknown): SignInSearch {
  return { to: typeof value === "string" && /^\/(?![/\\])/.test(value) ? value : undefined };
}

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  staticData: { title: "Sign in" },
  validateSearch: (search: Record<string, unknown>): SignInSearch => ownPath(search["to"]),
  component: lazyRouteComponent(() => import("./sign-in-page.tsx"), "SignInPage"),
});

const passwordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/password",
  staticData: { title: "Set your password" },
  validateSearch: (search: Record<string, unknown>): SignInSearch & { user?: string | undefined } => ({
    ...ownPath(search["to"]),
    user: typeof search["user"] === "string" ? search["user"] : undefined,
  }),
  component: lazyRouteComponent(() => import("./password-page.tsx"), "PasswordPage"),
});

const webLoginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login/$registry/$login",
  staticData: { title: "Log in a client" },
  beforeLoad: needsSession,
  component: lazyRouteComponent(() => import("./web-login-page.tsx"), "WebLoginPage"),
});

/** The ways in. */
export const signInRoutes = [signInRoute, passwordRoute, webLoginRoute] as const;
