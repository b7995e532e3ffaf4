import type { SelfAnswer } from "@entrepot/core";
import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { api } from "./client.ts";
import { Problem } from "./problem.ts";

const KEY = ["session"] as const;

/** Who is signed in with this browser; null for nobody. */
export const sessionQuery = () =>
  queryOptions({ queryKey: KEY, queryFn: readSession, staleTime: Infinity, gcTime: Infinity });

async function readSession(): Promise<SelfAnswer | null> {
  // Asking without a cookie would be an error in the browser's console.
  const told = document.querySelector('meta[name="entrepot-session"]')?.getAttribute("content");
  if (told === "none") return null;
  try {
    return keep(await api.call<SelfAnswer>("/session"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

function keep(self: SelfAnswer): SelfAnswer {
  api.setCsrf(self.csrf);
  return self;
}

/** Starts a session with name and password. Throws {@link Problem}. */
export async function signIn(client: QueryClient, input: { user: string; password: string }): Promise<void> {
  const self = await api.call<SelfAnswer>("/session", { method: "POST", body: input });
  client.clear();
  client.setQueryData(KEY, keep(self));
}

/** Ends this browser's session and forgets what was read in it. */
export async function signOut(client: QueryClient): Promise<void> {
  await api.call("/session", { method: "DELETE" });
  forgetSession(client);
}

/** Notes that the session is over, so that the sign-in page comes up. */
export function forgetSession(client: QueryClient): void {
  api.setCsrf(null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
  client.setQueryData(KEY, null);
}
