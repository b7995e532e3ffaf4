import type { Permission, PermissionQuestion, Principal } from "@entrepot/core";
import { foldOrganizationName, holdsRule, type MemberWriter } from "../identity/index.ts";
import type { HttpDeps, NpmContext } from "./context.ts";

/** Throws `credential-missing` or `permission-denied` unless this may be done with the package of the path. */
export async function assertMayHere(context: NpmContext, permission: Permission): Promise<void> {
  await context.deps.access.assertMay({ ...questionHere(context), permission });
}

/** Throws as {@link assertMayHere} for a package that the path names in a way of its own. */
export async function assertMayWith(
  { deps, principal, registry }: NpmContext,
  permission: Permission,
  packageName: string,
): Promise<void> {
  await deps.access.assertMay({ principal, permission, target: { registry, packageName } });
}

/** Tells whether this may be done with the package of the path. */
export async function mayHere(context: NpmContext, permission: Permission): Promise<boolean> {
  return (await context.deps.access.ask({ ...questionHere(context), permission })).allowed;
}

function questionHere({ principal, registry, params }: NpmContext): Omit<PermissionQuestion, "permission"> {
  return { principal, target: { registry, packageName: params.package?.full ?? null } };
}

/** Tells as whom somebody changes the members and teams of an organization. */
export async function memberWriterOf(
  { deps, principal }: { deps: Pick<HttpDeps, "access" | "registries">; principal: Principal },
  organization: string,
): Promise<MemberWriter> {
  const target = { registry: null, packageName: null, organization: foldOrganizationName(organization) };
  const { allowed } = await deps.access.ask({ principal, permission: "manage-teams", target });
  const [policy, { byName }] = await Promise.all([deps.access.policy(), deps.registries.snapshot()]);
  const held = { principal, policy, registries: [...byName.values()] };
  return {
    userId: principal.kind === "user" ? principal.userId : null,
    managesAll: allowed,
    holds: (grant) => holdsRule(held, grant),
  };
}
