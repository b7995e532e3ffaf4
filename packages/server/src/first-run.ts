import { randomUUID } from "node:crypto";
import { EntrepotError, isEntrepotError } from "@entrepot/core";
import { systemActor } from "./changes/index.ts";
import type { Config, DeclaredRegistry, DeclaredUpstream } from "./config/index.ts";
import type { Database } from "./db/index.ts";
import { EVERYWHERE, releasePolicies, replacePolicy } from "./firewall/index.ts";
import {
  changeRegistry,
  changeUpstream,
  createRegistry,
  createUpstream,
  releaseRegistries,
  releaseUpstreams,
  setClaims,
  setRegistryUpstreams,
  setUpstreamFilter,
  type Registries,
  type RegistryActor,
  type UpstreamWriteDeps,
} from "./registry/index.ts";
import type { Log } from "./telemetry/index.ts";

const DEFAULT_NAME = "default";
const PUBLIC_UPSTREAM = "public";
const SYSTEM_ACTOR = "system";

/** The workspace's id; made when the database is new. */
export async function ensureWorkspace(db: Database, now: () => number): Promise<string> {
  const found = await db.read
    .selectFrom("workspaces")
    .select("id")
    .where("host", "is", null)
    .executeTakeFirst();
  if (found !== undefined) return found.id;
  return await db.write(async (trx) => {
    await trx
      .insertInto("workspaces")
      .values({ id: randomUUID(), name: DEFAULT_NAME, host: null, created_at: now() })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    const row = await trx
      .selectFrom("workspaces")
      .select("id")
      .where("host", "is", null)
      .executeTakeFirstOrThrow();
    return row.id;
  });
}

/** A value that the first start makes and every later one finds. */
export async function ensureSetting(db: Database, key: string, make: () => string): Promise<string> {
  return await db.write(async (trx) => {
    await trx
      .insertInto("settings")
      .values({ key, value: make() })
      .onConflict((conflict) => conflict.column("key").doNothing())
      .execute();
    const row = await trx
      .selectFrom("settings")
      .select("value")
      .where("key", "=", key)
      .executeTakeFirstOrThrow();
    return row.value;
  });
}

export interface SeedDeps {
  db: Database;
  writes: UpstreamWriteDeps;
  workspaceId: string;
  registries: Registries;
  log: Pick<Log, "info">;
}

/**
 * Makes the registry `default` with its upstream if the workspace has no registry yet. The upstream is the
 * configured one, else the one that this user's npm is configured with; `none` leaves it out. Throws `config-invalid`
 * when that cannot be an upstream, such as this very server.
 */
export async function seedDefaultRegistry(deps: SeedDeps, config: Config): Promise<void> {
  if ((await deps.registries.snapshot()).byName.size > 0) return;
  const by = ownActor(deps.workspaceId, false);
  const hasUpstream = config.upstream !== "none";
  if (hasUpstream) await seedUpstream(deps, by, config.upstream);
  // With its upstream or not at all: a start that is killed here is completed by the next one.
  await ignoringTaken(() =>
    createRegistry(deps.writes, by, {
      name: DEFAULT_NAME,
      description: "The first registry",
      anonymousRead: config.anonymousRead,
      upstreams: hasUpstream ? [PUBLIC_UPSTREAM] : [],
    }),
  );
}

async function seedUpstream(deps: SeedDeps, by: RegistryActor, configured: string | null): Promise<void> {
  const url = configured ?? (await npmRegistryUrl());
  try {
    await ignoringTaken(() => createUpstream(deps.writes, by, { name: PUBLIC_UPSTREAM, url }));
  } catch (error) {
    if (!isEntrepotError(error, "request-invalid")) throw error;
    const whose = configured === null ? "The registry that npm is configured with here" : "ENTREPOT_UPSTREAM";
    throw new EntrepotError("config-invalid", {
      message:
        `${whose}, ${url}, cannot be the upstream of the registry "${DEFAULT_NAME}": ${error.message} ` +
        'Set ENTREPOT_UPSTREAM to the URL of the registry to ask for packages, or to "none" to start without.',
      cause: error,
    });
  }
}

/** The registry that this user's npm is configured with; needed on the first start only. */
async function npmRegistryUrl(): Promise<string> {
  const { default: registryUrl } = await import("registry-url");
  return registryUrl();
}

/**
 * Makes what the configuration file declares true, and nothing else: upstreams first, then registries with exactly the
 * declared claims. What it declares no longer stays with all it holds, and can be changed by API and CLI from then on.
 */
export async function applyDeclarations(deps: SeedDeps, config: Config): Promise<void> {
  const by = ownActor(deps.workspaceId, true);
  for (const upstream of config.upstreams) await applyUpstream(deps, by, upstream);
  for (const registry of config.registries) await applyRegistry(deps, by, effective(registry, config));
  const registries = config.registries.map(({ name }) => name);
  for (const registry of await releaseRegistries(deps.writes, by, registries)) {
    deps.log.info("registry is no longer managed by configuration", { registry });
  }
  const upstreams = config.upstreams.map(({ name }) => name);
  for (const upstream of await releaseUpstreams(deps.writes, by, upstreams)) {
    deps.log.info("upstream is no longer managed by configuration", { upstream });
  }
  await applyPolicies(deps, by, config);
  if (config.anonymousRead && !registries.includes(DEFAULT_NAME)) await openDefaultRegistry(deps);
}

/** What is not declared any more stays as it is, and can be changed by API and CLI from then on. */
async function applyPolicies(deps: SeedDeps, by: RegistryActor, config: Config): Promise<void> {
  const { actor, workspaceId } = by;
  const declared = config.policy === null ? [] : [{ registryId: EVERYWHERE, policy: config.policy }];
  for (const { name, policy } of config.registries) {
    if (policy !== null) declared.push({ registryId: await registryIdOf(deps, name), policy });
  }
  for (const { registryId, policy } of declared) {
    const write = {
      place: { workspaceId, registryId },
      by: { actor, fromConfiguration: true, mayWeaken: true },
    };
    const { warnings } = await replacePolicy(deps.writes, write, policy);
    for (const reason of warnings) deps.log.info("policy to look at", { reason });
  }
  const places = declared.map(({ registryId }) => registryId);
  await releasePolicies(deps.writes, { workspaceId, declared: places, actor });
}

async function registryIdOf({ db, workspaceId }: SeedDeps, name: string): Promise<string> {
  const row = await db.read
    .selectFrom("registries")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  return row.id;
}

// The environment stands above the file.
function effective(declared: DeclaredRegistry, { anonymousRead }: Config): DeclaredRegistry {
  return declared.name === DEFAULT_NAME && anonymousRead ? { ...declared, anonymousRead } : declared;
}

async function openDefaultRegistry(deps: SeedDeps): Promise<void> {
  try {
    const by = ownActor(deps.workspaceId, false);
    await changeRegistry(deps.writes, by, { name: DEFAULT_NAME, anonymousRead: true });
  } catch (error) {
    // Somebody deleted it.
    if (!isEntrepotError(error, "registry-not-found")) throw error;
  }
}

async function applyUpstream(deps: SeedDeps, by: RegistryActor, declared: DeclaredUpstream): Promise<void> {
  const { freshSeconds, timeoutMs, allowedHosts, trustPublishTimes, caFile } = declared;
  const values = {
    name: declared.name,
    url: declared.url,
    authorization: declared.credential,
    settings: {
      allowedHosts,
      trustPublishTimes,
      caFile,
      ...(freshSeconds === null ? {} : { freshSeconds }),
      ...(timeoutMs === null ? {} : { timeoutMs }),
    },
  };
  await createOrChange(
    () => createUpstream(deps.writes, by, values),
    () => changeUpstream(deps.writes, by, values),
  );
}

async function applyRegistry(deps: SeedDeps, by: RegistryActor, declared: DeclaredRegistry): Promise<void> {
  const { upstreams, claims, filters, policy: _policy, ...values } = declared;
  const { name } = values;
  await createOrChange(
    () => createRegistry(deps.writes, by, values),
    () => changeRegistry(deps.writes, by, values),
  );
  await setRegistryUpstreams(deps.writes, by, { name, upstreams, mayUseCredentials: true });
  for (const upstream of upstreams) {
    const filter = filters.find((one) => one.upstream === upstream) ?? { allow: [], block: [] };
    await setUpstreamFilter(deps.writes, by, { name, upstream, filter });
  }
  await setClaims(deps.writes, by, { name, patterns: claims });
}

async function createOrChange(create: () => Promise<void>, change: () => Promise<void>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!isEntrepotError(error, "name-taken")) throw error;
    try {
      await change();
    } catch (second) {
      // Then it was another registry's host that is taken.
      throw isEntrepotError(second, "registry-not-found") ? error : second;
    }
  }
}

function ownActor(workspaceId: string, fromConfiguration: boolean): RegistryActor {
  const actor = systemActor(fromConfiguration ? "configuration" : SYSTEM_ACTOR);
  return { workspaceId, actor, fromConfiguration };
}

// Several processes may start on one empty database at once.
async function ignoringTaken(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof EntrepotError) || error.code !== "name-taken") throw error;
  }
}

/** What is known of the first administrator's password. */
export type AdminPassword = { kind: "configured" } | { kind: "one-time"; text: string } | { kind: "unknown" };

/** What a start prints until somebody has logged in: commands that work when pasted. */
export function welcomeText(input: {
  url: string;
  password: AdminPassword;
  /** The program's file, which the commands for a new password name. */
  program: string;
  config: Pick<Config, "data" | "databaseUrl">;
}): string {
  const registry = `${input.url}/npm/${DEFAULT_NAME}/`;
  return [
    "",
    `  Entrepot is ready at ${input.url}/`,
    "",
    ...passwordLines(input),
    "",
    "  Point npm at it:",
    `    npm config set registry ${registry}`,
    `    npm login --auth-type=legacy --registry ${registry}`,
    "",
    "  Then, in any project:",
    "    npm install",
    "    npm publish",
    "",
  ].join("\n");
}

type PasswordInput = Omit<Parameters<typeof welcomeText>[0], "password">;

/** What a start prints of a workspace that it made. */
export function newWorkspaceText(
  made: { name: string; host: string; oneTimePassword: string },
  input: PasswordInput,
): string {
  const url = urlAt(made.host, input.url);
  return [
    "",
    `  The workspace ${made.name} is ready at the host ${made.host}.`,
    `  Set a password for its admin first, with the one-time password ${made.oneTimePassword}`,
    `    ${ownPasswordCommand({ ...input, url })}`,
    `  or in a browser at ${url}/-/password`,
    "  It is not shown again. If it is lost, this makes another password, also while the server runs:",
    `    ${newPasswordCommand(input, ["--workspace", made.name])}`,
    "",
  ].join("\n");
}

// By the program's path, because neither a clone nor npx puts the command where a shell finds it.
function ownPasswordCommand({ program, url }: PasswordInput): string {
  return ["node", program, "password", "--server", url, "--user", "admin"].map(shellWord).join(" ");
}

/** The server's URL at another host name of it. */
function urlAt(host: string, url: string): string {
  const at = new URL(url);
  at.hostname = host;
  return at.origin;
}

function newPasswordCommand({ program, config }: PasswordInput, more: readonly string[] = []): string {
  const words = ["node", program, "admin", "password", "admin", ...more, "--data", config.data];
  // Its URL holds a password, which must not be printed.
  const isElsewhere = !config.databaseUrl.startsWith("sqlite:");
  const comment = isElsewhere ? "  # with ENTREPOT_DATABASE_URL as for the server" : "";
  return `${words.map(shellWord).join(" ")}${comment}`;
}

function shellWord(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function passwordLines(input: PasswordInput & { password: AdminPassword }): string[] {
  switch (input.password.kind) {
    case "configured":
      return ["  Log in as admin with the password you configured."];
    case "one-time":
      return [
        `  Set a password for admin first, with the one-time password ${input.password.text}`,
        `    ${ownPasswordCommand(input)}`,
        `  or in a browser at ${input.url}/-/password`,
        "  It is not shown again. If it is lost, this makes another password, also while the server runs:",
        `    ${newPasswordCommand(input)}`,
      ];
    case "unknown":
      return [
        "  Nobody has logged in as admin yet. With the one-time password of the first start, set one of your own:",
        `    ${ownPasswordCommand(input)}`,
        "  If you do not have it, this makes another password:",
        `    ${newPasswordCommand(input)}`,
      ];
  }
}
