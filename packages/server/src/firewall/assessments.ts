import type { Selectable } from "kysely";
import {
  ASSESSMENT_TYPES,
  isJsonObject,
  RISK_PROFILE,
  type Assessment,
  type AssessmentEffect,
  type AssessmentsInForce,
  type RiskLevel,
  type RiskProfile,
} from "@entrepot/core";
import { createCurrentValue, type ChangeLog } from "../changes/index.ts";
import type { Database, Schema } from "../db/index.ts";
import { keptJson } from "./kept-json.ts";
import { EVERYWHERE } from "./policy-layers.ts";
import type { PolicedRegistry } from "./policy-rules.ts";

/** A type of assessments. */
export interface AssessmentType extends AssessmentEffect {
  name: string;
  /** `#rrggbb`. */
  colour: string;
  /** After how many days one ends if nothing else is said; null: never. */
  days: number | null;
  /** True for those that are always there. */
  isBuiltIn: boolean;
}

/** An assessment as people look at it. Times are milliseconds since 1970. */
export interface KeptAssessment {
  /** Empty for every registry. */
  registryId: string;
  advisory: string;
  type: AssessmentType;
  comment: string;
  setBy: string;
  setAt: number;
  expiresAt: number | null;
}

/** What people made of advisories, held in memory and as current as the change log. */
export interface Assessments {
  /** Those that count in a registry; some may have ended. The same object as long as nothing changes. */
  for(registry: PolicedRegistry): AssessmentsInForce | Promise<AssessmentsInForce>;
  /** All of a workspace, ended ones too. */
  list(workspaceId: string): Promise<readonly KeptAssessment[]>;
  /** Those that are always there first. */
  types(workspaceId: string): Promise<readonly AssessmentType[]>;
  /** By what the workspace sorts vulnerabilities. */
  riskProfile(workspaceId: string): Promise<RiskProfile>;
}

type AssessmentRow = Selectable<Schema["assessments"]>;

interface WorkspaceAssessments {
  types: Map<string, AssessmentType>;
  kept: KeptAssessment[];
  riskProfile: RiskProfile;
  byRegistry: Map<string, AssessmentsInForce>;
}

type Loaded = Map<string, WorkspaceAssessments>;

const NONE: AssessmentsInForce = { byAdvisory: new Map(), automatic: null };
const CATEGORIES: readonly RiskLevel[] = [1, 2, 3, 4, 5];
const COLOURS = { monitor: "#2e7d32", remediate: "#b26a00", contain: "#b3261e" } as const;
const BUILT_IN: readonly AssessmentType[] = (["monitor", "remediate", "contain"] as const).map((name) => ({
  name,
  ...ASSESSMENT_TYPES[name],
  colour: COLOURS[name],
  days: null,
  isBuiltIn: true,
}));
/** Begins the names of settings that hold risk profiles; the workspace's id follows. */
const RISK_SETTING = "risk-profile:";

/** Loads the assessments and keeps them current. */
export async function createAssessments(deps: {
  db: Pick<Database, "read">;
  changes: Pick<ChangeLog, "subscribe">;
}): Promise<Assessments> {
  const current = await createCurrentValue(deps.changes, {
    load: () => load(deps.db),
    concerns: ({ kind }) => kind === "policy-changed",
  });
  return {
    for(registry) {
      const loaded = current.get();
      if (loaded instanceof Promise) return loaded.then((value) => select(value, registry));
      return select(loaded, registry);
    },
    async list(workspaceId) {
      return (await current.get()).get(workspaceId)?.kept ?? [];
    },
    async types(workspaceId) {
      return [...((await current.get()).get(workspaceId)?.types.values() ?? BUILT_IN)];
    },
    async riskProfile(workspaceId) {
      return (await current.get()).get(workspaceId)?.riskProfile ?? RISK_PROFILE;
    },
  };
}

/** The setting in which a workspace keeps its risk profile. */
export function riskSetting(workspaceId: string): string {
  return `${RISK_SETTING}${workspaceId}`;
}

function select(loaded: Loaded, { id, workspaceId }: PolicedRegistry): AssessmentsInForce {
  const workspace = loaded.get(workspaceId);
  if (workspace === undefined) return NONE;
  let found = workspace.byRegistry.get(id);
  if (found === undefined) {
    found = { byAdvisory: byAdvisory(workspace.kept, id), automatic: automaticOf(workspace) };
    workspace.byRegistry.set(id, found);
  }
  return found;
}

function automaticOf({ riskProfile, types }: WorkspaceAssessments): AssessmentsInForce["automatic"] {
  const effects = new Map<RiskLevel, AssessmentEffect>();
  for (const category of CATEGORIES) {
    const type = types.get(riskProfile.automatic[category] ?? "");
    if (type !== undefined) effects.set(category, type);
  }
  return effects.size === 0 ? null : { profile: riskProfile, effects };
}

function byAdvisory(kept: readonly KeptAssessment[], id: string): AssessmentsInForce["byAdvisory"] {
  const groups = new Map<string, Assessment[]>();
  for (const { registryId, advisory, type, setAt, expiresAt } of kept) {
    if (registryId !== EVERYWHERE && registryId !== id) continue;
    const { severity, assessedAs } = type;
    const isOfRegistry = registryId !== EVERYWHERE;
    const assessment = { advisory, severity, assessedAs, setAt, expiresAt, isOfRegistry };
    const group = groups.get(advisory);
    if (group === undefined) groups.set(advisory, [assessment]);
    else group.push(assessment);
  }
  return groups;
}

async function load({ read }: Pick<Database, "read">): Promise<Loaded> {
  const [typeRows, rows, profiles] = await Promise.all([
    read.selectFrom("assessment_types").selectAll().orderBy("name").execute(),
    read.selectFrom("assessments").selectAll().orderBy("advisory").orderBy("registry_id").execute(),
    read.selectFrom("settings").selectAll().where("key", "like", `${RISK_SETTING}%`).execute(),
  ]);
  const loaded: Loaded = new Map();
  for (const { workspace_id, name, colour, severity, days } of typeRows) {
    const type = { name, colour, severity, days, assessedAs: null, isBuiltIn: false };
    workspaceIn(loaded, workspace_id).types.set(name, type);
  }
  for (const row of rows) {
    const { types, kept } = workspaceIn(loaded, row.workspace_id);
    const type = types.get(row.type);
    if (type !== undefined) kept.push(keptOf(row, type));
  }
  for (const { key, value } of profiles) {
    const workspace = workspaceIn(loaded, key.slice(RISK_SETTING.length));
    const kept = keptJson(value);
    if (isJsonObject(kept)) workspace.riskProfile = { ...RISK_PROFILE, ...(kept as Partial<RiskProfile>) };
  }
  return loaded;
}

function workspaceIn(loaded: Loaded, id: string): WorkspaceAssessments {
  let workspace = loaded.get(id);
  if (workspace === undefined) {
    const types = new Map(BUILT_IN.map((type) => [type.name, type]));
    workspace = { types, kept: [], riskProfile: RISK_PROFILE, byRegistry: new Map() };
    loaded.set(id, workspace);
  }
  return workspace;
}

function keptOf(row: AssessmentRow, type: AssessmentType): KeptAssessment {
  return {
    registryId: row.registry_id,
    advisory: row.advisory,
    type,
    comment: row.comment,
    setBy: row.set_by,
    setAt: row.set_at,
    expiresAt: row.expires_at,
  };
}
