/** What the API answers about people and what they may do. Times are ISO 8601. */
import type { Permission, Role } from "../permissions/permission.ts";
import type { PermissionCause } from "../permissions/may.ts";

/** A user, as administrators see them. */
export interface UserAnswer {
  name: string;
  /** As typed when the user was made. */
  displayName: string;
  fullName: string;
  email: string | null;
  role: Role;
  disabled: boolean;
  createdAt: string;
  updatedAt: string;
}

/** An invitation to become a user. */
export interface InvitationAnswer {
  id: string;
  email: string | null;
  role: Role;
  createdBy: string;
  state: "open" | "expired" | "accepted" | "revoked";
  /** Name of the user that it made. */
  acceptedBy: string | null;
  createdAt: string;
  expiresAt: string;
}

/** An invitation and, this once, what opens it. */
export interface SentInvitationAnswer extends InvitationAnswer {
  code: string;
  /** Page where it is accepted; null where the server does not know its own address. */
  url: string | null;
  mailed: boolean;
}

export interface OrganizationAnswer {
  name: string;
  createdAt: string;
}

export interface MemberAnswer {
  user: string;
  role: string;
  addedAt: string;
}

export interface TeamAnswer {
  name: string;
  description: string;
  createdAt: string;
}

export interface TeamMemberAnswer {
  user: string;
}

/** A token or key; what it is for, never its value. Null where there is no limit of that kind. */
export interface TokenAnswer {
  id: string;
  kind: string;
  /** Null for a key of nobody's. */
  user: string | null;
  name: string;
  description: string;
  /** The value's last characters. */
  hint: string;
  readonly: boolean;
  permissions: readonly Permission[] | null;
  /** Names; null in the list for a registry that is gone. */
  registries: ReadonlyArray<string | null> | null;
  groups: readonly string[] | null;
  packages: readonly string[] | null;
  organizations: readonly string[] | null;
  networks: readonly string[] | null;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  lastUsedAddress: string | null;
  logLevel: string;
}

/** A token and, this once, its value. */
export interface CreatedTokenAnswer extends TokenAnswer {
  token: string;
  warnings?: string[];
}

/** A rule on who may do what. */
export interface AccessRuleAnswer {
  id: string;
  effect: "grant" | "restrict";
  subject: "user" | "team" | "everyone" | "authenticated" | "anonymous";
  /** Name of the user, or `organization:team`; null for the others. */
  name: string | null;
  permissions: Permission[];
  registry: string | null;
  group: string | null;
  packages: string | null;
  createdBy: string;
  createdAt: string;
}

/** Whether somebody may do something, and what decided. */
export interface PrivilegeAnswer {
  allowed: boolean;
  code: string | null;
  reason: string;
  because: PermissionCause;
}
