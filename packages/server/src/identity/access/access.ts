import {
  createAccessPolicy,
  EntrepotError,
  may,
  type AccessPolicy,
  type AccessRule,
  type AccessTarget,
  type Permission,
  type PermissionAnswer,
  type PermissionQuestion,
  type Principal,
} from "@entrepot/core";
import type { Selectable } from "kysely";
import { createCurrentValue, type ChangeLog } from "../../changes/index.ts";
import type { Database, Schema } from "../../db/index.ts";

type RegistryTarget = NonNullable<AccessTarget["registry"]>;

/** What principals may do under the rules of the workspace, which are in memory and as current as the change log. */
export interface Access {
  /** Decides, with a reason; see core's {@link may}. */
  ask(question: PermissionQuestion): PermissionAnswer | Promise<PermissionAnswer>;
  /** Throws `credential-missing` or `permission-denied`, with the reason, unless the answer is yes. */
  assertMay(question: PermissionQuestion): Promise<void>;
  /**
   * The answer alone, for who asks again and again: next to nothing once it is known. Null when the rules have to be
   * read first; then {@link ask}.
   */
  allows(question: ReadQuestion): boolean | null;
  /** The rules, for who asks about many targets at once. */
  policy(): AccessPolicy | Promise<AccessPolicy>;
}

/** May somebody do this with a package of a registry? */
export interface ReadQuestion {
  principal: Principal;
  permission: Permission;
  registry: RegistryTarget;
  packageName: string;
}

export interface AccessDeps {
  db: Database;
  workspaceId: string;
  changes: Pick<ChangeLog, "subscribe">;
}

/** Loads the rules and keeps them current. */
export async function createAccess(deps: AccessDeps): Promise<Access> {
  const current = await createCurrentValue(deps.changes, {
    load: () => loadPolicy(deps),
    concerns: ({ kind }) => kind === "access-changed" || kind === "organization-changed",
  });
  const answers = createAnswers();

  function ask(question: PermissionQuestion): PermissionAnswer | Promise<PermissionAnswer> {
    const policy = current.get();
    return policy instanceof Promise ? policy.then((loaded) => may(question, loaded)) : may(question, policy);
  }

  return {
    ask,
    async assertMay(question) {
      const answer = await ask(question);
      if (!answer.allowed) throw refusedBy(answer);
    },
    allows(question) {
      const policy = current.peek();
      return policy === null ? null : answers.of(question, policy);
    },
    policy: () => current.get(),
  };
}

/** The error of a refusal: 401 where a credential would help, else 403. */
export function refusedBy({ code, reason }: PermissionAnswer): EntrepotError {
  if (code === "credential-missing") return new EntrepotError("credential-missing", { message: reason });
  return new EntrepotError("permission-denied", { message: reason, details: { code } });
}

interface Answers {
  of(question: ReadQuestion, policy: AccessPolicy): boolean;
}

interface Remembered {
  policy: AccessPolicy;
  allowed: Map<Permission, boolean>;
}

/**
 * Remembers answers by the very principal and registry, which are replaced as a whole when anything of them changes.
 * Where packages matter, nothing is remembered.
 */
function createAnswers(): Answers {
  const known = new WeakMap<Principal, WeakMap<RegistryTarget, Remembered>>();

  function remembered(principal: Principal, registry: RegistryTarget, policy: AccessPolicy): Remembered {
    let registries = known.get(principal);
    if (registries === undefined) {
      registries = new WeakMap();
      known.set(principal, registries);
    }
    let answers = registries.get(registry);
    if (answers === undefined || answers.policy !== policy) {
      answers = { policy, allowed: new Map() };
      registries.set(registry, answers);
    }
    return answers;
  }

  return {
    of({ principal, permission, registry, packageName }, policy) {
      const { allowed } = remembered(principal, registry, policy);
      const answer = allowed.get(permission);
      if (answer !== undefined) return answer;
      const found = may({ principal, permission, target: { registry, packageName } }, policy).allowed;
      const isByPackage = policy.namesPackages(registry) || limitedPackagesOf(principal) !== null;
      if (!isByPackage) allowed.set(permission, found);
      return found;
    },
  };
}

function limitedPackagesOf(principal: Principal): readonly string[] | null {
  return principal.kind === "anonymous" ? null : (principal.limits?.packages ?? null);
}

async function loadPolicy({ db, workspaceId }: AccessDeps): Promise<AccessPolicy> {
  const [rules, members] = await Promise.all([
    db.read.selectFrom("access_rules").selectAll().where("workspace_id", "=", workspaceId).execute(),
    db.read
      .selectFrom("team_members")
      .innerJoin("teams", "teams.id", "team_members.team_id")
      .innerJoin("organizations", "organizations.id", "teams.organization_id")
      .select(["team_id", "user_id"])
      .where("organizations.workspace_id", "=", workspaceId)
      .execute(),
  ]);
  const teams = new Map<string, Set<string>>();
  for (const { user_id, team_id } of members) {
    const held = teams.get(user_id);
    if (held === undefined) teams.set(user_id, new Set([team_id]));
    else held.add(team_id);
  }
  return createAccessPolicy(rules.map(ruleOf), teams);
}

type RuleRow = Selectable<Schema["access_rules"]>;

/** A row as the rule that it is. */
export function ruleOf(row: RuleRow): AccessRule {
  return {
    id: row.id,
    effect: row.effect,
    subject: subjectOf(row),
    permissions: new Set(JSON.parse(row.permissions) as Permission[]),
    registryId: row.registry_id,
    group: row.group_name,
    packages: row.packages,
  };
}

function subjectOf({ subject, user_id, team_id }: RuleRow): AccessRule["subject"] {
  if (subject === "user") return { kind: subject, id: user_id ?? "" };
  if (subject === "team") return { kind: subject, id: team_id ?? "" };
  return { kind: subject };
}
