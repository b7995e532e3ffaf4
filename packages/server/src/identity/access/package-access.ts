import {
  createAccessPolicy,
  may,
  type AccessPolicy,
  type AccessTarget,
  type Permission,
  type Principal,
  type UserPrincipal,
} from "@entrepot/core";
import type { Database } from "../../db/index.ts";
import { userPrincipal } from "../user-principal.ts";
import type { User } from "../users.ts";
import { ruleOf } from "./access.ts";

/** How the npm protocol tells what somebody may do with a package: publish it, or only read it. */
export type PackageAccess = "read" | "write";

/** A package of a registry. */
export interface PackageTarget {
  registry: NonNullable<AccessTarget["registry"]>;
  packageName: string;
}

const COLLABORATORS_MAX = 1000;

/** The principal that a user is with a credential that is not limited, once the password is one of their own. */
export function principalOf(user: Pick<User, "id" | "name" | "role">): UserPrincipal {
  return userPrincipal({ ...user, mustChangePassword: false });
}

/** Lists who may publish or download a package: users who can log in, the first thousand by name. */
export async function listCollaborators(
  deps: { db: Database; workspaceId: string },
  { policy, target }: { policy: AccessPolicy; target: PackageTarget },
): Promise<Map<string, PackageAccess>> {
  const rows = await deps.db.read
    .selectFrom("users")
    .select(["id", "name", "role"])
    .where("workspace_id", "=", deps.workspaceId)
    .where("disabled_at", "is", null)
    .orderBy("name")
    .limit(COLLABORATORS_MAX)
    .execute();
  const found = new Map<string, PackageAccess>();
  for (const row of rows) {
    const access = accessOf(principalOf(row), target, policy);
    if (access !== null) found.set(row.name, access);
  }
  return found;
}

/** What somebody may do with a package; null for neither publishing nor downloading. */
function accessOf(principal: Principal, target: PackageTarget, policy: AccessPolicy): PackageAccess | null {
  if (isAllowed(principal, "publish", { target, policy })) return "write";
  return isAllowed(principal, "download", { target, policy }) ? "read" : null;
}

function isAllowed(
  principal: Principal,
  permission: Permission,
  { target, policy }: { target: PackageTarget; policy: AccessPolicy },
): boolean {
  return may({ principal, permission, target }, policy).allowed;
}

/** Tells what somebody has on a package. */
export type AccessJudge = (target: PackageTarget) => PackageAccess | null;

/** Judges for who asks: what they may publish, and what they may see. */
export function judgeForAsker(principal: Principal, policy: AccessPolicy): AccessJudge {
  return (target) => {
    if (!isAllowed(principal, "view", { target, policy })) return null;
    return isAllowed(principal, "publish", { target, policy }) ? "write" : "read";
  };
}

/** Judges for a user: what they may publish, and what they, or a team of theirs, were given to download. */
export function judgeForUser(user: UserPrincipal, policy: AccessPolicy): AccessJudge {
  return (target) => {
    if (isAllowed(user, "publish", { target, policy })) return "write";
    const { allowed, because } = may({ principal: user, permission: "download", target }, policy);
    if (!allowed || because.by !== "rule") return null;
    const { ruleId } = because;
    const rule = [...policy.rulesFor(target)].find(({ id }) => id === ruleId);
    return rule?.subject.kind === "user" || rule?.subject.kind === "team" ? "read" : null;
  };
}

/** Judges for a team: what rules about the team itself let its members publish or download. */
export async function judgeForTeam(
  { db, workspaceId }: { db: Database; workspaceId: string },
  teamId: string,
): Promise<AccessJudge> {
  const rows = await db.read
    .selectFrom("access_rules")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("team_id", "=", teamId)
    .execute();
  // Somebody who is in this team and has a role that downloads nothing by itself.
  const member = principalOf({ id: "", name: "", role: "read-only" });
  const policy = createAccessPolicy(rows.map(ruleOf), new Map([[member.userId, new Set([teamId])]]));
  return (target) => accessOf(member, target, policy);
}
