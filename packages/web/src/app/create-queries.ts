import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Problem } from "../api/problem.ts";
import { forgetSession } from "../api/session.ts";

const FRESH_MS = 15_000;
const RETRIES_MAX = 2;

/** Makes the memory of what the API said. A session that is over leads to the sign-in page, whoever notices. */
export function createQueries(): QueryClient {
  function note(error: unknown): void {
    if (error instanceof Problem && error.status === 401) forgetSession(client);
  }
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: note }),
    mutationCache: new MutationCache({ onError: note }),
    defaultOptions: { queries: { staleTime: FRESH_MS, retry: isWorthAnotherTry } },
  });
  return client;
}

// A refusal stays one however often it is asked for.
function isWorthAnotherTry(failures: number, error: unknown): boolean {
  const isRefusal = error instanceof Problem && error.status >= 400 && error.status < 500;
  return failures < RETRIES_MAX && !isRefusal;
}
