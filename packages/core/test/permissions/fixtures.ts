import {
  createAccessPolicy,
  type AccessPolicy,
  type AccessRule,
  type AccessTarget,
} from "../../src/permissions/access-rule.ts";
import { may, type PermissionAnswer } from "../../src/permissions/may.ts";
import type { Permission, Role } from "../../src/permissions/permission.ts";
import type { KeyPrincipal, Principal, TokenLimits, UserPrincipal } from "../../src/permissions/principal.ts";

export const NO_LIMITS: TokenLimits = {
  permissions: null,
  registries: null,
  packages: null,
  organizations: null,
};
export const ANONYMOUS: Principal = { kind: "anonymous" };

export function user(role: Role = "developer", more: Partial<UserPrincipal> = {}): UserPrincipal {
  return {
    kind: "user",
    userId: "ada",
    name: "ada",
    role,
    via: "token",
    tokenId: "t1",
    limits: null,
    mustChangePassword: false,
    ...more,
  };
}

export function withToken(limits: Partial<TokenLimits>, role: Role = "owner"): UserPrincipal {
  return user(role, { limits: { ...NO_LIMITS, ...limits } });
}

export function key(permissions: Permission[], limits: Partial<TokenLimits> = {}): KeyPrincipal {
  return {
    kind: "key",
    name: "ci",
    tokenId: "k1",
    limits: { ...NO_LIMITS, ...limits, permissions: new Set(permissions) },
  };
}

export function registry(
  name: string,
  more: { groups?: string[]; anonymousRead?: boolean } = {},
): AccessTarget {
  return {
    registry: {
      id: `id-${name}`,
      name,
      groups: more.groups ?? [],
      anonymousRead: more.anonymousRead ?? false,
    },
    packageName: null,
  };
}

export function packageIn(target: AccessTarget, packageName: string): AccessTarget {
  return { ...target, packageName };
}

export type RuleInput = Partial<Omit<AccessRule, "permissions">> & { permissions: Permission[] };

export function rule({ permissions, ...more }: RuleInput): AccessRule {
  return {
    id: `rule on ${more.packages ?? "everything"}`,
    effect: "grant",
    subject: { kind: "everyone" },
    registryId: null,
    group: null,
    packages: null,
    permissions: new Set(permissions),
    ...more,
  };
}

export function policy(...rules: AccessRule[]): AccessPolicy {
  return createAccessPolicy(rules, new Map([["ada", new Set(["developers"])]]));
}

export const NO_RULES = policy();
export const WORKSPACE: AccessTarget = { registry: null, packageName: null };
export const adaOnly = { kind: "user", id: "ada" } as const;
export const developers = { kind: "team", id: "developers" } as const;
export const everyone = { kind: "everyone" } as const;

/** Asks about a target, with rules where there are any. */
export function ask(
  principal: Principal,
  permission: Permission,
  at: AccessTarget | [target: AccessTarget, rules: AccessPolicy],
): PermissionAnswer {
  const [target, rules] = Array.isArray(at) ? at : [at, NO_RULES];
  return may({ principal, permission, target }, rules);
}
