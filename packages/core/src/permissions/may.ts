import type { HelpCode } from "../help-topics.ts";
import { coversName } from "../names.ts";
import type { AccessPolicy, AccessRule, AccessTarget } from "./access-rule.ts";
import { DEEDS, NEEDS_SIGHT, PERMISSIONS_OF_ROLE, READING, type Permission } from "./permission.ts";
import type { Principal, TokenLimits, UserPrincipal } from "./principal.ts";

/** May this principal do this to that? */
export interface PermissionQuestion {
  principal: Principal;
  permission: Permission;
  target: AccessTarget;
}

/** What decided. */
export type PermissionCause =
  | { by: "credential" }
  | { by: "rule"; ruleId: string }
  | { by: "role" }
  | { by: "registry" }
  | { by: "nothing" };

/** `reason` is a sentence for the person who is refused; it also says why something was allowed. */
export interface PermissionAnswer {
  allowed: boolean;
  /** Entry of the page on errors; null when allowed. */
  code: HelpCode | null;
  reason: string;
  because: PermissionCause;
}

/** What a registry can be opened for. */
const READS: ReadonlySet<Permission> = new Set<Permission>(["view", "download"]);
/** Whoever owns the workspace cannot be locked out of it by a rule. */
const NEVER_RESTRICTED: ReadonlySet<Permission> = new Set<Permission>(["administer", "manage-registry"]);

/**
 * Decides whether a principal has a permission on a target, and says why. Closed by default. In this order:
 *
 * 1. the credential's own limits: a token is never more than what it was made for;
 * 2. for what is done to packages, a rule that decides against seeing them: nobody changes or gets what is kept from them;
 * 3. the rules of the workspace. Of those that concern principal, permission and target, one decides: a rule on the user
 *    before one on a team before one on everyone; then a rule on the registry before one on a group of registries before
 *    one on the workspace, and each of these on a package before one on all of them; then a restriction before a grant;
 * 4. the user's role; for the anonymous, whether the registry is open; for a key, what it was made for, which rules on
 *    everyone can only take from.
 *
 * @example may({ principal: { kind: "anonymous" }, permission: "view", target }, policy).allowed // false
 */
export function may(question: PermissionQuestion, policy: AccessPolicy): PermissionAnswer {
  const limited = refusedByCredential(question);
  if (limited !== null) return limited;
  const { principal } = question;
  const unseen = ruleAgainstSight(question, policy);
  if (unseen !== null) return ruleAnswer({ ...question, permission: "view" }, unseen);
  const rule = decidingRule(question, policy);
  // A key has its permissions from nobody else, so a rule can only take some.
  if (principal.kind === "key") {
    return rule?.effect === "restrict" ? ruleAnswer(question, rule) : keyAnswer(question);
  }
  if (rule !== null) return ruleAnswer(question, rule);
  return principal.kind === "anonymous" ? anonymousAnswer(question) : roleAnswer(question, principal);
}

function refusedByCredential({ principal, permission, target }: PermissionQuestion): PermissionAnswer | null {
  if (principal.kind === "anonymous") return null;
  const refuse = (code: HelpCode, reason: string): PermissionAnswer => ({
    allowed: false,
    code,
    reason,
    because: { by: "credential" },
  });
  if (principal.kind === "user" && principal.mustChangePassword) {
    return refuse(
      "password-must-change",
      `The password of ${principal.name} is a one-time password; set one of your own first.`,
    );
  }
  const { limits } = principal;
  if (limits === null) return null;
  if (limits.permissions !== null && !limits.permissions.has(permission)) {
    const isReadOnly = [...limits.permissions].every((held) => READING.has(held));
    return isReadOnly && !READING.has(permission)
      ? refuse("token-readonly", `This token is read-only; to ${DEEDS[permission]} use one that is not.`)
      : refuse("token-permission", `This token was not made to ${DEEDS[permission]}.`);
  }
  return refusedByPlace(limits, target, refuse) ?? refusedByPackages(limits, { permission, target }, refuse);
}

function refusedByPlace(
  limits: TokenLimits,
  { registry, organization }: AccessTarget,
  refuse: (code: HelpCode, reason: string) => PermissionAnswer,
): PermissionAnswer | null {
  // A token for some registries has to do with the organizations that it names, and with nothing else of the server.
  const isForNamed = organization !== undefined && limits.organizations !== null;
  if (!isForNamed && !coversRegistry(limits, registry)) {
    const reason =
      registry === null
        ? "This token does not cover the whole server."
        : `This token is not for the registry ${registry.name}; log in to that one, with a slash at the end of its URL.`;
    return refuse("token-registry", reason);
  }
  if (isForNamed && limits.organizations?.has(organization) === false) {
    return refuse("token-permission", `This token is not for the organization ${organization}.`);
  }
  return null;
}

// Where no package is meant, a token for some may look around, since lists leave out the others, and do nothing else.
function refusedByPackages(
  { packages, organizations }: TokenLimits,
  { permission, target }: Pick<PermissionQuestion, "permission" | "target">,
  refuse: (code: HelpCode, reason: string) => PermissionAnswer,
): PermissionAnswer | null {
  if (packages === null || (target.organization !== undefined && organizations !== null)) return null;
  const { packageName } = target;
  if (packageName === null) {
    if (permission === "view") return null;
    return refuse("token-package", `This token is for certain packages; this is about more than those.`);
  }
  if (packages.some((held) => coversName(held, packageName))) return null;
  return refuse("token-package", `This token is not for the package ${packageName}.`);
}

function coversRegistry({ registries }: TokenLimits, registry: AccessTarget["registry"]): boolean {
  if (registries === null) return true;
  if (registry === null) return false;
  return registries.ids.has(registry.id) || registry.groups.some((group) => registries.groups.has(group));
}

function ruleAgainstSight(question: PermissionQuestion, policy: AccessPolicy): AccessRule | null {
  if (!NEEDS_SIGHT.has(question.permission)) return null;
  const rule = decidingRule({ ...question, permission: "view" }, policy);
  return rule?.effect === "restrict" ? rule : null;
}

function decidingRule(question: PermissionQuestion, policy: AccessPolicy): AccessRule | null {
  const { principal, permission, target } = question;
  let deciding: AccessRule | null = null;
  let highest = -1;
  for (const rule of policy.rulesFor(target)) {
    if (!rule.permissions.has(permission) || !concerns(rule, principal, policy)) continue;
    // Some packages are a reason to let somebody look around, and to nothing that concerns them all.
    if (rule.packages !== null && target.packageName === null && permission !== "view") continue;
    const rank = rankOf(rule);
    if (rank <= highest) continue;
    highest = rank;
    deciding = rule;
  }
  return deciding?.effect === "restrict" && isExempt(question) ? null : deciding;
}

function isExempt({ principal, permission }: PermissionQuestion): boolean {
  return principal.kind === "user" && principal.role === "owner" && NEVER_RESTRICTED.has(permission);
}

function concerns({ subject }: AccessRule, principal: Principal, policy: AccessPolicy): boolean {
  switch (subject.kind) {
    case "everyone":
      return true;
    case "anonymous":
      return principal.kind === "anonymous";
    case "authenticated":
      return principal.kind !== "anonymous";
    case "user":
      return principal.kind === "user" && principal.userId === subject.id;
    case "team":
      return principal.kind === "user" && policy.teamsOf(principal.userId).has(subject.id);
  }
}

const SUBJECT_RANK = { user: 2, team: 1, authenticated: 0, anonymous: 0, everyone: 0 } as const;

// One number whose digits are, from the left: the subject, the place, whether packages are named and how exactly, the effect.
function rankOf({ subject, registryId, group, packages, effect }: AccessRule): number {
  const place = PLACE_RANK[placeOf({ registryId, group })];
  const nearness = (SUBJECT_RANK[subject.kind] * 3 + place) * (NAME_RANK + 1) + closenessOf(packages);
  return nearness * 2 + (effect === "restrict" ? 1 : 0);
}

const PLACE_RANK = { registry: 2, group: 1, workspace: 0 } as const;

function placeOf({ registryId, group }: Pick<AccessRule, "registryId" | "group">): keyof typeof PLACE_RANK {
  if (registryId !== null) return "registry";
  return group === null ? "workspace" : "group";
}

function closenessOf(packages: string | null): number {
  if (packages === null) return 0;
  return packages.endsWith("*") ? packages.length : NAME_RANK;
}

/** An exact name is closer than any pattern, and a longer pattern than a shorter one. */
const NAME_RANK = 1000;

function ruleAnswer(
  { principal, permission, target }: PermissionQuestion,
  rule: AccessRule,
): PermissionAnswer {
  const because = { by: "rule", ruleId: rule.id } as const;
  const words = `${subjectWords(rule)} ${placeWords(rule, target)}`.trim();
  if (rule.effect === "grant") {
    return { allowed: true, code: null, reason: `A rule for ${words} allows it.`, because };
  }
  if (principal.kind === "anonymous") return { ...loginFirst(permission), because };
  return {
    allowed: false,
    code: "permission-denied",
    reason: `A rule for ${words} keeps ${nameOf(principal)} from what this needs: to ${DEEDS[permission]}. Ask an administrator.`,
    because,
  };
}

function subjectWords({ subject }: AccessRule): string {
  if (subject.kind === "user") return "this user";
  return subject.kind === "team" ? "a team" : subject.kind;
}

function placeWords({ registryId, group, packages }: AccessRule, { registry }: AccessTarget): string {
  const places = {
    registry: `in the registry ${registry?.name ?? ""}`,
    group: `in the group ${group ?? ""}`,
    workspace: "",
  };
  const place = places[placeOf({ registryId, group })];
  return packages === null ? place : `on ${packages} ${place}`.trim();
}

function anonymousAnswer({ permission, target }: PermissionQuestion): PermissionAnswer {
  if (READS.has(permission) && target.registry?.anonymousRead === true) {
    return {
      allowed: true,
      code: null,
      reason: "This registry may be read without a credential.",
      because: { by: "registry" },
    };
  }
  return { ...loginFirst(permission), because: { by: "nothing" } };
}

function loginFirst(permission: Permission): Omit<PermissionAnswer, "because"> {
  return {
    allowed: false,
    code: "credential-missing",
    reason: READS.has(permission)
      ? "Reading this registry needs a credential; log in with npm login."
      : `You need a credential to ${DEEDS[permission]} here; log in with npm login.`,
  };
}

function keyAnswer({ permission }: PermissionQuestion): PermissionAnswer {
  return {
    allowed: true,
    code: null,
    reason: `The key was made to ${DEEDS[permission]}.`,
    because: { by: "credential" },
  };
}

function roleAnswer({ permission }: PermissionQuestion, { name, role }: UserPrincipal): PermissionAnswer {
  const because = { by: "role" } as const;
  if (PERMISSIONS_OF_ROLE[role].has(permission)) {
    return { allowed: true, code: null, reason: `The role ${role} may ${DEEDS[permission]}.`, because };
  }
  return {
    allowed: false,
    code: "permission-denied",
    reason: `${name} is ${role} and may not ${DEEDS[permission]}; ask an administrator.`,
    because,
  };
}

function nameOf(principal: Exclude<Principal, { kind: "anonymous" }>): string {
  return principal.kind === "key" ? `the key ${principal.name}` : principal.name;
}
