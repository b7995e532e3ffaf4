import { may, PERMISSIONS, type Permission, type Principal } from "@entrepot/core";
import type { Registry } from "../../registry/index.ts";
import type { HttpDeps } from "../context.ts";

/** What somebody may do in a registry, or on the workspace as a whole where it is null; for pages that offer it. */
export async function permissionsOn(
  { access }: Pick<HttpDeps, "access">,
  { principal, registry }: { principal: Principal; registry: Registry | null },
): Promise<Permission[]> {
  const policy = await access.policy();
  const target = { registry, packageName: null };
  return PERMISSIONS.filter((permission) => may({ principal, permission, target }, policy).allowed);
}
