import { beforeEach, expect, it } from "vitest";
import { systemActor } from "../../src/changes/index.ts";
import { purgeSessions } from "../../src/identity/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { closeAll, SOURCE, start, withAda, type Setup } from "./identity-fixture.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const actor = systemActor("test");
const ADA = { user: "Ada", password: "correct horse", ...SOURCE };

const isLive = async ({ identity }: Setup, secret: string): Promise<boolean> =>
  (await identity.sessions.find(secret)) !== null;

describeOnEachDatabase("a browser session", (databases) => {
  beforeEach(() => databases.afterwards(closeAll));

  it("starts with a password and says who it is of", async () => {
    const { identity, userId, clock } = await withAda(await databases.open());
    const { secret, session } = await identity.sessions.start(ADA);
    const found = await identity.sessions.find(secret);
    expect(found).toEqual(session);
    expect(found?.principal).toEqual({
      kind: "user",
      userId,
      name: "ada",
      role: "developer",
      via: "session",
      tokenId: null,
      limits: null,
      mustChangePassword: false,
    });
    expect(await identity.sessions.list(userId)).toEqual([
      expect.objectContaining({
        id: session.id,
        client: "npm/11",
        address: SOURCE.address,
        createdAt: clock.now(),
      }),
    ]);
    await expect(identity.sessions.start({ ...ADA, password: "wrong" })).rejects.toMatchObject({
      details: { code: "password-wrong" },
    });
    expect(await identity.sessions.find(`${secret.slice(0, -1)}_`)).toBeNull();
  });

  it("ends 12 hours after its last use, and after 7 days however it is used", async () => {
    const setup = await withAda(await databases.open());
    const { secret: idle } = await setup.identity.sessions.start(ADA);
    const { secret: used } = await setup.identity.sessions.start(ADA);
    for (let hours = 0; hours < 7 * 24 - 6; hours += 6) {
      expect([hours, await isLive(setup, used)]).toEqual([hours, true]);
      setup.clock.advance(6 * HOUR_MS);
      if (hours === 12) expect(await isLive(setup, idle)).toBe(false);
    }
    expect(await isLive(setup, used)).toBe(true);
    setup.clock.advance(6 * HOUR_MS);
    expect(await isLive(setup, used)).toBe(false);
    expect(await setup.identity.sessions.list(setup.userId)).toEqual([]);
  });

  it("ends in every process at once: signed out, with all others, by a new password, with its user", async () => {
    const db = await databases.open();
    const setup = await withAda(db);
    const other = await start(db, setup.clock);
    const { sessions } = setup.identity;
    const begin = async (): Promise<{ secret: string; id: string }> => {
      const { secret, session } = await sessions.start(ADA);
      expect(await isLive(other, secret)).toBe(true);
      return { secret, id: session.id };
    };
    const one = await begin();
    const two = await begin();
    expect(await sessions.end({ id: one.id, userId: "somebody else", actor })).toBe(false);
    expect(await sessions.end({ id: one.id, userId: setup.userId, actor })).toBe(true);
    expect(await sessions.end({ id: one.id, actor })).toBe(false);
    expect([await isLive(other, one.secret), await isLive(other, two.secret)]).toEqual([false, true]);

    expect(await sessions.endAll({ userId: setup.userId, tokens: false, actor })).toEqual({
      sessions: 1,
      tokens: 0,
    });
    expect(await isLive(other, two.secret)).toBe(false);

    const three = await begin();
    const password = { password: ADA.password, newPassword: "another password" };
    await setup.identity.changeOwnPassword({ user: "ada", ...password, ...SOURCE });
    expect(await isLive(other, three.secret)).toBe(false);
    // Tokens go on.
    expect(await setup.identity.authenticate(`Bearer ${setup.token}`)).toMatchObject({ name: "ada" });

    const { secret } = await sessions.start({ ...ADA, password: "another password" });
    await setup.identity.changeUser({ name: "ada", disabled: true, actor });
    await setup.identity.changeUser({ name: "ada", disabled: false, actor });
    expect(await isLive(other, secret)).toBe(false);
  });

  it("takes the tokens of logins along when told to, and no others", async () => {
    const { identity, userId, token, changes } = await withAda(await databases.open());
    const scope = {
      permissions: null,
      registries: null,
      packages: null,
      organizations: null,
      networks: null,
    };
    const made = { userId, actor, name: "kept", kind: "personal", scope, expiresAt: null } as const;
    const kept = await identity.createToken(made);
    expect(await identity.sessions.endAll({ userId, tokens: true, actor })).toEqual({
      sessions: 0,
      tokens: 1,
    });
    await changes.refresh();
    await expect((async () => await identity.authenticate(`Bearer ${token}`))()).rejects.toMatchObject({
      details: { code: "token-revoked" },
    });
    expect(await identity.authenticate(`Bearer ${kept.secret}`)).toMatchObject({ name: "ada" });
  });

  it("is one of 50 of its user; the one that was not used for longest makes room", async () => {
    const setup = await withAda(await databases.open());
    const secrets: string[] = [];
    for (let count = 0; count < 51; count += 1) {
      secrets.push((await setup.identity.sessions.start(ADA)).secret);
      setup.clock.advance(1000);
    }
    expect(await setup.identity.sessions.list(setup.userId)).toHaveLength(50);
    expect([await isLive(setup, secrets[0] ?? ""), await isLive(setup, secrets[1] ?? "")]).toEqual([
      false,
      true,
    ]);
  });

  it("is in no secret of the database, and is forgotten 30 days after its end", async () => {
    const { identity, db, clock } = await withAda(await databases.open());
    const { secret, session } = await identity.sessions.start(ADA);
    const rows = JSON.stringify(await db.read.selectFrom("sessions").selectAll().execute());
    for (const text of [secret, session.csrfToken, session.loginPassword]) expect(rows).not.toContain(text);
    await identity.sessions.end({ id: session.id, actor });
    expect(await purgeSessions({ db, now: clock.now })).toBe(0);
    clock.advance(31 * DAY_MS);
    expect(await purgeSessions({ db, now: clock.now })).toBe(1);
  });
});
