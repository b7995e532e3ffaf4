import type { Permission, PermissionAnswer, Principal } from "@entrepot/core";
import type { Access } from "../access/access.ts";
import { memberRole } from "./members.ts";
import { foldName } from "./names.ts";
import type { OrganizationDeps } from "./write-organization.ts";

/** May somebody look at, or change, an organization and its teams? */
export interface OrganizationQuestion {
  principal: Principal;
  permission: Permission;
  organization: string;
}

/**
 * Decides what somebody may do with an organization, and says why: by permission as everywhere; and its owners and admins
 * change it whatever their role in the workspace, unless their credential or a rule keeps them from it.
 */
export async function mayOrganize(
  deps: Pick<OrganizationDeps, "db" | "workspaceId"> & { access: Pick<Access, "ask"> },
  { principal, permission, organization: name }: OrganizationQuestion,
): Promise<PermissionAnswer> {
  const organization = foldName(name);
  const target = { registry: null, packageName: null, organization };
  const answer = await deps.access.ask({ principal, permission, target });
  const isForMembers = permission === "manage-teams" && answer.because.by === "role";
  if (answer.allowed || !isForMembers || principal.kind !== "user") return answer;
  const role = await memberRole(deps, { organization, userId: principal.userId });
  if (role !== "owner" && role !== "admin") return answer;
  return {
    allowed: true,
    code: null,
    reason: `${principal.name} is ${role} of the organization ${organization}.`,
    because: { by: "role" },
  };
}
