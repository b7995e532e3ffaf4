import { createRoute } from "@tanstack/react-router";
import { Shell } from "../shell/shell.tsx";
import { needsSession } from "./needs-session.ts";
import { rootRoute } from "./root-route.ts";

/** Around every page that needs somebody to be signed in; who is not goes to the sign-in page and comes back. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  component: Shell,
  beforeLoad: needsSession,
});
