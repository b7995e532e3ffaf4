import { may, type AccessTarget } from "@entrepot/core";
import type { ApiContext } from "./api-route.ts";

/** Tells whether the asker manages the registry as far as a package of it goes, and may hear why things are so. */
export async function managesPackage(
  { deps, principal }: ApiContext<unknown>,
  target: AccessTarget,
): Promise<boolean> {
  return may({ principal, permission: "manage-registry", target }, await deps.access.policy()).allowed;
}
