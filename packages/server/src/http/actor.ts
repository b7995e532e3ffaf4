import type { IncomingMessage } from "node:http";
import type { Principal } from "@entrepot/core";
import { clientName, type Actor } from "../changes/index.ts";
import type { NpmContext } from "./context.ts";
import { nameOf, requireKnown } from "./require-user.ts";

/** Gives the actor behind a principal's request. Throws `credential-missing` for an anonymous one. */
export function actorFrom(
  principal: Principal,
  { address, userAgent }: { address: string; userAgent: string | undefined },
): Actor {
  const known = requireKnown(principal);
  const credential = credentialOf(known);
  return { name: nameOf(principal) ?? "", credential, address, client: clientName(userAgent) };
}

/** With what a principal came: the id of a token, `password` or `session`; null for the anonymous. */
export function credentialOf(principal: Principal): string | null {
  if (principal.kind === "anonymous") return null;
  const isSession = principal.kind === "user" && principal.via === "session";
  return principal.tokenId ?? (isSession ? "session" : "password");
}

/** Gives the actor of a request to the npm endpoint. Throws `credential-missing` for an anonymous one. */
export function npmActor({ principal, address, request }: NpmContext): Actor {
  return actorFrom(principal, { address: address.ip, userAgent: userAgentOf(request) });
}

/** What the client of a request calls itself; empty when it says nothing. */
export function userAgentOf(request: Pick<IncomingMessage, "headers">): string {
  return String(request.headers["user-agent"] ?? "");
}
