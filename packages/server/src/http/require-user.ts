import { EntrepotError, type Principal } from "@entrepot/core";

/** The user behind a request. Throws `credential-missing` for an anonymous one. */
export function requireUser(principal: Principal): Extract<Principal, { kind: "user" }> {
  if (principal.kind === "user") return principal;
  throw new EntrepotError("credential-missing");
}
