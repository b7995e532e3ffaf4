import { READING, type Principal } from "@entrepot/core";
import { afterEach, expect, it } from "vitest";
import { systemActor } from "../../src/changes/index.ts";
import { createPasswordHasher, UNLIMITED } from "../../src/identity/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { CHEAP, SOURCE, closeAll, fresh, start, withAda } from "./identity-fixture.ts";

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;
const refusal = (code: string): object => ({ code: "credential-invalid", details: { code } });

async function nameOf(principal: Principal | Promise<Principal>): Promise<string> {
  const resolved = await principal;
  return resolved.kind === "user" ? resolved.name : "anonymous";
}

describeOnEachDatabase("identity", (databases) => {
  // Runs before the databases are closed: the last hook is the first to run.
  afterEach(closeAll);

  it("makes the first administrator once, with a password of its own or the given one", async () => {
    const { identity, db } = await fresh(await databases.open());
    const seeded = await identity.seedAdmin(null);
    expect(seeded?.name).toBe("admin");
    expect(await identity.seedAdmin("another password")).toBeNull();
    const login = { user: "admin", password: seeded?.oneTimePassword ?? "", ...SOURCE };
    // It opens nothing but the way to a password of one's own.
    await expect(identity.login(login)).rejects.toMatchObject({
      code: "permission-denied",
      details: { code: "password-must-change" },
    });
    const own = { ...login, password: "a password of my own" };
    await identity.changeUser({ name: "admin", password: own.password, actor: systemActor("t") });
    expect((await identity.login(own)).user.role).toBe("owner");
    await db.write(async (trx) => void (await trx.deleteFrom("users").execute()));
    expect(await identity.seedAdmin("given password")).toEqual({ name: "admin", oneTimePassword: null });
    await db.write(async (trx) => void (await trx.deleteFrom("users").execute()));
    await expect(identity.seedAdmin("admin")).rejects.toMatchObject({ code: "request-invalid" });
  });

  it("lets only one of two processes make the first administrator", async () => {
    const { identity, db } = await fresh(await databases.open());
    const other = await start(db);
    const seeded = await Promise.all([identity.seedAdmin(null), other.identity.seedAdmin(null)]);
    expect(seeded.filter((result) => result !== null)).toHaveLength(1);
  });

  it("logs in and takes the token in every form", async () => {
    const { identity, token, tokenId, userId } = await withAda(await databases.open());
    const principal = {
      kind: "user",
      userId,
      name: "ada",
      role: "developer",
      via: "token",
      tokenId,
      limits: null,
      mustChangePassword: false,
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
    const { identity, token } = await withAda(await databases.open());
    const first = await identity.authenticate(`Bearer ${token}`);
    const second = identity.authenticate(`Bearer ${token}`);
    expect(second).toBe(first);
    expect(Object.isFrozen(second)).toBe(true);
  });

  it("never takes a wrong credential for none", async () => {
    const { identity, token } = await withAda(await databases.open());
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
    const { identity, changes, clock, token, tokenId, userId } = await withAda(await databases.open());
    const short = await identity.createToken({
      userId,
      name: "short",
      kind: "personal",
      scope: { ...UNLIMITED, permissions: [...READING] },
      expiresAt: clock.now() + 1000,
      actor: systemActor("test"),
    });
    expect(await identity.authenticate(`Bearer ${short.secret}`)).toMatchObject({
      limits: { permissions: READING },
    });
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
    // What ended with the user stays ended.
    await expect(identity.authenticate(`Bearer ${token}`)).rejects.toMatchObject(refusal("token-revoked"));
    const { token: next } = await identity.login({ user: "ada", password: "correct horse", ...SOURCE });
    expect(await nameOf(identity.authenticate(`Bearer ${next}`))).toBe("ada");
    expect(await identity.revokeToken({ token: next, actor: systemActor("test") })).toBe(true);
    await changes.refresh();
    await expect(identity.authenticate(`Bearer ${next}`)).rejects.toMatchObject(refusal("token-revoked"));
    expect(await identity.revokeToken({ token: tokenId, actor: systemActor("test") })).toBe(false);
  });

  it("ends a token in every process", async () => {
    const { identity, db, token } = await withAda(await databases.open());
    const other = await start(db);
    expect(await nameOf(other.identity.authenticate(`Bearer ${token}`))).toBe("ada");
    expect(await identity.logout({ secret: token, address: "", client: "", actor: null })).toBe(true);
    await other.changes.refresh();
    await expect(other.identity.authenticate(`Bearer ${token}`)).rejects.toMatchObject(
      refusal("token-revoked"),
    );
  });

  it("hashes a repeated password once, until the user changes or time passes", async () => {
    const { identity, changes, clock, compared } = await withAda(await databases.open());
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
    const { identity, changes, compared } = await withAda(await databases.open());
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
    const { identity, compared } = await withAda(await databases.open());
    const guess = (index: number, address: string): Promise<unknown> =>
      identity.login({ user: "ada", password: `guess number ${index}`, address, client: "x" });
    for (let index = 0; index < 5; index += 1) {
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

  it("keeps a guesser waiting whatever a flood does in between", async () => {
    const { identity, compared, setBusy } = await withAda(await databases.open());
    const guess = (index: number): Promise<unknown> =>
      identity.login({ user: "ada", password: `guess number ${index}`, address: "192.0.2.7", client: "x" });
    for (let index = 0; index < 5; index += 1) {
      await expect(guess(index)).rejects.toMatchObject({ code: "credential-invalid" });
    }
    setBusy(true);
    for (let index = 10; index < 60; index += 1) {
      await expect(guess(index)).rejects.toMatchObject({ code: "too-many-requests" });
    }
    setBusy(false);
    const before = compared();
    await expect(guess(100)).rejects.toMatchObject({ code: "too-many-requests" });
    expect(compared()).toBe(before);
  });

  it("renews a hash whose parameters are old", async () => {
    const { db, identity } = await withAda(await databases.open());
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
    const { identity } = await withAda(await databases.open());
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
    const { identity } = await fresh(await databases.open());
    await identity.seedAdmin(null);
    const last = { code: "permission-denied" };
    await expect(
      identity.changeUser({ name: "admin", disabled: true, actor: systemActor("t") }),
    ).rejects.toMatchObject(last);
    await expect(
      identity.changeUser({ name: "admin", role: "developer", actor: systemActor("t") }),
    ).rejects.toMatchObject(last);
    await identity.createUser({ name: "eve", password: null, role: "admin", actor: systemActor("t") });
    // An administrator is not enough: rules can keep administrators out, and owners never.
    await expect(
      identity.changeUser({ name: "admin", role: "developer", actor: systemActor("t") }),
    ).rejects.toMatchObject(last);
    await identity.changeUser({ name: "eve", role: "owner", actor: systemActor("t") });
    expect(
      await identity.changeUser({ name: "admin", role: "developer", actor: systemActor("t") }),
    ).toMatchObject({
      role: "developer",
    });
    await expect(identity.changeUser({ name: "nobody", actor: systemActor("t") })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("keeps no secret in the database", async () => {
    const { db, token } = await withAda(await databases.open());
    const rows = [
      await db.read.selectFrom("users").selectAll().execute(),
      await db.read.selectFrom("tokens").selectAll().execute(),
      await db.read.selectFrom("changes").selectAll().execute(),
    ];
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(JSON.stringify(rows)).not.toContain("correct horse");
  });

  it("records every write in the change log", async () => {
    const { identity, changes, userId, tokenId } = await withAda(await databases.open());
    await identity.changeUser({ name: "ada", role: "admin", actor: systemActor("eve") });
    await identity.revokeToken({ token: tokenId, actor: systemActor("ada") });
    expect((await changes.since(0, 10)).map(({ kind, actor, detail }) => [kind, actor, detail])).toEqual([
      [
        "user-changed",
        "test",
        { userId, name: "ada", what: "created", role: "developer", email: null, disabled: false },
      ],
      [
        "token-changed",
        "ada",
        {
          tokenId,
          userId,
          name: "login: npm/11",
          what: "created",
          tokenKind: "login",
          scope: UNLIMITED,
          expiresAt: null,
        },
      ],
      [
        "user-changed",
        "eve",
        { userId, name: "ada", what: "role", role: { from: "developer", to: "admin" } },
      ],
      ["token-changed", "ada", { tokenId, userId, name: "login: npm/11", what: "revoked" }],
    ]);
  });
});
