import { z } from "zod";
import {
  EntrepotError,
  may,
  SEVERITIES,
  type Permission,
  type RiskProfile,
  type Severity,
  type AssessmentAnswer,
  type AssessmentTypeAnswer,
  type PageAnswer,
} from "@entrepot/core";
import {
  assess,
  EVERYWHERE,
  removeAssessmentType,
  setAssessmentType,
  setRiskProfile,
  unassess,
  type AssessmentType,
  type KeptAssessment,
  type PolicyPlace,
} from "../../firewall/index.ts";
import { actorOf, apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { EVERY_REGISTRY } from "./every-registry.ts";
import { isoOrNull, isoOf } from "./iso-of.ts";
import { wholeList } from "./page.ts";

const ID_MAX = 128;
const COMMENT_MAX = 2000;
const DAYS_MAX = 3650;
const COLOUR = "#5f6368";

const severity = z.enum(SEVERITIES as [Severity, ...Severity[]]);
const assessBody = z.strictObject({
  type: z.string().min(1).max(64),
  comment: z.string().trim().min(1, "say why").max(COMMENT_MAX),
  until: z.iso.datetime({ offset: true }).nullable().optional(),
});
const typeBody = z.strictObject({
  colour: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'a colour is written like "#b3261e"')
    .default(COLOUR),
  severity: severity.nullable().default(null),
  days: z.int().positive().max(DAYS_MAX).nullable().default(null),
});
const typeName = z.string().min(1).max(64);
const score = z.number().min(0).max(10);
const riskBody = z.strictObject({
  scores: z
    .tuple([score, score, score, score])
    .refine((scores) => scores.every((one, at) => one >= (scores[at - 1] ?? 0)), "scores ascend"),
  epssRaise: z.number().min(0).max(1).nullable(),
  exploitedLeast: z.literal([1, 2, 3, 4, 5]),
  unknownAs: severity,
  automatic: z
    .strictObject({ 1: typeName, 2: typeName, 3: typeName, 4: typeName, 5: typeName })
    .partial()
    .default({}),
});

type Context = ApiContext<unknown>;
type PlaceOf = (context: Context) => Promise<PolicyPlace>;

async function workspacePlace({ deps }: Context): Promise<PolicyPlace> {
  return { workspaceId: deps.workspaceId, registryId: EVERYWHERE };
}

async function registryPlace(context: Context): Promise<PolicyPlace> {
  const { id, workspaceId } = await registryOf(context, context.param("name"));
  return { workspaceId, registryId: id };
}

// Who may see the registry is told what holds there; why, and by whom, is for those who could have said it.
async function list({ deps, principal }: Context): Promise<PageAnswer<AssessmentAnswer>> {
  const { byId } = await deps.registries.snapshot();
  const policy = await deps.access.policy();
  await deps.changes.refresh();
  const kept = await deps.assessments.list(deps.workspaceId);
  const items = kept.flatMap((one) => {
    const registry = byId.get(one.registryId) ?? null;
    const target = { registry, packageName: null };
    const has = (permission: Permission): boolean => may({ principal, permission, target }, policy).allowed;
    if (!has("view")) return [];
    const isOfAll = one.registryId === EVERYWHERE;
    const isManager = has(isOfAll ? "administer" : "manage-registry");
    const name = isOfAll ? EVERY_REGISTRY : (registry?.name ?? null);
    return [{ registry: name, ...shown(one, { isManager, now: deps.now() }) }];
  });
  return wholeList(items);
}

function shown(
  { advisory, type, comment, setBy, setAt, expiresAt }: KeptAssessment,
  { isManager, now }: { isManager: boolean; now: number },
): Omit<AssessmentAnswer, "registry"> {
  return {
    advisory,
    type: type.name,
    colour: type.colour,
    severity: type.severity,
    isInForce: expiresAt === null || now < expiresAt,
    comment: isManager ? comment : null,
    setBy: isManager ? setBy : null,
    setAt: isoOf(setAt),
    expiresAt: isoOrNull(expiresAt),
  };
}

function shownType({
  name,
  colour,
  severity: counts,
  days,
  isBuiltIn,
}: AssessmentType): AssessmentTypeAnswer {
  return { name, colour, severity: counts, days, isBuiltIn };
}

// A word with a slip in it would assess nothing, and nobody would notice.
async function knownId({ deps, param }: Context): Promise<string> {
  const id = param("advisory");
  await deps.advisories.ready();
  const found = id.length > ID_MAX ? [] : deps.advisories.find(id);
  if (found.length === 0) {
    throw new EntrepotError("not-found", { message: `No advisory is known by the id "${id}".` });
  }
  if (found.some(({ advisory }) => advisory.kind === "vulnerability")) return id;
  throw new EntrepotError("request-invalid", {
    message: `${id} is about malware, which is not assessed; an exception that two people agree to lets it pass.`,
  });
}

function routesAt(kind: "workspace" | "registry", placeOf: PlaceOf): ApiRoute[] {
  const isRegistry = kind === "registry";
  const path = isRegistry ? "/registries/:name/assessments/:advisory" : "/assessments/:advisory";
  const writing = isRegistry
    ? ({ permission: "manage-registry", registryIn: "name" } as const)
    : ({ permission: "administer" } as const);
  const id = (verb: string): string => (isRegistry ? `${verb}-in-registry` : verb);
  return [
    apiRoute({
      id: id("assess"),
      method: "PUT",
      path,
      ...writing,
      body: assessBody,
      async handler(context) {
        const { type, comment, until } = context.body;
        const place = await placeOf(context);
        const advisory = await knownId(context);
        const expiresAt = typeof until === "string" ? Date.parse(until) : until;
        const { actor } = actorOf(context);
        await context.deps.changes.refresh();
        const input = { advisory, type, comment, expiresAt };
        const result = await assess(context.deps, { place, actor }, input);
        await context.deps.changes.refresh();
        return { advisory, type, comment, expiresAt: isoOrNull(result.expiresAt) };
      },
    }),
    apiRoute({
      id: id("unassess"),
      method: "DELETE",
      path,
      ...writing,
      body: NO_BODY,
      async handler(context) {
        const place = await placeOf(context);
        await unassess(context.deps, { place, actor: actorOf(context).actor }, context.param("advisory"));
        await context.deps.changes.refresh();
      },
    }),
  ];
}

/** What people make of advisories, the types of that, and by what vulnerabilities are sorted. */
export const ASSESSMENT_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-assessments",
    method: "GET",
    path: "/assessments",
    permission: "user",
    body: NO_BODY,
    handler: list,
  }),
  ...routesAt("workspace", workspacePlace),
  ...routesAt("registry", registryPlace),
  apiRoute({
    id: "list-assessment-types",
    method: "GET",
    path: "/assessment-types",
    permission: "user",
    body: NO_BODY,
    handler: async ({ deps }) => wholeList((await deps.assessments.types(deps.workspaceId)).map(shownType)),
  }),
  apiRoute({
    id: "set-assessment-type",
    method: "PUT",
    path: "/assessment-types/:type",
    permission: "administer",
    body: typeBody,
    async handler(context) {
      const name = context.param("type");
      if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) {
        throw new EntrepotError("request-invalid", {
          message: `"${name}" is not a name for a type; use small letters, digits and hyphens.`,
        });
      }
      const type = { name, ...context.body };
      await setAssessmentType(context.deps, actorOf(context), type);
      await context.deps.changes.refresh();
      return type;
    },
  }),
  apiRoute({
    id: "remove-assessment-type",
    method: "DELETE",
    path: "/assessment-types/:type",
    permission: "administer",
    body: NO_BODY,
    async handler(context) {
      await removeAssessmentType(context.deps, actorOf(context), context.param("type"));
      await context.deps.changes.refresh();
    },
  }),
  apiRoute({
    id: "show-risk-profile",
    method: "GET",
    path: "/risk-profile",
    permission: "user",
    body: NO_BODY,
    handler: async ({ deps }) => await deps.assessments.riskProfile(deps.workspaceId),
  }),
  apiRoute({
    id: "set-risk-profile",
    method: "PUT",
    path: "/risk-profile",
    permission: "administer",
    body: riskBody,
    async handler(context) {
      const { automatic, ...rest } = context.body;
      const chosen = Object.entries(automatic).filter(([, type]) => type !== undefined);
      const profile: RiskProfile = { ...rest, automatic: Object.fromEntries(chosen) };
      await setRiskProfile(context.deps, actorOf(context), profile);
      await context.deps.changes.refresh();
      return profile;
    },
  }),
];
