import { EntrepotError } from "@entrepot/core";
import type { OwnSession } from "../../identity/index.ts";
import { requireUser } from "../require-user.ts";
import type { ApiContext } from "./api-route.ts";

/** The session of the browser that asks. Throws request-invalid where another credential was shown. */
export function ownSession({ principal, session }: ApiContext<unknown>): OwnSession {
  requireUser(principal);
  if (session !== null) return session;
  throw new EntrepotError("request-invalid", {
    message: "This is about the session of a browser; sign in with POST /api/v1/session and send its cookie.",
  });
}
