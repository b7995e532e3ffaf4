import { randomUUID } from "node:crypto";
import { EntrepotError, isEntrepotError } from "@entrepot/core";
import type { Config, DeclaredRegistry, DeclaredUpstream } from "./config/index.ts";
import type { Database } from "./db/index.ts";
import {
  addClaim,
  changeRegistry,
  changeUpstream,
  createRegistry,
  createUpstream,
  setRegistryUpstreams,
  type Registries,
  type RegistryActor,
  type UpstreamWriteDeps,
} from "./registry/index.ts";

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
    const row = await trx.selectFrom("workspaces").select("id").where("host", "is", null).executeTakeFirst();
    if (row !== undefined) return row.id;
    const id = randomUUID();
    await trx
      .insertInto("workspaces")
      .values({ id, name: DEFAULT_NAME, host: null, created_at: now() })
      .execute();
    return id;
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
}

/**
 * Makes the registry `default` with its upstream if the workspace has no registry yet. The upstream is the
 * configured one, else the one that this user's npm is configured with; `none` leaves it out.
 */
export async function seedDefaultRegistry(deps: SeedDeps, config: Config): Promise<void> {
  const { byName } = await deps.registries.snapshot();
  const by = systemActor(deps.workspaceId, false);
  if (byName.size > 0) {
    const isToBeOpened = config.anonymousRead && byName.get(DEFAULT_NAME)?.anonymousRead === false;
    if (isToBeOpened) await changeRegistry(deps.writes, by, { name: DEFAULT_NAME, anonymousRead: true });
    return;
  }
  const url = config.upstream ?? (await configuredRegistry());
  if (url !== "none") {
    await ignoringTaken(() =>
      createUpstream(deps.writes, by, {
        name: PUBLIC_UPSTREAM,
        url,
      }),
    );
  }
  // With its upstream or not at all: a start that is killed here is completed by the next one.
  await ignoringTaken(() =>
    createRegistry(deps.writes, by, {
      name: DEFAULT_NAME,
      description: "The first registry",
      anonymousRead: config.anonymousRead,
      upstreams: url === "none" ? [] : [PUBLIC_UPSTREAM],
    }),
  );
}

/** The registry that this user's npm is configured with; needed on the first start only. */
async function configuredRegistry(): Promise<string> {
  const { default: registryUrl } = await import("registry-url");
  return registryUrl();
}

/** Makes what the configuration file declares true: upstreams first, then registries with their claims. */
export async function applyDeclarations(deps: SeedDeps, config: Config): Promise<void> {
  const by = systemActor(deps.workspaceId, true);
  for (const upstream of config.upstreams) await applyUpstream(deps, by, upstream);
  for (const registry of config.registries) await applyRegistry(deps, by, registry);
}

async function applyUpstream(deps: SeedDeps, by: RegistryActor, declared: DeclaredUpstream): Promise<void> {
  const { freshSeconds, timeoutMs, allowedHosts, caFile } = declared;
  const values = {
    name: declared.name,
    url: declared.url,
    authorization: declared.credential,
    settings: {
      allowedHosts,
      caFile,
      ...(freshSeconds === null ? {} : { freshSeconds }),
      ...(timeoutMs === null ? {} : { timeoutMs }),
    },
  };
  try {
    await createUpstream(deps.writes, by, values);
  } catch (error) {
    if (!isEntrepotError(error, "name-taken")) throw error;
    await changeUpstream(deps.writes, by, values);
  }
}

async function applyRegistry(deps: SeedDeps, by: RegistryActor, declared: DeclaredRegistry): Promise<void> {
  const { name, description, anonymousRead, host, upstreams, claims } = declared;
  try {
    await createRegistry(deps.writes, by, { name, description, anonymousRead, host });
  } catch (error) {
    if (!isEntrepotError(error, "name-taken")) throw error;
    await changeRegistry(deps.writes, by, { name, description, anonymousRead, host });
  }
  await setRegistryUpstreams(deps.writes, by, { name, upstreams });
  for (const pattern of claims) await addClaim(deps.writes, by, { name, pattern });
}

function systemActor(workspaceId: string, fromConfiguration: boolean): RegistryActor {
  return { workspaceId, actor: fromConfiguration ? "configuration" : SYSTEM_ACTOR, fromConfiguration };
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
  /** The program's file, which the command for a new password names. */
  program: string;
  config: Pick<Config, "data" | "databaseUrl">;
}): string {
  const registry = `${input.url}/npm/${DEFAULT_NAME}/`;
  const newPassword = newPasswordCommand(input.program, input.config);
  return [
    "",
    `  Entrepot is ready at ${input.url}/`,
    "",
    ...passwordLines(input.password, `    ${newPassword}`),
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

// By the program's path, because neither a clone nor npx puts the command where a shell finds it.
function newPasswordCommand(program: string, config: Pick<Config, "data" | "databaseUrl">): string {
  const words = ["node", program, "admin", "password", "admin", "--data", config.data];
  // Its URL holds a password, which must not be printed.
  const isElsewhere = !config.databaseUrl.startsWith("sqlite:");
  const comment = isElsewhere ? "  # with ENTREPOT_DATABASE_URL as for the server" : "";
  return `${words.map(shellWord).join(" ")}${comment}`;
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function passwordLines(password: AdminPassword, newPassword: string): string[] {
  switch (password.kind) {
    case "configured":
      return ["  Log in as admin with the password you configured."];
    case "one-time":
      return [
        `  Log in as admin with the one-time password ${password.text}`,
        "  It is not shown again. To set a new one, also while the server runs:",
        newPassword,
      ];
    case "unknown":
      return [
        "  Nobody has logged in as admin yet. If you do not have the password, set a new one:",
        newPassword,
      ];
  }
}
