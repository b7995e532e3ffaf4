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
  const isSession = known.kind === "user" && known.via === "session";
  const credential = known.tokenId ?? (isSession ? "session" : "password");
  return { name: nameOf(principal) ?? "", credential, address, client: clientName(userAgent) };
}

/** Gives the actor of a request to the npm endpoint. Throws `credential-missing` for an anonymous one. */
export function npmActor({ principal, address, request }: NpmContext): Actor {
  return actorFrom(principal, { address: address.ip, userAgent: userAgentOf(request) });
}

/** What the client of a request calls itself; empty when it says nothing. */
export function userAgentOf(request: Pick<IncomingMessage, "headers">): string {
  return String(request.headers["user-agent"] ?? "");
}
