import type { Principal } from "@entrepot/core";
import type { Publisher } from "../registry/index.ts";
import type { HttpDeps } from "./context.ts";
import { nameOf, requireKnown } from "./require-user.ts";

const CLIENT_CHARS_MAX = 200;

/** Who publishes, as it is kept with the version. Throws `credential-missing` for the anonymous. */
export async function publisherFrom(
  { identity }: Pick<HttpDeps, "identity">,
  principal: Principal,
  { address, userAgent }: { address: string; userAgent: string },
): Promise<Publisher> {
  const known = requireKnown(principal);
  const user = known.kind === "user" ? await identity.findUser(known.name) : null;
  return {
    userName: nameOf(known) ?? "",
    email: user?.email ?? null,
    via: known.tokenId === null ? "password" : "token",
    tokenId: known.tokenId,
    address,
    client: userAgent.slice(0, CLIENT_CHARS_MAX),
  };
}
