import type { Selectable } from "kysely";
import type { RuleSettings } from "@entrepot/core";
import { createCurrentValue, type ChangeLog } from "../changes/index.ts";
import type { Database, Schema } from "../db/index.ts";
import { choiceOf, type KeptChoice } from "./kept-choice.ts";
import { layerPolicy, type LayeredPolicy } from "./policy-layers.ts";

/** A registry as far as policy is concerned. */
export interface PolicedRegistry {
  readonly id: string;
  readonly workspaceId: string;
}

/** What was chosen for the rules, held in memory and as current as the change log. */
export interface PolicyRules {
  /** Every rule as it stands for a package in a registry. The same object as long as nothing changes. */
  for(registry: PolicedRegistry, name: string): RuleSettings | Promise<RuleSettings>;
  /** The policy of a registry as a whole; of the workspace where the id is empty. */
  of(registry: PolicedRegistry): LayeredPolicy | Promise<LayeredPolicy>;
  /** Everything that was chosen in a workspace. */
  choices(workspaceId: string): readonly KeptChoice[] | Promise<readonly KeptChoice[]>;
}

/** Choices of one workspace, and what was made of them for each registry. */
interface WorkspacePolicy {
  choices: readonly KeptChoice[];
  byRegistry: Map<string, LayeredPolicy>;
}

type Loaded = Map<string, WorkspacePolicy>;

/** Loads the choices and keeps them current. */
export async function createPolicyRules(deps: {
  db: Pick<Database, "read">;
  changes: Pick<ChangeLog, "subscribe">;
  /** Told of every row that cannot be read as it is, each time that it is read. */
  onDamaged?: (problem: string) => void;
}): Promise<PolicyRules> {
  const current = await createCurrentValue(deps.changes, {
    load: async () => {
      const loaded = groupByWorkspace(await loadRows(deps.db));
      for (const { choices } of loaded.values()) {
        for (const { problem } of choices) if (problem !== undefined) deps.onDamaged?.(problem);
      }
      return loaded;
    },
    concerns: ({ kind }) => kind === "policy-changed",
  });

  function of(registry: PolicedRegistry): LayeredPolicy | Promise<LayeredPolicy> {
    const loaded = current.get();
    if (loaded instanceof Promise) return loaded.then((value) => policyIn(value, registry));
    return policyIn(loaded, registry);
  }

  return {
    of,
    for(registry, name) {
      const policy = of(registry);
      if (policy instanceof Promise) return policy.then((loaded) => loaded.settingsOf(name));
      return policy.settingsOf(name);
    },
    choices(workspaceId) {
      const loaded = current.get();
      const choicesIn = (value: Loaded): readonly KeptChoice[] => value.get(workspaceId)?.choices ?? [];
      return loaded instanceof Promise ? loaded.then(choicesIn) : choicesIn(loaded);
    },
  };
}

function policyIn(loaded: Loaded, { id, workspaceId }: PolicedRegistry): LayeredPolicy {
  let workspace = loaded.get(workspaceId);
  if (workspace === undefined) {
    workspace = { choices: [], byRegistry: new Map() };
    loaded.set(workspaceId, workspace);
  }
  let policy = workspace.byRegistry.get(id);
  if (policy === undefined) {
    policy = layerPolicy(workspace.choices, id);
    workspace.byRegistry.set(id, policy);
  }
  return policy;
}

async function loadRows(db: Pick<Database, "read">): Promise<Selectable<Schema["policy_rules"]>[]> {
  return await db.read
    .selectFrom("policy_rules")
    .selectAll()
    .orderBy("workspace_id")
    .orderBy("registry_id")
    .orderBy("packages")
    .orderBy("rule")
    .execute();
}

function groupByWorkspace(rows: readonly Selectable<Schema["policy_rules"]>[]): Loaded {
  const groups = new Map<string, KeptChoice[]>();
  for (const row of rows) {
    const group = groups.get(row.workspace_id);
    if (group === undefined) groups.set(row.workspace_id, [choiceOf(row)]);
    else group.push(choiceOf(row));
  }
  return new Map([...groups].map(([id, choices]) => [id, { choices, byRegistry: new Map() }]));
}
