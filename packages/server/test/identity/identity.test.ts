import { randomBytes } from "node:crypto";
import type { Principal } from "@entrepot/core";
import { createTestClock } from "@entrepot/testkit";
import type { TestClock } from "@entrepot/testkit";
import { afterEach, expect, it } from "vitest";
import { createChangeLog, systemActor } from "../../src/changes/index.ts";
import type { ChangeLog } from "../../src/changes/index.ts";
import type { Database } from "../../src/db/index.ts";
import { createFailedPasswords, createIdentity, createPasswordHasher } from "../../src/identity/index.ts";
import type { Identity, PasswordHasher } from "../../src/identity/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const WORKSPACE = "w1";
const CHEAP = { memoryCost: 64, timeCost: 1, parallelism: 1 };
const SOURCE = { address: "192.0.2.1", client: "npm/11" };

interface Setup {
  db: Database;
  clock: TestClock;
  changes: ChangeLog;
  identity: Identity;
  /** How many passwords were compared with a hash. */
  compared: () => number;
}

const opened: { identity: Identity; changes: ChangeLog }[] = [];

async function closeAll(): Promise<void> {
  for (const { identity, changes } of opened.splice(0)) {
    await identity.close();
    changes.close();
  }
}

/** A process of its own on a database: its own caches and its own place in the change log. */
async function start(db: Database, clock: TestClock = createTestClock()): Promise<Setup> {
  const changes = await createChangeLog(db, { pollMs: 50, onError: () => undefined });
  let compared = 0;
  const cheap = createPasswordHasher(CHEAP);
  const hasher: PasswordHasher = {
    ...cheap,
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
  });
  opened.push({ identity, changes });
  return { db, clock, changes, identity, compared: () => compared };
}

async function addWorkspace(db: Database): Promise<Database> {
  const row = { id: WORKSPACE, name: "default", host: null, created_at: 0 };
  await db.write(async (trx) => void (await trx.insertInto("workspaces").values(row).execute()));
  return db;
}

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;
const refusal = (code: string): object => ({ code: "credential-invalid", details: { code } });

async function nameOf(principal: Principal | Promise<Principal>): Promise<string> {
  const resolved = await principal;
  return resolved.kind === "user" ? resolved.name : "anonymous";
}

describeOnEachDatabase("identity", (databases) => {
  // Runs before the databases are closed: the last hook is the first to run.
  afterEach(closeAll);

  async function fresh(): Promise<Setup> {
    return start(await addWorkspace(await databases.open()));
  }

  async function withAda(): Promise<Setup & { token: string; tokenId: string; userId: string }> {
    const setup = await fresh();
    await setup.identity.createUser({
      name: "Ada",
      password: "correct horse",
      role: "developer",
      actor: systemActor("test"),
    });
    const login = await setup.identity.login({ user: "ada", password: "correct horse", ...SOURCE });
    return { ...setup, token: login.token, tokenId: login.tokenId, userId: login.user.id };
  }

  it("makes the first administrator once, with a password of its own or the given one", async () => {
    const { identity, db } = await fresh();
    const seeded = await identity.seedAdmin(null);
    expect(seeded?.name).toBe("admin");
    expect(await identity.seedAdmin("another password")).toBeNull();
    const login = { user: "admin", password: seeded?.oneTimePassword ?? "", ...SOURCE };
    expect((await identity.login(login)).user.role).toBe("admin");
    await db.write(async (trx) => void (await trx.deleteFrom("users").execute()));
    expect(await identity.seedAdmin("given password")).toEqual({ name: "admin", oneTimePassword: null });
    await db.write(async (trx) => void (await trx.deleteFrom("users").execute()));
    await expect(identity.seedAdmin("admin")).rejects.toMatchObject({ code: "request-invalid" });
  });

  it("lets only one of two processes make the first administrator", async () => {
    const { identity, db } = await fresh();
    const other = await start(db);
    const seeded = await Promise.all([identity.seedAdmin(null), other.identity.seedAdmin(null)]);
    expect(seeded.filter((result) => result !== null)).toHaveLength(1);
  });

  it("logs in and takes the token in every form", async () => {
    const { identity, token, tokenId, userId } = await withAda();
    const principal = {
      kind: "user",
      userId,
      name: "ada",
      role: "developer",
      via: "token",
      tokenId,
      readonly: false,
    };
    for (const header of [
      `Bearer ${token}`,
      basic(`api:${token}`),
      basic(`API:${token}`),
      basic(`aDa:${token}`),
    ]) {
      expect(await identity.authenticate(header)).toEqual(principal);
    }
    expect(await identity.authenticate(basic("ADA:correct horse"))).toMatchObject({
      name: "ada",
      via: "password",
      tokenId: null,
    });
    expect(identity.authenticate(undefined)).toEqual({ kind: "anonymous" });
  });

  it("answers a warm header without a promise, with the same object", async () => {
    const { identity, token } = await withAda();
    const first = await identity.authenticate(`Bearer ${token}`);
    const second = identity.authenticate(`Bearer ${token}`);
    expect(second).toBe(first);
    expect(Object.isFrozen(second)).toBe(true);
  });

  it("never takes a wrong credential for none", async () => {
    const { identity, token } = await withAda();
    await identity.createUser({ name: "bob", password: null, role: "read-only", actor: systemActor("test") });
    const wrong: [string, string][] = [
      ["", "auth-malformed"],
      ["Bearer ent_x", "token-damaged"],
      [`Bearer ${token.slice(0, -1)}`, "token-damaged"],
      [basic("no pair"), "auth-not-a-pair"],
      [basic(`bob:${token}`), "token-of-other-user"],
      [basic("ada:wrong horse"), "password-wrong"],
      [basic("ada:"), "password-wrong"],
      [basic("nobody:correct horse"), "password-wrong"],
      [basic("bob:anything"), "password-wrong"],
      [basic("a b:anything"), "password-wrong"],
      [basic(`ada:${"x".repeat(1100)}`), "password-wrong"],
    ];
    for (const [header, code] of wrong) {
      await expect(identity.authenticate(header, "192.0.2.9"), header).rejects.toMatchObject(refusal(code));
    }
  });

  it("refuses a token that ended: revoked, expired, or of a disabled user", async () => {
    const { identity, changes, clock, token, tokenId, userId } = await withAda();
    const short = await identity.createToken({
      userId,
      name: "short",
      readonly: true,
      expiresAt: clock.now() + 1000,
      actor: systemActor("test"),
    });
    expect(await identity.authenticate(`Bearer ${short.secret}`)).toMatchObject({ readonly: true });
    clock.advance(1000);
    await expect(identity.authenticate(`Bearer ${short.secret}`)).rejects.toMatchObject(
      refusal("token-expired"),
    );

    await identity.authenticate(`Bearer ${token}`);
    await identity.changeUser({ name: "ADA", disabled: true, actor: systemActor("test") });
    await changes.refresh();
    await expect(identity.authenticate(`Bearer ${token}`)).rejects.toMatchObject(refusal("user-disabled"));
    await expect(identity.authenticate(basic("ada:correct horse"))).rejects.toMatchObject(
      refusal("password-wrong"),
    );
    await identity.changeUser({ name: "ada", disabled: false, actor: systemActor("test") });
    await changes.refresh();
    expect(await nameOf(identity.authenticate(`Bearer ${token}`))).toBe("ada");

    expect(await identity.revokeToken({ token: tokenId, actor: systemActor("test") })).toBe(true);
    await changes.refresh();
    await expect(identity.authenticate(`Bearer ${token}`)).rejects.toMatchObject(refusal("token-revoked"));
    expect(await identity.revokeToken({ token: tokenId, actor: systemActor("test") })).toBe(false);
  });

  it("ends a token in every process", async () => {
    const { identity, db, token } = await withAda();
    const other = await start(db);
    expect(await nameOf(other.identity.authenticate(`Bearer ${token}`))).toBe("ada");
    expect(await identity.logout({ secret: token, address: "", client: "", actor: null })).toBe(true);
    await other.changes.refresh();
    await expect(other.identity.authenticate(`Bearer ${token}`)).rejects.toMatchObject(
      refusal("token-revoked"),
    );
  });

  it("hashes a repeated password once, until the user changes or time passes", async () => {
    const { identity, changes, clock, compared } = await withAda();
    const before = compared();
    const header = basic("ada:correct horse");
    await Promise.all(Array.from({ length: 20 }, async () => identity.authenticate(header, "192.0.2.1")));
    expect(compared()).toBe(before);
    clock.advance(300_001);
    await Promise.all(Array.from({ length: 20 }, async () => identity.authenticate(header, "192.0.2.1")));
    expect(compared()).toBe(before + 1);

    await identity.changeUser({ name: "ada", password: "battery staple", actor: systemActor("test") });
    await changes.refresh();
    await expect(identity.authenticate(header)).rejects.toMatchObject(refusal("password-wrong"));
    expect(await nameOf(identity.authenticate(basic("ada:battery staple")))).toBe("ada");
  });

  it("hashes the same wrong password once in a while, and takes it when it becomes right", async () => {
    const { identity, changes, compared } = await withAda();
    const before = compared();
    for (let count = 0; count < 30; count += 1) {
      await expect(identity.authenticate(basic("ada:battery staple"))).rejects.toMatchObject(
        refusal("password-wrong"),
      );
    }
    expect(compared()).toBe(before + 1);
    await identity.changeUser({ name: "ada", password: "battery staple", actor: systemActor("test") });
    await changes.refresh();
    expect(await nameOf(identity.authenticate(basic("ada:battery staple")))).toBe("ada");
  });

  it("stops guessing without locking the user out elsewhere", async () => {
    const { identity, compared } = await withAda();
    const guess = (index: number, address: string): Promise<unknown> =>
      identity.login({ user: "ada", password: `guess number ${index}`, address, client: "x" });
    for (let index = 0; index < 10; index += 1) {
      await expect(guess(index, "192.0.2.7")).rejects.toMatchObject({ code: "credential-invalid" });
    }
    const before = compared();
    await expect(guess(11, "192.0.2.7")).rejects.toMatchObject({ code: "too-many-requests" });
    await expect(guess(11, "192.0.2.7")).rejects.toMatchObject({
      details: { retryAfterSeconds: expect.any(Number) as number },
    });
    expect(compared()).toBe(before);
    const login = await identity.login({ user: "ada", password: "correct horse", ...SOURCE });
    expect(await nameOf(identity.authenticate(`Bearer ${login.token}`, "192.0.2.7"))).toBe("ada");
  });

  it("renews a hash whose parameters are old", async () => {
    const { db, identity } = await withAda();
    const old = await createPasswordHasher({ ...CHEAP, memoryCost: 32 }).hash("correct horse");
    await db.write(
      async (trx) => void (await trx.updateTable("users").set({ password_hash: old }).execute()),
    );
    await identity.checkPassword({ userName: "ada", password: "correct horse", address: "" });
    const row = await db.read.selectFrom("users").select("password_hash").executeTakeFirstOrThrow();
    expect(row.password_hash).toContain("m=64,");
    await identity.checkPassword({ userName: "ada", password: "correct horse", address: "" });
  });

  it("refuses names that differ only in case, and reserved ones", async () => {
    const { identity } = await withAda();
    const user = { password: null, role: "developer" as const, actor: systemActor("test") };
    await expect(identity.createUser({ ...user, name: "ADA" })).rejects.toMatchObject({ code: "name-taken" });
    await expect(identity.createUser({ ...user, name: "Api" })).rejects.toMatchObject({
      code: "request-invalid",
    });
    const both = await Promise.allSettled([
      identity.createUser({ ...user, name: "Eve" }),
      identity.createUser({ ...user, name: "eve" }),
    ]);
    expect(both.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    expect((await identity.findUser("EVE"))?.name).toBe("eve");
    expect((await identity.findUser("ada"))?.displayName).toBe("Ada");
    expect(await identity.findUser("nobody")).toBeNull();
  });

  it("keeps at least one administrator", async () => {
    const { identity } = await fresh();
    await identity.seedAdmin(null);
    const last = { code: "permission-denied" };
    await expect(
      identity.changeUser({ name: "admin", disabled: true, actor: systemActor("t") }),
    ).rejects.toMatchObject(last);
    await expect(
      identity.changeUser({ name: "admin", role: "developer", actor: systemActor("t") }),
    ).rejects.toMatchObject(last);
    await identity.createUser({ name: "eve", password: null, role: "admin", actor: systemActor("t") });
    expect(
      await identity.changeUser({ name: "admin", role: "developer", actor: systemActor("t") }),
    ).toMatchObject({
      role: "developer",
    });
    await expect(identity.changeUser({ name: "nobody", actor: systemActor("t") })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("lists users and tokens page by page", async () => {
    const { identity, userId, token } = await withAda();
    for (const name of ["bob", "cy", "dee"]) {
      await identity.createUser({ name, password: null, role: "read-only", actor: systemActor("t") });
    }
    const first = await identity.listUsers({ limit: 3 });
    expect(first.items.map(({ name }) => name)).toEqual(["ada", "bob", "cy"]);
    expect((await identity.listUsers({ limit: 3, after: first.next })).items.map(({ name }) => name)).toEqual(
      ["dee"],
    );
    for (const name of ["a", "b", "c"]) {
      await identity.createToken({ userId, name, readonly: false, expiresAt: null, actor: systemActor("t") });
    }
    const tokens = await identity.listTokens({ limit: 3 });
    const rest = await identity.listTokens({ limit: 3, after: tokens.next });
    const names = [...tokens.items, ...rest.items].map(({ name }) => name);
    expect(names.toSorted()).toEqual(["a", "b", "c", "login: npm/11"]);
    expect(rest.next).toBeNull();
    expect(JSON.stringify(tokens)).not.toContain(token);
    expect((await identity.listTokens({ userId: "other" })).items).toEqual([]);
    await expect(identity.listTokens({ after: "x" })).rejects.toMatchObject({ code: "request-invalid" });
  });

  it("revokes only a token of the named user when asked to", async () => {
    const { identity, token, tokenId } = await withAda();
    expect(await identity.revokeToken({ token: tokenId, userId: "other", actor: systemActor("t") })).toBe(
      false,
    );
    expect(await identity.revokeToken({ token, actor: systemActor("t") })).toBe(true);
    expect((await identity.listTokens()).items).toEqual([]);
  });

  it("refuses tokens that make no sense", async () => {
    const { identity, clock, userId } = await withAda();
    const request = { userId, name: "x", readonly: false, expiresAt: null, actor: systemActor("t") };
    const invalid = { code: "request-invalid" };
    await expect(identity.createToken({ ...request, name: " " })).rejects.toMatchObject(invalid);
    await expect(identity.createToken({ ...request, name: "login: me" })).rejects.toMatchObject(invalid);
    await expect(identity.createToken({ ...request, expiresAt: clock.now() })).rejects.toMatchObject(invalid);
    await expect(identity.createToken({ ...request, userId: "x" })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("writes the last use of a token in batches", async () => {
    const { identity, clock, token } = await withAda();
    const lastUse = async (): Promise<number | null | undefined> =>
      (await identity.listTokens()).items[0]?.lastUsedAt;
    expect(await lastUse()).toBeNull();
    await identity.authenticate(`Bearer ${token}`);
    await identity.flushTokenUse();
    const first = clock.now();
    expect(await lastUse()).toBe(first);
    clock.advance(30_000);
    void identity.authenticate(`Bearer ${token}`);
    await identity.flushTokenUse();
    expect(await lastUse()).toBe(first);
    clock.advance(60_000);
    void identity.authenticate(`Bearer ${token}`);
    await identity.flushTokenUse();
    expect(await lastUse()).toBe(clock.now());
  });

  it("keeps no secret in the database", async () => {
    const { db, token } = await withAda();
    const rows = [
      await db.read.selectFrom("users").selectAll().execute(),
      await db.read.selectFrom("tokens").selectAll().execute(),
      await db.read.selectFrom("changes").selectAll().execute(),
    ];
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(JSON.stringify(rows)).not.toContain("correct horse");
  });

  it("records every write in the change log", async () => {
    const { identity, changes, userId, tokenId } = await withAda();
    await identity.changeUser({ name: "ada", role: "admin", actor: systemActor("eve") });
    await identity.revokeToken({ token: tokenId, actor: systemActor("ada") });
    expect((await changes.since(0, 10)).map(({ kind, actor, detail }) => [kind, actor, detail])).toEqual([
      ["user-changed", "test", { userId, name: "ada", what: "created" }],
      ["token-changed", "ada", { tokenId, userId, name: "login: npm/11", what: "created" }],
      ["user-changed", "eve", { userId, name: "ada", what: "role" }],
      ["token-changed", "ada", { tokenId, userId, name: "login: npm/11", what: "revoked" }],
    ]);
  });
});
