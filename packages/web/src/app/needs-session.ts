import type { QueryClient } from "@tanstack/react-query";
import { redirect } from "@tanstack/react-router";
import { sessionQuery } from "../api/session.ts";

/** Leads who is not signed in to the sign-in page, and back when they are. For a route's `beforeLoad`. */
export async function needsSession(input: {
  context: { queries: QueryClient };
  location: { href: string };
}): Promise<void> {
  const self = await input.context.queries.ensureQueryData(sessionQuery());
  if (self !== null) return;
  redirect({ to: "/sign-in", search: { to: input.location.href }, replace: true, throw: true });
}
