import { z } from "zod";
import {
  EntrepotError,
  PERMISSIONS,
  TASKS,
  type AccessRuleAnswer,
  type AccessTarget,
  type PageAnswer,
  type Permission,
  type Principal,
  type PrivilegeAnswer,
  type RuleSubject,
  type Task,
} from "@entrepot/core";
import {
  createAccessRule,
  deleteAccessRule,
  listAccessRules,
  requireTeam,
  userPrincipal,
  type ListedRule,
} from "../../identity/index.ts";
import {
  actorOf,
  apiRoute,
  NO_BODY,
  groupWarnings,
  registryOf,
  userIdOf,
  type ApiContext,
  type ApiRoute,
} from "./api-route.ts";
import { isoOf } from "./iso-of.ts";
import { limitOf } from "./page.ts";

const permission = z.enum(PERMISSIONS);
/** What does not need a registry to answer: its settings are changed, and it is switched on again, by the API. */
const WHILE_SWITCHED_OFF: ReadonlySet<Permission> = new Set<Permission>([
  "manage-registry",
  "manage-teams",
  "view-teams",
  "query",
  "administer",
]);
const TASK_NAMES = Object.keys(TASKS) as [Task, ...Task[]];
const ruleBody = z.strictObject({
  effect: z.enum(["grant", "restrict"]).default("grant"),
  subject: z.enum(["user", "team", "everyone", "authenticated", "anonymous"]),
  /** Name of the user, or `organization:team`. */
  name: z.string().max(255).optional(),
  permissions: z.array(permission).max(PERMISSIONS.length).default([]),
  tasks: z.array(z.enum(TASK_NAMES)).max(TASK_NAMES.length).default([]),
  registry: z.string().max(100).nullable().default(null),
  group: z.string().max(50).nullable().default(null),
  packages: z.string().max(255).nullable().default(null),
});
const questionBody = z.strictObject({
  /** Left out: whoever asks. Null: the anonymous. */
  user: z.string().max(255).nullable().optional(),
  permission,
  registry: z.string().max(100).nullable().default(null),
  package: z.string().max(512).nullable().default(null),
});

function shownRule(rule: ListedRule): AccessRuleAnswer {
  return {
    id: rule.id,
    effect: rule.effect,
    subject: rule.subject.kind,
    name: rule.userName ?? rule.teamName,
    permissions: [...rule.permissions],
    registry: rule.registryName,
    group: rule.group,
    packages: rule.packages,
    createdBy: rule.createdBy,
    createdAt: isoOf(rule.createdAt),
  };
}

async function list(context: ApiContext<unknown>): Promise<PageAnswer<AccessRuleAnswer>> {
  const registry = context.query("registry");
  const page = await listAccessRules(context.deps, {
    ...(registry === undefined ? {} : { registryId: (await registryOf(context, registry)).id }),
    after: context.query("cursor") ?? null,
    limit: limitOf(context.query("limit")),
  });
  return { items: page.items.map(shownRule), next: page.next };
}

async function subjectOf(
  context: ApiContext<unknown>,
  { subject, name }: Pick<z.infer<typeof ruleBody>, "subject" | "name">,
): Promise<RuleSubject> {
  if (subject !== "user" && subject !== "team") return { kind: subject };
  const id = subject === "user" ? await userIdOf(context, name ?? "") : await teamIdOf(context, name ?? "");
  return { kind: subject, id };
}

async function teamIdOf({ deps }: ApiContext<unknown>, name: string): Promise<string> {
  const [organization = "", team] = name.split(":");
  if (team !== undefined) return (await requireTeam(deps, { organization, team })).id;
  throw new EntrepotError("not-found", {
    message: `There is no team "${name}"; teams are named organization:team.`,
  });
}

async function create(context: ApiContext<z.infer<typeof ruleBody>>): Promise<unknown> {
  const { effect, permissions, tasks, registry, group, packages } = context.body;
  const all = new Set([...permissions, ...tasks.flatMap((task) => TASKS[task])]);
  const rule = await createAccessRule(context.deps, {
    effect,
    subject: await subjectOf(context, context.body),
    permissions: all,
    registryId: registry === null ? null : (await registryOf(context, registry)).id,
    group,
    packages,
    actor: actorOf(context).actor,
  });
  const warnings = await groupWarnings(context, group === null ? [] : [group]);
  return { ...context.body, tasks: undefined, id: rule.id, permissions: [...all], ...warnings };
}

async function remove(context: ApiContext<unknown>): Promise<void> {
  const isDeleted = await deleteAccessRule(context.deps, {
    id: context.param("id"),
    actor: actorOf(context).actor,
  });
  if (!isDeleted) throw new EntrepotError("not-found", { message: "There is no rule with this id." });
}

interface Asked {
  principal: Principal;
  /** Of somebody who is disabled, the name: whatever they would be allowed, nobody comes in as them. */
  disabledName: string | null;
}

async function askedAbout(context: ApiContext<z.infer<typeof questionBody>>): Promise<Asked> {
  const { user: name } = context.body;
  if (name === undefined) return { principal: context.principal, disabledName: null };
  await context.deps.access.assertMay({
    principal: context.principal,
    permission: "administer",
    target: { registry: null, packageName: null },
  });
  if (name === null) return { principal: { kind: "anonymous" }, disabledName: null };
  const user = await context.deps.identity.findUser(name);
  if (user === null) throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
  return { principal: userPrincipal(user), disabledName: user.disabled ? user.name : null };
}

async function testPrivilege(context: ApiContext<z.infer<typeof questionBody>>): Promise<PrivilegeAnswer> {
  const { permission: wanted, registry, package: packageName } = context.body;
  const meant = registry === null ? null : await registryOf(context, registry);
  const { principal, disabledName } = await askedAbout(context);
  if (disabledName !== null) {
    const reason = `The user ${disabledName} is disabled.`;
    return { allowed: false, code: "user-disabled", reason, because: { by: "credential" } };
  }
  if (meant !== null && !meant.active && !WHILE_SWITCHED_OFF.has(wanted)) {
    const reason = `The registry ${meant.name} is switched off and answers nobody.`;
    return { allowed: false, code: null, reason, because: { by: "registry" } };
  }
  const target: AccessTarget = { registry: meant, packageName };
  const answer = await context.deps.access.ask({ principal, permission: wanted, target });
  const { allowed, code, reason, because } = answer;
  return { allowed, code, reason, because };
}

/** Who may do what: the rules, and the answer that they give. */
export const ACCESS_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-access-rules",
    method: "GET",
    path: "/access-rules",
    permission: "administer",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "create-access-rule",
    method: "POST",
    path: "/access-rules",
    permission: "administer",
    body: ruleBody,
    status: 201,
    handler: create,
  }),
  apiRoute({
    id: "delete-access-rule",
    method: "DELETE",
    path: "/access-rules/:id",
    permission: "administer",
    body: NO_BODY,
    handler: remove,
  }),
  apiRoute({
    id: "test-privilege",
    method: "POST",
    path: "/privileges/test",
    permission: "self",
    body: questionBody,
    handler: testPrivilege,
  }),
];
