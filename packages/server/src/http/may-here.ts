import type { Permission, PermissionQuestion } from "@entrepot/core";
import type { NpmContext } from "./context.ts";

/** Throws `credential-missing` or `permission-denied` unless this may be done with the package of the path. */
export async function assertMayHere(context: NpmContext, permission: Permission): Promise<void> {
  await context.deps.access.assertMay({ ...questionHere(context), permission });
}

/** Tells whether this may be done with the package of the path. */
export async function mayHere(context: NpmContext, permission: Permission): Promise<boolean> {
  return (await context.deps.access.ask({ ...questionHere(context), permission })).allowed;
}

function questionHere({ principal, registry, params }: NpmContext): Omit<PermissionQuestion, "permission"> {
  return { principal, target: { registry, packageName: params.package?.full ?? null } };
}
