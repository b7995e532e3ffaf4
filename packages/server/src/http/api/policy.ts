import { z } from "zod";
import {
  EntrepotError,
  RULE_DESCRIPTIONS,
  RULE_IDS,
  may,
  type RuleId,
  type PolicyAnswer,
  type PolicyChangeAnswer,
  type RuleAnswer,
  type ChoiceAnswer,
} from "@entrepot/core";
import {
  documentOf,
  EVERYWHERE,
  policyWarnings,
  PROFILE_ROW,
  replacePolicy,
  ruleSource,
  setPolicyRule,
  setProfile,
  unsetPolicyRule,
  type KeptChoice,
  type LayeredPolicy,
  type PolicyPlace,
  type PolicyResult,
  type PolicyWriter,
} from "../../firewall/index.ts";
import { actorOf, apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { EVERY_REGISTRY } from "./every-registry.ts";
import { isoOf } from "./iso-of.ts";

const RULES_MAX = 2000;
const options = z.record(z.string().max(100), z.unknown());
const ruleBody = z.strictObject({
  packages: z.string().max(600).nullable().default(null),
  mode: z.string().max(20).optional(),
  options: options.optional(),
});
const profileBody = z.strictObject({ profile: z.enum(["standard", "strict"]).nullable() });
const documentBody = z.strictObject({
  profile: z.enum(["standard", "strict"]).nullable().default(null),
  rules: z
    .array(
      z.strictObject({
        rule: z.string().max(100),
        packages: z.string().max(600).nullable().default(null),
        mode: z.string().max(20).nullable().default(null),
        options: options.default({}),
      }),
    )
    .max(RULES_MAX)
    .default([]),
});

/** A registry, or all of the workspace. */
interface Place {
  place: PolicyPlace;
  /** `*` for every registry. */
  name: string;
}

type PlaceOf = (context: ApiContext<unknown>) => Promise<Place>;

async function workspacePlace({ deps }: ApiContext<unknown>): Promise<Place> {
  return { place: { workspaceId: deps.workspaceId, registryId: EVERYWHERE }, name: EVERY_REGISTRY };
}

async function registryPlace(context: ApiContext<unknown>): Promise<Place> {
  const { id, workspaceId, name } = await registryOf(context, context.param("name"));
  return { place: { workspaceId, registryId: id }, name };
}

async function writeOf(
  context: ApiContext<unknown>,
  { place }: Place,
): Promise<{ place: PolicyPlace; by: PolicyWriter }> {
  const { principal } = context;
  const target = { registry: null, packageName: null };
  const { allowed } = await context.deps.access.ask({ principal, permission: "administer", target });
  return { place, by: { actor: actorOf(context).actor, fromConfiguration: false, mayWeaken: allowed } };
}

async function policyAt({ deps }: ApiContext<unknown>, { place }: Place): Promise<LayeredPolicy> {
  return await deps.policyRules.of({ id: place.registryId, workspaceId: place.workspaceId });
}

async function show(context: ApiContext<unknown>, at: Place): Promise<PolicyAnswer> {
  const policy = await policyAt(context, at);
  const choices = await context.deps.policyRules.choices(at.place.workspaceId);
  const name = context.query("package") ?? "";
  const own = choices.filter(({ registryId }) => registryId === at.place.registryId);
  const isManager = await managesHere(context, at);
  return {
    registry: at.name,
    package: name === "" ? null : name,
    profile: policy.profile,
    managed: own.some(({ managed }) => managed),
    rules: RULE_IDS.map((rule) => shownRule(policy, { rule, name })),
    choices: choices
      .filter(({ registryId }) => registryId === EVERYWHERE || registryId === at.place.registryId)
      .map((choice) => shownChoice(choice, { at, isManager })),
    warnings: policyWarnings(choices, at.place.registryId),
  };
}

async function managesHere(context: ApiContext<unknown>, at: Place): Promise<boolean> {
  const { principal, deps } = context;
  const isWorkspace = at.name === EVERY_REGISTRY;
  const registry = isWorkspace ? null : await registryOf(context, at.name);
  const permission = isWorkspace ? "administer" : "manage-registry";
  return may({ principal, permission, target: { registry, packageName: null } }, await deps.access.policy())
    .allowed;
}

function shownRule(policy: LayeredPolicy, { rule, name }: { rule: RuleId; name: string }): RuleAnswer {
  return {
    rule,
    ...policy.settingsOf(name)[rule],
    from: ruleSource(policy, rule, name),
    description: RULE_DESCRIPTIONS[rule],
  };
}

function shownChoice(
  { registryId, packages, rule, mode, options: chosen, managed, setBy, setAt, problem }: KeptChoice,
  { at, isManager }: { at: Place; isManager: boolean },
): ChoiceAnswer {
  return {
    registry: registryId === EVERYWHERE ? EVERY_REGISTRY : at.name,
    packages: packages === EVERYWHERE ? null : packages,
    rule,
    ...(rule === PROFILE_ROW ? chosen : { mode, options: chosen }),
    managed,
    setBy: isManager ? setBy : null,
    setAt: isoOf(setAt),
    ...(problem === undefined ? {} : { problem }),
  };
}

// A write of this very request is in the change log, but its news may not have been heard yet.
async function afterWrite(
  context: ApiContext<unknown>,
  at: Place,
  { result, rule, packages }: { result: PolicyResult; rule?: string; packages?: string },
): Promise<PolicyChangeAnswer> {
  await context.deps.changes.refresh();
  const policy = await policyAt(context, at);
  const known = RULE_IDS.find((id) => id === rule);
  const name = packages ?? "";
  return {
    registry: at.name,
    profile: policy.profile,
    ...(known === undefined
      ? {}
      : { packages: name === "" ? null : name, ...shownRule(policy, { rule: known, name }) }),
    changed: result.isChanged,
    warnings: result.warnings,
  };
}

type Kind = "workspace" | "registry";

/** The same routes for the workspace and for one registry. */
function routesAt(kind: Kind, placeOf: PlaceOf): ApiRoute[] {
  const isRegistry = kind === "registry";
  const path = isRegistry ? "/registries/:name/policy" : "/policy";
  const id = (verb: string): string => (isRegistry ? `${verb}-registry-policy` : `${verb}-policy`);
  const inRegistry = isRegistry ? { registryIn: "name" } : {};
  const reading = { permission: "view", ...inRegistry } as const;
  const writing = { permission: isRegistry ? "manage-registry" : "administer", ...inRegistry } as const;
  return [
    apiRoute({
      id: id("show"),
      method: "GET",
      path,
      ...reading,
      body: NO_BODY,
      handler: async (context) => await show(context, await placeOf(context)),
    }),
    apiRoute({
      id: id("export"),
      method: "GET",
      path: `${path}/document`,
      ...reading,
      body: NO_BODY,
      async handler(context) {
        const { place } = await placeOf(context);
        return documentOf(await context.deps.policyRules.choices(place.workspaceId), place.registryId);
      },
    }),
    apiRoute({
      id: id("import"),
      method: "PUT",
      path: `${path}/document`,
      ...writing,
      body: documentBody,
      async handler(context) {
        const at = await placeOf(context);
        const write = await writeOf(context, at);
        return await afterWrite(context, at, {
          result: await replacePolicy(context.deps, write, context.body),
        });
      },
    }),
    apiRoute({
      id: id("set-profile-of"),
      method: "PUT",
      path: `${path}/profile`,
      ...writing,
      body: profileBody,
      async handler(context) {
        const at = await placeOf(context);
        const write = await writeOf(context, at);
        return await afterWrite(context, at, {
          result: await setProfile(context.deps, write, context.body.profile),
        });
      },
    }),
    ...ruleRoutesAt({ id, path: `${path}/rules/:rule`, writing, placeOf }),
  ];
}

function ruleRoutesAt({
  id,
  path,
  writing,
  placeOf,
}: {
  id: (verb: string) => string;
  path: string;
  writing: Pick<ApiRoute, "permission" | "registryIn">;
  placeOf: PlaceOf;
}): ApiRoute[] {
  return [
    apiRoute({
      id: id("set-rule-of"),
      method: "PUT",
      path,
      ...writing,
      body: ruleBody,
      async handler(context) {
        const at = await placeOf(context);
        const { packages, ...chosen } = context.body;
        const input = { rule: context.param("rule"), packages: packages ?? EVERYWHERE, ...chosen };
        if (packages === "") throw emptyPattern();
        const result = await setPolicyRule(context.deps, await writeOf(context, at), input);
        return await afterWrite(context, at, { ...input, result });
      },
    }),
    apiRoute({
      id: id("unset-rule-of"),
      method: "DELETE",
      path,
      ...writing,
      body: NO_BODY,
      async handler(context) {
        const at = await placeOf(context);
        const wanted = { rule: context.param("rule"), packages: context.query("packages") ?? EVERYWHERE };
        const result = await unsetPolicyRule(context.deps, await writeOf(context, at), wanted);
        return await afterWrite(context, at, { ...wanted, result });
      },
    }),
  ];
}

function emptyPattern(): EntrepotError {
  return new EntrepotError("request-invalid", {
    message: "An empty pattern names nothing; leave packages out for every package.",
  });
}

/** What is chosen for the rules, in the workspace and in each registry. */
export const POLICY_ROUTES: readonly ApiRoute[] = [
  ...routesAt("workspace", workspacePlace),
  ...routesAt("registry", registryPlace),
];
