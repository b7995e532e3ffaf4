import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EntrepotError } from "@entrepot/core";
import { createChangeLog, type ChangeLog } from "../changes/index.ts";
import type { Config } from "../config/index.ts";
import { prepareDataFolder } from "../data-folder.ts";
import { databaseFile, openDatabase, type Database } from "../db/index.ts";
import { ensureWorkspace } from "../first-run.ts";
import {
  createFailedPasswords,
  createIdentity,
  createPasswordHasher,
  type Identity,
} from "../identity/index.ts";
import { createSilentLog } from "../telemetry/index.ts";

const POLL_MS = 60_000;

/** The database and the users, for commands that work without the server. */
export interface CommandStorage {
  db: Database;
  changes: ChangeLog;
  identity: Identity;
  close(): Promise<void>;
}

/** What a command does with the storage. */
export interface CommandNeeds {
  makesDatabase: boolean;
  /** Name of the workspace; the main one when left out. */
  workspace?: string;
  /** Whether it works on tarballs, which lie in the data folder wherever the database is. */
  usesBlobs: boolean;
}

/**
 * Opens what commands need; a running server on the same database hears of what they change. Throws
 * `storage-unavailable` where there is no database and the command does not make one.
 */
export async function openCommandStorage(config: Config, needs: CommandNeeds): Promise<CommandStorage> {
  if (!needs.makesDatabase) assertDatabase(config);
  const isFile = databaseFile(config.databaseUrl) !== null;
  if (isFile || needs.usesBlobs) await prepareDataFolder(config.data);
  const db = await openDatabase({ url: config.databaseUrl });
  const changes = await createChangeLog(db, {
    pollMs: POLL_MS,
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  });
  const identity = createIdentity({
    db,
    changes,
    workspaceId: await workspaceNamed(db, needs.workspace),
    now: Date.now,
    log: createSilentLog(),
    hasher: createPasswordHasher(),
    failedPasswords: createFailedPasswords(),
    random: (size) => randomBytes(size),
    sessionLogin: config.sessionLogin,
    // Its key is the server's own.
    fingerprint: null,
  });
  return {
    db,
    changes,
    identity,
    async close() {
      await identity.close();
      changes.close();
      await db.close();
    },
  };
}

async function workspaceNamed(db: Database, name: string | undefined): Promise<string> {
  if (name === undefined) return await ensureWorkspace(db, Date.now);
  const row = await db.read.selectFrom("workspaces").select("id").where("name", "=", name).executeTakeFirst();
  if (row !== undefined) return row.id;
  throw new EntrepotError("not-found", {
    message: `There is no workspace "${name}"; the server makes those that entrepot.yaml declares when it starts.`,
  });
}

function assertDatabase({ databaseUrl }: Config): void {
  const file = databaseFile(databaseUrl);
  if (file === null || existsSync(file)) return;
  throw new EntrepotError("storage-unavailable", {
    message:
      `There is no database in the folder ${dirname(resolve(file))}. Name the data folder of your server with ` +
      "--data; the server makes the database when it first starts.",
  });
}
