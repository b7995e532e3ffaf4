import { EntrepotError, type Role } from "@entrepot/core";
import type { ApiContext } from "./api-route.ts";

/**
 * Refuses anybody but an owner where one of these roles is that of an owner: an administrator must not make themselves
 * one, nor take the place of one. Throws permission-denied.
 */
export function assertMayBeOwner(
  { principal }: Pick<ApiContext<unknown>, "principal">,
  roles: readonly (Role | undefined)[],
): void {
  if (!roles.includes("owner")) return;
  if (principal.kind === "user" && principal.role === "owner") return;
  throw new EntrepotError("permission-denied", {
    message: "Only an owner makes somebody an owner, or changes one.",
  });
}
