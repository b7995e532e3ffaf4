import type { UserPrincipal } from "@entrepot/core";

/** What is asked of a user's row. */
type Somebody = Pick<UserPrincipal, "name" | "role" | "mustChangePassword"> & { id: string };

/** The principal that a user is with a credential that has no limits. */
export function userPrincipal(
  { id, name, role, mustChangePassword }: Somebody,
  via: "password" | "session" = "password",
): UserPrincipal {
  return { kind: "user", userId: id, name, role, via, tokenId: null, limits: null, mustChangePassword };
}
