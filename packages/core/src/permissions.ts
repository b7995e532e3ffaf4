/** What can be done: with the packages of a registry, or (`manage`) with registries, users and settings. */
export type Permission = "view" | "publish" | "overwrite" | "tag" | "deprecate" | "unpublish" | "manage";

export type Role = "admin" | "developer" | "read-only";

/** Who asks. `readonly` is a property of the token that was shown, never wider than the user's role. */
export type Principal =
  | { kind: "anonymous" }
  | {
      kind: "user";
      userId: string;
      name: string;
      role: Role;
      via: "password" | "token";
      tokenId: string | null;
      readonly: boolean;
    };

/** What the permission is asked for. */
export interface PermissionTarget {
  /** Whether the registry may be read without a credential. */
  anonymousRead: boolean;
}

/** `reason` is a sentence for the person who is refused; it also says why something was allowed. */
export interface PermissionAnswer {
  allowed: boolean;
  reason: string;
}

const PERMISSIONS_OF: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  "admin": new Set(["view", "publish", "overwrite", "tag", "deprecate", "unpublish", "manage"]),
  "developer": new Set(["view", "publish", "tag", "deprecate", "unpublish"]),
  "read-only": new Set(["view"]),
};

const DEEDS: Readonly<Record<Permission, string>> = {
  view: "Reading this registry",
  publish: "Publishing",
  overwrite: "Overwriting",
  tag: "Changing tags",
  deprecate: "Deprecating",
  unpublish: "Unpublishing",
  manage: "Managing this server",
};

/**
 * Decides whether a principal has a permission. Closed by default: whatever is not granted is refused, and a
 * read-only token or role never writes.
 *
 * @example may({ kind: "anonymous" }, "view", { anonymousRead: false }).allowed // false
 */
export function may(
  principal: Principal,
  permission: Permission,
  target: PermissionTarget,
): PermissionAnswer {
  if (principal.kind === "anonymous") return mayAnonymously(permission, target);
  if (permission !== "view" && principal.readonly) {
    return { allowed: false, reason: `This token is read-only; to ${permission} use one that is not.` };
  }
  if (PERMISSIONS_OF[principal.role].has(permission)) {
    return { allowed: true, reason: `The role ${principal.role} may ${permission}.` };
  }
  return {
    allowed: false,
    reason: `${principal.name} is ${principal.role} and may not ${permission}; ask an administrator.`,
  };
}

function mayAnonymously(permission: Permission, target: PermissionTarget): PermissionAnswer {
  if (permission === "view" && target.anonymousRead) {
    return { allowed: true, reason: "This registry may be read without a credential." };
  }
  return { allowed: false, reason: `${DEEDS[permission]} needs a credential; log in with npm login.` };
}
