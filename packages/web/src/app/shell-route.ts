import { createRoute, redirect } from "@tanstack/react-router";
import { sessionQuery } from "../api/session.ts";
import { Shell } from "../shell/shell.tsx";
import { rootRoute } from "./root-route.ts";

/** Around every page that needs somebody to be signed in; who is not goes to the sign-in page and comes back. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  component: Shell,
  async beforeLoad({ context, location }) {
    const self = await context.queries.ensureQueryData(sessionQuery());
    if (self !== null) return;
    redirect({ to: "/sign-in", search: { to: location.href }, replace: true, throw: true });
  },
});
