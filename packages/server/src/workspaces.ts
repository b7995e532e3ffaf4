import { randomBytes, randomUUID } from "node:crypto";
import { createAuditTrail, type AuditTrail } from "./audit/index.ts";
import { createHostRule } from "./bindable-hosts.ts";
import type { ChangeLog } from "./changes/index.ts";
import type { Config, DeclaredWorkspace } from "./config/index.ts";
import type { Database } from "./db/index.ts";
import { createDecisionLog, type DecisionLog } from "./firewall/index.ts";
import { seedDefaultRegistry } from "./first-run.ts";
import type { HttpDeps } from "./http/index.ts";
import {
  createAccess,
  createFailedPasswords,
  createIdentity,
  createPasswordHasher,
  type Access,
  type Identity,
  type SecretBox,
} from "./identity/index.ts";
import { createCatalogue, createRegistries, type Registries } from "./registry/index.ts";
import type { Log, Metrics } from "./telemetry/index.ts";
import { DEFAULT_UPSTREAM_SETTINGS } from "./upstream/index.ts";

/** What a workspace has for itself; everything else of the process is shared, and keyed by ids that never cross. */
export interface WorkspaceParts {
  workspaceId: string;
  audit: AuditTrail;
  decisions: DecisionLog;
  identity: Identity;
  access: Access;
  registries: Registries;
}

export interface WorkspaceDeps {
  config: Config;
  db: Database;
  changes: ChangeLog;
  secrets: SecretBox;
  now: () => number;
  log: Log;
  metrics: Metrics;
}

/** Opens what is a workspace's own; the main one has no host. */
export async function openWorkspace(
  deps: WorkspaceDeps,
  { workspaceId, host }: { workspaceId: string; host: string | null },
): Promise<WorkspaceParts> {
  const { config, log } = deps;
  const own = { ...deps, workspaceId };
  const audit = createAuditTrail(own);
  const identity = createIdentity({
    ...own,
    audit,
    hasher: createPasswordHasher(),
    failedPasswords: createFailedPasswords(),
    random: (size) => randomBytes(size),
    sessionLogin: config.sessionLogin,
    fingerprint: config.typedKeys ? deps.secrets.fingerprint : null,
  });
  const registries = await createRegistries({
    ...own,
    upstreamDefaults: { ...DEFAULT_UPSTREAM_SETTINGS, freshSeconds: config.upstreamFreshSeconds },
    hostProblem: createHostRule(config, host),
    onUpstreamProblem: (upstream, reason) => log.error("upstream cannot be used", { upstream, reason }),
  });
  const decisions = createDecisionLog({ ...own, audit });
  return { workspaceId, audit, decisions, identity, access: await createAccess(own), registries };
}

/** Writes what waits; the audit trail last, to which the others have something to say. */
export async function closeWorkspace({ identity, decisions, audit }: WorkspaceParts): Promise<void> {
  await identity.close();
  await decisions.close();
  await audit.close();
}

/** A workspace with a host name of its own, and what answers its requests. */
export interface HostedWorkspace {
  name: string;
  host: string;
  parts: WorkspaceParts;
  deps: HttpDeps;
  /** Of its administrator, when this start made one up; to be shown once, and in no log. */
  oneTimePassword: string | null;
}

/**
 * Opens the workspaces that the configuration declares, each with a registry `default` and an administrator when it is
 * new. One that is declared no longer keeps its data and answers nobody.
 */
export async function openHostedWorkspaces(
  deps: WorkspaceDeps,
  shared: HttpDeps,
): Promise<HostedWorkspace[]> {
  const opened: HostedWorkspace[] = [];
  for (const declared of deps.config.workspaces) {
    const { host } = declared;
    const workspaceId = await ensureHostedWorkspace(deps, declared);
    const parts = await openWorkspace(deps, { workspaceId, host });
    const hostProblem = createHostRule(deps.config, host);
    const own: HttpDeps = {
      ...shared,
      ...parts,
      catalogue: createCatalogue({ ...shared, ...parts }),
      registryWrites: { ...shared.registryWrites, hostProblem },
      upstreamWrites: { ...shared.upstreamWrites, hostProblem },
      // Its clients address it by its own name, whatever the main workspace is called.
      publicUrl: null,
      isMainWorkspace: false,
    };
    const seed = { ...deps, ...parts, writes: own.upstreamWrites };
    await seedDefaultRegistry(seed, { ...deps.config, anonymousRead: false });
    const admin = await parts.identity.seedAdmin(declared.adminPassword);
    const oneTimePassword = admin?.oneTimePassword ?? null;
    opened.push({ ...declared, parts, deps: own, oneTimePassword });
  }
  return opened;
}

async function ensureHostedWorkspace(
  { db, now }: Pick<WorkspaceDeps, "db" | "now">,
  { name, host }: DeclaredWorkspace,
): Promise<string> {
  return await db.write(async (trx) => {
    await trx
      .insertInto("workspaces")
      .values({ id: randomUUID(), name, host, created_at: now() })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ host }))
      .execute();
    const row = await trx
      .selectFrom("workspaces")
      .select("id")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    return row.id;
  });
}
