import type { Transaction } from "kysely";
import { EntrepotError, type RiskProfile, type Severity } from "@entrepot/core";
import type { Actor } from "../changes/index.ts";
import { withoutNul, type Database, type Schema } from "../db/index.ts";
import { riskSetting, type Assessments, type AssessmentType } from "./assessments.ts";
import { EVERYWHERE } from "./policy-layers.ts";
import { logPolicyChange, type PolicyPlace } from "./log-policy-change.ts";

const ASSESSMENTS_MAX = 10_000;
const TYPES_MAX = 50;
const DAY_MS = 86_400_000;

interface AssessDeps {
  db: Database;
  now: () => number;
  assessments: Pick<Assessments, "types">;
}

/** Somebody's word about an advisory. */
export interface NewAssessment {
  advisory: string;
  /** Name of a type. */
  type: string;
  comment: string;
  /** In milliseconds; null: never. Left out: as the type says. */
  expiresAt?: number | null | undefined;
}

/** A type that somebody makes up. */
export interface NewAssessmentType {
  name: string;
  colour: string;
  severity: Severity | null;
  days: number | null;
}

/**
 * Assesses an advisory, in place of what was said of it there before. Throws `request-invalid` for a type that there is
 * not, for an end that has passed, and where there are too many.
 */
export async function assess(
  deps: AssessDeps,
  { place, actor }: { place: PolicyPlace; actor: Actor },
  { advisory, type: typeName, comment, expiresAt }: NewAssessment,
): Promise<{ type: AssessmentType; expiresAt: number | null }> {
  const at = deps.now();
  const type = await typeNamed(deps, place.workspaceId, typeName);
  const end = expiresAt === undefined ? endOf(type, at) : expiresAt;
  if (end !== null && end <= at) throw invalid("An assessment ends in the future, or never.");
  const key = keyOf(place, advisory);
  const values = {
    type: type.name,
    comment: withoutNul(comment),
    set_by: actor.name,
    set_at: at,
    expires_at: end,
  };
  await deps.db.write(async (trx) => {
    await trx
      .insertInto("assessments")
      .values({ ...key, ...values })
      .onConflict((conflict) =>
        conflict.columns(["workspace_id", "registry_id", "advisory"]).doUpdateSet(values),
      )
      .execute();
    await assertRoom(trx, "assessments", place.workspaceId);
    await logPolicyChange(
      trx,
      { place, actor, at },
      { assessed: advisory, type: type.name, comment, expiresAt: end },
    );
  });
  return { type, expiresAt: end };
}

/** Takes an assessment back. Throws `not-found` when there is none. */
export async function unassess(
  { db, now }: Pick<AssessDeps, "db" | "now">,
  { place, actor }: { place: PolicyPlace; actor: Actor },
  advisory: string,
): Promise<void> {
  const { workspace_id, registry_id } = keyOf(place, advisory);
  await db.write(async (trx) => {
    const { numDeletedRows } = await trx
      .deleteFrom("assessments")
      .where("workspace_id", "=", workspace_id)
      .where("registry_id", "=", registry_id)
      .where("advisory", "=", advisory)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) {
      throw new EntrepotError("not-found", { message: `${advisory} was not assessed here.` });
    }
    await logPolicyChange(trx, { place, actor, at: now() }, { assessed: advisory, type: null });
  });
}

/** Makes a type up, or changes one; what was assessed as such follows. Throws `request-invalid`. */
export async function setAssessmentType(
  deps: AssessDeps,
  { workspaceId, actor }: { workspaceId: string; actor: Actor },
  type: NewAssessmentType,
): Promise<void> {
  const known = await deps.assessments.types(workspaceId);
  if (known.some(({ name, isBuiltIn }) => isBuiltIn && name === type.name)) {
    throw invalid(`The type ${type.name} is always there and cannot be changed; choose another name.`);
  }
  const at = deps.now();
  const { name, ...rest } = type;
  const values = { ...rest, set_by: actor.name, set_at: at };
  await deps.db.write(async (trx) => {
    await trx
      .insertInto("assessment_types")
      .values({ workspace_id: workspaceId, name, ...values })
      .onConflict((conflict) => conflict.columns(["workspace_id", "name"]).doUpdateSet(values))
      .execute();
    await assertRoom(trx, "assessment_types", workspaceId);
    await logPolicyChange(
      trx,
      { place: { workspaceId, registryId: EVERYWHERE }, actor, at },
      { assessmentType: type },
    );
  });
}

/** Removes a type. Throws `not-found`, and `request-invalid` while something is assessed as such. */
export async function removeAssessmentType(
  { db, now, assessments }: AssessDeps & { assessments: Pick<Assessments, "riskProfile"> },
  { workspaceId, actor }: { workspaceId: string; actor: Actor },
  name: string,
): Promise<void> {
  const { automatic } = await assessments.riskProfile(workspaceId);
  if (Object.values(automatic).includes(name)) {
    throw invalid(`The risk profile assesses as ${name}; change it first.`);
  }
  await db.write(async (trx) => {
    const used = await trx
      .selectFrom("assessments")
      .select("advisory")
      .where("workspace_id", "=", workspaceId)
      .where("type", "=", name)
      .limit(1)
      .executeTakeFirst();
    if (used !== undefined) {
      throw invalid(`${used.advisory} is assessed as ${name}; assess it otherwise first.`);
    }
    const { numDeletedRows } = await trx
      .deleteFrom("assessment_types")
      .where("workspace_id", "=", workspaceId)
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) {
      throw new EntrepotError("not-found", { message: `There is no type ${name} that was made up here.` });
    }
    const place = { workspaceId, registryId: EVERYWHERE };
    await logPolicyChange(trx, { place, actor, at: now() }, { assessmentType: { name }, removed: true });
  });
}

/** Chooses by what the workspace sorts vulnerabilities. Throws `request-invalid` for a type that there is not. */
export async function setRiskProfile(
  deps: AssessDeps,
  { workspaceId, actor }: { workspaceId: string; actor: Actor },
  profile: RiskProfile,
): Promise<void> {
  const { db, now } = deps;
  for (const type of Object.values(profile.automatic)) await typeNamed(deps, workspaceId, type);
  const value = JSON.stringify(profile);
  await db.write(async (trx) => {
    await trx
      .insertInto("settings")
      .values({ key: riskSetting(workspaceId), value })
      .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
      .execute();
    const place = { workspaceId, registryId: EVERYWHERE };
    await logPolicyChange(trx, { place, actor, at: now() }, { riskProfile: profile });
  });
}

async function typeNamed(
  { assessments }: AssessDeps,
  workspaceId: string,
  wanted: string,
): Promise<AssessmentType> {
  const types = await assessments.types(workspaceId);
  const type = types.find(({ name }) => name === wanted);
  if (type !== undefined) return type;
  const names = types.map(({ name }) => name).join(", ");
  throw invalid(`There is no type "${wanted}" of assessments; there are ${names}.`);
}

function endOf({ days }: AssessmentType, at: number): number | null {
  return days === null ? null : at + days * DAY_MS;
}

function keyOf(
  { workspaceId, registryId }: PolicyPlace,
  advisory: string,
): { workspace_id: string; registry_id: string; advisory: string } {
  return { workspace_id: workspaceId, registry_id: registryId, advisory };
}

async function assertRoom(
  trx: Transaction<Schema>,
  table: "assessments" | "assessment_types",
  workspaceId: string,
): Promise<void> {
  const most = table === "assessments" ? ASSESSMENTS_MAX : TYPES_MAX;
  const { count } = await trx
    .selectFrom(table)
    .select(({ fn }) => fn.countAll().as("count"))
    .where("workspace_id", "=", workspaceId)
    .executeTakeFirstOrThrow();
  if (Number(count) > most) throw invalid(`There are ${most} of them already; remove some first.`);
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
