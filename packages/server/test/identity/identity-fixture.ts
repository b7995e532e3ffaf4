import { randomBytes } from "node:crypto";
import { createTestClock } from "@entrepot/testkit";
import type { TestClock } from "@entrepot/testkit";
import { createChangeLog, systemActor } from "../../src/changes/index.ts";
import type { ChangeLog } from "../../src/changes/index.ts";
import type { Database } from "../../src/db/index.ts";
import { createFailedPasswords, createIdentity, createPasswordHasher } from "../../src/identity/index.ts";
import type { Identity, PasswordHasher } from "../../src/identity/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";

const WORKSPACE = "w1";
export const CHEAP = { memoryCost: 64, timeCost: 1, parallelism: 1 };
/** Where logins come from. */
export const SOURCE = { address: "192.0.2.1", client: "npm/11" };

/** A process with an identity. */
export interface Setup {
  db: Database;
  clock: TestClock;
  changes: ChangeLog;
  identity: Identity;
  /** How many passwords were compared with a hash. */
  compared: () => number;
  /** How many passwords were hashed to be kept. */
  hashed: () => number;
  /** Makes it look as if too many passwords waited to be hashed, or ends that. */
  setBusy: (isBusy: boolean) => void;
}

const opened: { identity: Identity; changes: ChangeLog }[] = [];

/** Ends what the test has opened; to be called before the databases are closed. */
export async function closeAll(): Promise<void> {
  for (const { identity, changes } of opened.splice(0)) {
    await identity.close();
    changes.close();
  }
}

/** A process of its own on a database: its own caches and its own place in the change log. */
export async function start(db: Database, clock: TestClock = createTestClock()): Promise<Setup> {
  const changes = await createChangeLog(db, { pollMs: 50, onError: () => undefined });
  let compared = 0;
  let hashed = 0;
  let isBusy = false;
  const cheap = createPasswordHasher(CHEAP);
  const hasher: PasswordHasher = {
    ...cheap,
    hash: (password) => {
      hashed += 1;
      return cheap.hash(password);
    },
    isFull: () => isBusy || cheap.isFull(),
    verify: (phc, password) => {
      compared += 1;
      return cheap.verify(phc, password);
    },
  };
  const identity = createIdentity({
    db,
    workspaceId: WORKSPACE,
    now: clock.now,
    changes,
    log: createSilentLog(),
    hasher,
    failedPasswords: createFailedPasswords(),
    random: (size) => randomBytes(size),
    sessionLogin: "session",
    fingerprint: null,
  });
  opened.push({ identity, changes });
  const setBusy = (busy: boolean): void => {
    isBusy = busy;
  };
  return { db, clock, changes, identity, compared: () => compared, hashed: () => hashed, setBusy };
}

/** Adds the workspace that everything is in. */
async function addWorkspace(db: Database): Promise<Database> {
  const row = { id: WORKSPACE, name: "default", host: null, created_at: 0 };
  await db.write(async (trx) => void (await trx.insertInto("workspaces").values(row).execute()));
  return db;
}

/** An identity on an empty database. */
export async function fresh(db: Database): Promise<Setup> {
  return await start(await addWorkspace(db));
}

/** An identity with one user, ada, who has logged in. */
export async function withAda(
  db: Database,
): Promise<Setup & { token: string; tokenId: string; userId: string }> {
  const setup = await fresh(db);
  await setup.identity.createUser({
    name: "Ada",
    password: "correct horse",
    role: "developer",
    actor: systemActor("test"),
  });
  const login = await setup.identity.login({ user: "ada", password: "correct horse", ...SOURCE });
  return { ...setup, token: login.token, tokenId: login.tokenId, userId: login.user.id };
}
