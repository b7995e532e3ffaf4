import { EntrepotError, PERMISSIONS, type Role } from "@entrepot/core";
import type { ApiContext } from "./api-route.ts";

/**
 * Refuses credentials with limits, where somebody could be made who has none: by a password that opens an account, or by a
 * role. Throws permission-denied.
 */
export function assertWhole({ principal }: Pick<ApiContext<unknown>, "principal">): void {
  if (principal.kind === "anonymous" || principal.limits === null) return;
  const { permissions, registries, packages, organizations } = principal.limits;
  // A key has its permissions written down; one that has all of them, everywhere, is without limits.
  const isAll = permissions === null || PERMISSIONS.every((permission) => permissions.has(permission));
  if (isAll && registries === null && packages === null && organizations === null) return;
  throw new EntrepotError("permission-denied", {
    message:
      "This token is limited; passwords and roles are set with one that is not, or with your password.",
    details: { code: "token-permission" },
  });
}

/**
 * Refuses anybody but an owner where one of these roles is that of an owner: an administrator must not make themselves
 * one, nor take the place of one. Throws permission-denied.
 */
export function assertMayBeOwner(
  { principal }: Pick<ApiContext<unknown>, "principal">,
  roles: readonly (Role | undefined)[],
): void {
  if (!roles.includes("owner")) return;
  if (principal.kind === "user" && principal.role === "owner" && principal.limits === null) return;
  throw new EntrepotError("permission-denied", {
    message: "Only an owner makes somebody an owner, or changes one.",
  });
}
