import { z } from "zod";
import { EntrepotError, type AccessTarget, type ExceptionAnswer, type PageAnswer } from "@entrepot/core";
import {
  createException,
  cursorOf,
  EVERYWHERE,
  EXCEPTION_DAYS_MAX,
  findException,
  listExceptions,
  requestException,
  type ExceptionActor,
  type ExceptionRecord,
  type ExceptionState,
  type NewException,
} from "../../firewall/index.ts";
import {
  decideOnException,
  exceptionViewOf,
  isOwnerOf,
  managing,
  mayDecideOn,
  maySee,
  type ExceptionVerb,
  type ExceptionView,
} from "../exception-rights.ts";
import { requireUser } from "../require-user.ts";
import { actorOf, apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { EVERY_REGISTRY } from "./every-registry.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";
import { limitOf, pageOf } from "./page.ts";

const STATES: readonly ExceptionState[] = ["requested", "approved", "rejected", "revoked", "ended"];
const DAY_MS = 24 * 60 * 60 * 1000;

const wishShape = {
  /** Left out or `*`: every registry. */
  registry: z.string().max(100).default(EVERY_REGISTRY),
  packages: z.string().max(600),
  range: z.string().max(1000).default("*"),
  rules: z.array(z.string().max(100)).max(50).nullable().default(null),
  reason: z.string().max(2000),
  days: z.number().positive().max(EXCEPTION_DAYS_MAX).optional(),
  until: z.iso.datetime({ offset: true }).or(z.iso.date()).optional(),
};
const requestBody = z.strictObject(wishShape);
const createBody = z.strictObject({ ...wishShape, never: z.literal(true).optional() });
const decisionBody = z.strictObject({
  note: z.string().max(500).default(""),
  days: z.number().positive().max(EXCEPTION_DAYS_MAX).optional(),
});
const noteBody = z.strictObject({ note: z.string().max(500).default("") });

type Wish = z.output<typeof createBody>;
type Context = ApiContext<unknown>;

/** Where an exception holds, for questions of permission. */
async function targetOf(
  context: Context,
  { registry, packages }: Pick<Wish, "registry" | "packages">,
): Promise<{ registryId: string; target: AccessTarget }> {
  const found = registry === EVERY_REGISTRY ? null : await registryOf(context, registry);
  const packageName = packages.endsWith("*") ? null : packages;
  return { registryId: found?.id ?? EVERYWHERE, target: { registry: found, packageName } };
}

function termOf(body: Wish): NewException["term"] {
  const given = [body.days, body.until, body.never].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new EntrepotError("request-invalid", {
      message: `Say when it ends: days (1 to ${EXCEPTION_DAYS_MAX}), or until with a date; administrators may say never.`,
    });
  }
  if (body.days !== undefined) return { days: body.days };
  return body.until === undefined ? "never" : { until: Date.parse(body.until) };
}

function inputOf(body: Wish, registryId: string): NewException {
  const { packages, range, rules, reason } = body;
  return { registryId, packages, range, rules, reason, term: termOf(body) };
}

function writerOf(context: Context): ExceptionActor {
  requireUser(context.principal);
  return { workspaceId: context.deps.workspaceId, actor: actorOf(context).actor };
}

async function create(context: ApiContext<Wish>): Promise<unknown> {
  const { registryId, target } = await targetOf(context, context.body);
  const { principal, deps, body } = context;
  await deps.access.assertMay({ principal, permission: managing(target), target });
  if (body.never === true) {
    const everything = { registry: null, packageName: null };
    await deps.access.assertMay({ principal, permission: "administer", target: everything });
  }
  const record = await createException(deps, writerOf(context), inputOf(body, registryId));
  return await answer(context, record);
}

async function request(context: ApiContext<Wish>): Promise<unknown> {
  const { registryId, target } = await targetOf(context, context.body);
  const { principal, deps } = context;
  await deps.access.assertMay({ principal, permission: "view", target });
  return await answer(
    context,
    await requestException(deps, writerOf(context), inputOf(context.body, registryId)),
  );
}

async function list(context: Context): Promise<PageAnswer<ExceptionAnswer>> {
  const limit = limitOf(context.query("limit"));
  const registry = context.query("registry");
  const view = await exceptionViewOf(context.deps, context.principal);
  const records = await listExceptions(context.deps, {
    workspaceId: context.deps.workspaceId,
    filter: {
      registryId:
        registry === undefined ? undefined : (await targetOf(context, { registry, packages: "" })).registryId,
      packageName: context.query("package"),
      state: stateOf(context.query("state")),
      owner: context.query("owner")?.toLowerCase(),
    },
    cursor: context.query("cursor") ?? null,
    limit: limit + 1,
  });
  const page = pageOf(records, limit, cursorOf);
  return { ...page, items: page.items.flatMap((record) => shownTo(view, record) ?? []) };
}

function stateOf(text: string | undefined): ExceptionState | undefined {
  if (text === undefined) return undefined;
  const state = STATES.find((known) => known === text);
  if (state !== undefined) return state;
  throw new EntrepotError("request-invalid", { message: `"state" is one of ${STATES.join(", ")}.` });
}

/**
 * An exception as somebody may see it: all of it who decides on it and who asked for it, of one in force what it is
 * about who may see the package; null for everybody else.
 */
function shownTo(view: ExceptionView, record: ExceptionRecord): ExceptionAnswer | null {
  const { registryId, packages, range, rules, state, createdAt, expiresAt } = record;
  const registry = registryId === EVERYWHERE ? EVERY_REGISTRY : view.byId.get(registryId)?.name;
  const what = { id: record.id, registry: registry ?? null, packages, range, rules, state };
  const when = { createdAt: isoOf(createdAt), expiresAt: isoOrNull(expiresAt) };
  const mayDecide = mayDecideOn(view, record);
  if (!mayDecide && !isOwnerOf(view, record)) {
    return state === "approved" && maySee(view, record) ? { ...what, ...when } : null;
  }
  return {
    ...what,
    reason: record.reason,
    owner: record.owner,
    approvedBy: record.approvedBy,
    approvalsNeeded: record.approvalsNeeded,
    ...when,
    days: record.lastsMs === null ? null : record.lastsMs / DAY_MS,
    decidedBy: record.decidedBy,
    decidedAt: isoOrNull(record.decidedAt),
    note: record.note,
    mayDecide,
  };
}

async function answer(context: Context, record: ExceptionRecord): Promise<Record<string, unknown>> {
  const missing = record.approvalsNeeded - record.approvedBy.length;
  const warnings =
    record.state === "requested" && record.approvedBy.length > 0
      ? [`Confirmed malware needs ${record.approvalsNeeded} people: ${missing} more has to approve this.`]
      : [];
  return {
    ...shownTo(await exceptionViewOf(context.deps, context.principal), record),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** Finds what a path names. Throws `not-found` also for what is not to be seen. */
async function recordIn(context: Context): Promise<{ view: ExceptionView; record: ExceptionRecord }> {
  const view = await exceptionViewOf(context.deps, context.principal);
  const id = context.param("id");
  const record = await findException(context.deps, { workspaceId: context.deps.workspaceId, id });
  if (record !== null && shownTo(view, record) !== null) return { view, record };
  throw new EntrepotError("not-found", { message: "There is no such exception or request." });
}

async function decideOn(
  context: ApiContext<{ note: string; days?: number | undefined }>,
  verb: ExceptionVerb,
): Promise<unknown> {
  const found = await recordIn(context);
  const decision = { verb, by: writerOf(context), ...context.body };
  return await answer(context, await decideOnException(context.deps, found, decision));
}

/** Exceptions from rules, and requests for them. */
export const EXCEPTION_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-exceptions",
    method: "GET",
    path: "/exceptions",
    permission: "self",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "create-exception",
    method: "POST",
    path: "/exceptions",
    permission: "self",
    body: createBody,
    status: 201,
    handler: create,
  }),
  apiRoute({
    id: "request-exception",
    method: "POST",
    path: "/exception-requests",
    permission: "user",
    body: requestBody,
    status: 201,
    handler: request,
  }),
  apiRoute({
    id: "show-exception",
    method: "GET",
    path: "/exceptions/:id",
    permission: "self",
    body: NO_BODY,
    async handler(context) {
      const { view, record } = await recordIn(context);
      return shownTo(view, record);
    },
  }),
  apiRoute({
    id: "approve-exception",
    method: "POST",
    path: "/exceptions/:id/approve",
    permission: "self",
    body: decisionBody,
    handler: (context) => decideOn(context, "approve"),
  }),
  apiRoute({
    id: "reject-exception",
    method: "POST",
    path: "/exceptions/:id/reject",
    permission: "self",
    body: noteBody,
    handler: (context) => decideOn(context, "reject"),
  }),
  apiRoute({
    id: "revoke-exception",
    method: "POST",
    path: "/exceptions/:id/revoke",
    permission: "self",
    body: noteBody,
    handler: (context) => decideOn(context, "revoke"),
  }),
];
