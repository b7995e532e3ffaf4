import { z } from "zod";
import { EntrepotError, NEVER_LIFTED, normalizeVersion, type RuleId, type Verdict } from "@entrepot/core";
import {
  closeReleased,
  createException,
  EVERYWHERE,
  EXCEPTION_DAYS_MAX,
  type ExceptionRecord,
  type StatusEntry,
} from "../../firewall/index.ts";
import type { Registry } from "../../registry/index.ts";
import { requireUser } from "../require-user.ts";
import { actorOf, apiRoute, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { EVERY_REGISTRY } from "./every-registry.ts";
import { isoOrNull } from "./iso-of.ts";

const EVERY_VERSION = "*";
const DAYS_DEFAULT = 30;
const PATH = "/registries/:name/packages/:package/versions/:version";
const releaseBody = z.strictObject({
  /** Needed where a rule holds it: an exception is made then. */
  reason: z.string().max(500).nullable().default(null),
  days: z.number().positive().max(EXCEPTION_DAYS_MAX).default(DAYS_DEFAULT),
});
const deleteBody = z.strictObject({ reason: z.string().min(1).max(500) });

type Release = z.output<typeof releaseBody>;

interface Subject {
  /** Null for every registry. */
  registry: Registry | null;
  name: string;
  version: string;
}

async function subjectOf(context: ApiContext<unknown>): Promise<Subject> {
  const registryName = context.param("name");
  const version = context.param("version");
  return {
    registry: registryName === EVERY_REGISTRY ? null : await registryOf(context, registryName),
    name: context.param("package"),
    version: version === EVERY_VERSION ? version : (normalizeVersion(version) ?? version),
  };
}

async function release(context: ApiContext<Release>): Promise<unknown> {
  const subject = await subjectOf(context);
  const done = (await clearHold(context, subject)) ?? (await exceptRule(context, subject));
  if (done !== null) return { name: subject.name, version: subject.version, ...done };
  throw new EntrepotError("not-found", {
    message: `Nothing holds ${subject.name}@${subject.version} in ${placeWords(subject.registry)}.`,
  });
}

function placeWords(registry: Registry | null): string {
  return registry === null ? "every registry; name one to ask its rules" : `the registry ${registry.name}`;
}

/** Takes away what somebody held by hand; null when nobody did. */
async function clearHold(
  context: ApiContext<unknown>,
  { registry, name, version }: Subject,
): Promise<Record<string, unknown> | null> {
  const { deps } = context;
  const entries = await deps.statuses.list(deps.workspaceId);
  const about = entries.filter(
    (entry) => entry.name === name && [version, EVERY_VERSION].includes(entry.version),
  );
  const here = about.find(({ registryId }) => registryId === (registry?.id ?? EVERYWHERE));
  if (here?.status === "held" && here.version === version) {
    const key = { workspaceId: deps.workspaceId, registryId: here.registryId, name, version };
    await deps.statuses.clear(key, actorOf(context).actor);
    return { registry: registry?.name ?? EVERY_REGISTRY, released: "status" };
  }
  const other = about.find(
    ({ registryId, status }) => isInForce(registryId, registry) && status !== "allowed",
  );
  if (other !== undefined) throw heldElsewhere(other, registry);
  return null;
}

function isInForce(registryId: string, registry: Registry | null): boolean {
  return registryId === EVERYWHERE || registryId === registry?.id;
}

function heldElsewhere(
  { status, version, setBy, registryId }: StatusEntry,
  registry: Registry | null,
): EntrepotError {
  const place = registryId === EVERYWHERE ? "every registry" : `the registry ${registry?.name ?? ""}`;
  const what = version === EVERY_VERSION ? "every version of it" : version;
  const how =
    status === "held"
      ? `release ${version === EVERY_VERSION ? "all of them, with @*," : "it"} there`
      : "take that away with entrepot status clear";
  return new EntrepotError("request-invalid", {
    message: `${setBy} ${status} ${what} in ${place}; ${how}.`,
  });
}

/** Makes an exception from the rule that refuses a version; null when none does. */
async function exceptRule(
  context: ApiContext<Release>,
  { registry, name, version }: Subject,
): Promise<Record<string, unknown> | null> {
  if (registry === null || version === EVERY_VERSION) return null;
  const { hidden } = await context.deps.verdicts.of(registry, name);
  const verdict = hidden.get(version);
  if (verdict === undefined) return null;
  const rule = liftableRule(verdict);
  const { reason, days } = context.body;
  if (reason === null) {
    throw new EntrepotError("request-invalid", {
      message: `The rule ${rule} holds it: ${verdict.reason} Give a reason, and an exception is made.`,
      details: { rule },
    });
  }
  const { name: by } = requireUser(context.principal);
  const record = await createException(
    context.deps,
    { workspaceId: context.deps.workspaceId, actor: actorOf(context).actor },
    { registryId: registry.id, packages: name, range: version, rules: [rule], reason, term: { days } },
  );
  if (record.state === "approved") {
    const finding = { registryId: registry.id, name, version, rule };
    await closeReleased(context.deps, finding, { by, note: `Released: ${reason}` });
  }
  return { registry: registry.name, released: "exception", ...shownException(record, rule) };
}

function liftableRule({ rule, reason }: Verdict): RuleId {
  if (rule !== "default" && rule !== "exception" && !NEVER_LIFTED.has(rule)) return rule;
  throw new EntrepotError("request-invalid", { message: `No exception lifts the rule ${rule}: ${reason}` });
}

function shownException(record: ExceptionRecord, rule: RuleId): Record<string, unknown> {
  const missing = record.approvalsNeeded - record.approvedBy.length;
  return {
    rule,
    exception: record.id,
    state: record.state,
    expiresAt: isoOrNull(record.expiresAt),
    ...(missing > 0 ? { warnings: [`${missing} more has to approve the exception ${record.id}.`] } : {}),
  };
}

/** Letting go of versions that are held, and getting rid of them for good. */
export const HOLD_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "release-version",
    method: "POST",
    path: `${PATH}/release`,
    permission: "manage-registry",
    registryIn: "name",
    packageIn: "package",
    body: releaseBody,
    handler: release,
  }),
  apiRoute({
    id: "discard-version",
    method: "POST",
    path: `${PATH}/discard`,
    permission: "manage-registry",
    registryIn: "name",
    packageIn: "package",
    body: deleteBody,
    async handler(context) {
      const { registry, name, version } = await subjectOf(context);
      if (registry === null || version === EVERY_VERSION) {
        throw new EntrepotError("request-invalid", {
          message: "Discard one version in one registry at a time.",
        });
      }
      const { deps, body } = context;
      if ((await deps.origins.of(registry, name)).kind === "local") {
        throw new EntrepotError("request-invalid", {
          message: `${name} was published here; remove a version of it with npm unpublish ${name}@${version}.`,
        });
      }
      const key = { workspaceId: deps.workspaceId, registryId: registry.id, name, version };
      // Blocked first: what is still asked for meanwhile is refused, not fetched again.
      await deps.statuses.set(key, { status: "blocked", ...body, actor: actorOf(context).actor });
      const isKept = await deps.cachedVersions.drop(registry.id, name, version);
      return { registry: registry.name, name, version, status: "blocked", discarded: isKept };
    },
  }),
];
