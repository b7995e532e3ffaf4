import { beforeEach, expect, it } from "vitest";
import { systemActor } from "../../src/changes/index.ts";
import { purgeInvitations } from "../../src/identity/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { closeAll, SOURCE, start, withAda } from "./identity-fixture.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const actor = systemActor("test");
const PLACE = { registryId: "r1" };
const COLLECTED = { ...PLACE, address: "192.0.2.7" };
const ADA = { user: "ada", password: "correct horse", ...SOURCE };

describeOnEachDatabase("a login by browser", (databases) => {
  beforeEach(() => databases.afterwards(closeAll));

  it("is begun, approved and collected in three processes, and gives one token", async () => {
    const db = await databases.open();
    const { identity, clock, userId } = await withAda(db);
    const [second, third] = [await start(db, clock), await start(db, clock)];
    const { page, done } = await identity.webLogins.begin({ ...SOURCE, ...PLACE });
    expect(await second.identity.webLogins.find({ page, ...PLACE })).toEqual({
      ...SOURCE,
      isApproved: false,
    });
    expect(await third.identity.webLogins.collect({ done, ...COLLECTED })).toEqual({ state: "waiting" });
    expect(await second.identity.webLogins.find({ page: done, ...PLACE })).toBeNull();
    expect(await third.identity.webLogins.collect({ done: page, ...COLLECTED })).toBeNull();
    expect(await second.identity.webLogins.approveWithPassword({ ...ADA, page, ...PLACE })).toBe(true);
    expect(await second.identity.webLogins.approveAs({ ...SOURCE, userId, page, ...PLACE })).toBe(false);
    const polls = [identity, second.identity, third.identity].map((one) =>
      one.webLogins.collect({ done, ...COLLECTED }),
    );
    const tokens = (await Promise.all(polls)).flatMap((given) =>
      given?.state === "done" ? [given.token] : [],
    );
    expect(tokens).toHaveLength(1);
    expect(await third.identity.authenticate(`Bearer ${tokens[0]}`)).toMatchObject({ name: "ada" });
    expect(await db.read.selectFrom("web_logins").selectAll().execute()).toEqual([]);
  });

  it("gives nothing when its user was disabled meanwhile", async () => {
    const { identity } = await withAda(await databases.open());
    const { page, done } = await identity.webLogins.begin({ ...SOURCE, ...PLACE });
    await identity.webLogins.approveWithPassword({ ...ADA, page, ...PLACE });
    await identity.createUser({ name: "root", password: null, role: "owner", actor });
    await identity.changeUser({ name: "ada", disabled: true, actor });
    expect(await identity.webLogins.collect({ done, ...COLLECTED })).toBeNull();
  });

  it.each<[string, (setup: Awaited<ReturnType<typeof withAda>>) => Promise<unknown>]>([
    [
      "all sessions and tokens",
      ({ identity, userId }) => identity.sessions.endAll({ userId, tokens: true, actor }),
    ],
    [
      "a new password",
      ({ identity }) => identity.changeUser({ name: "ada", password: "another horse", actor }),
    ],
    [
      "a new password by its user",
      ({ identity }) => identity.changeOwnPassword({ ...ADA, newPassword: "another horse" }),
    ],
    [
      "being disabled and enabled again",
      async ({ identity }) => {
        for (const disabled of [true, false]) await identity.changeUser({ name: "ada", disabled, actor });
      },
    ],
  ])("ends, once approved, with %s", async (...[, endIt]) => {
    const setup = await withAda(await databases.open());
    const { identity, userId } = setup;
    const [approved, waiting] = [
      await identity.webLogins.begin({ ...SOURCE, ...PLACE }),
      await identity.webLogins.begin({ ...SOURCE, ...PLACE }),
    ];
    await identity.webLogins.approveWithPassword({ ...ADA, page: approved.page, ...PLACE });
    await endIt(setup);
    expect(await identity.webLogins.collect({ done: approved.done, ...COLLECTED })).toBeNull();
    expect(await identity.webLogins.collect({ done: waiting.done, ...COLLECTED })).toEqual({
      state: "waiting",
    });
    expect((await identity.listTokens({ userId })).items.length).toBeLessThanOrEqual(1);
  });

  it("shares its limit with all addresses of one place, and with no other place or workspace", async () => {
    const { identity, db } = await withAda(await databases.open());
    const begin = (address: string): Promise<unknown> =>
      identity.webLogins.begin({ ...SOURCE, ...PLACE, address });
    for (let count = 0; count < 20; count += 1) await begin(`2001:db8::${count}`);
    await expect(begin("2001:db8::ffff:1")).rejects.toMatchObject({
      code: "too-many-requests",
      details: { retryAfterSeconds: 60 },
    });
    await begin("2001:db8:0:1::1");
    const workspace = { id: "w2", name: "other", host: null, created_at: 0 };
    await db.write(async (trx) => {
      await trx.insertInto("workspaces").values(workspace).execute();
      await trx.updateTable("web_logins").set({ workspace_id: "w2" }).execute();
    });
    await begin("2001:db8::1");
  });

  it("leaves none of its secrets in the database", async () => {
    const { identity, db } = await withAda(await databases.open());
    const { page, done } = await identity.webLogins.begin({ ...SOURCE, ...PLACE });
    const kept = JSON.stringify(await db.read.selectFrom("web_logins").selectAll().execute());
    for (const secret of [page, done]) expect(kept).not.toContain(secret);
  });
});

describeOnEachDatabase("an invitation", (databases) => {
  beforeEach(() => databases.afterwards(closeAll));

  it("makes one user, whatever the number of processes in which it is accepted", async () => {
    const db = await databases.open();
    const { identity, clock } = await withAda(db);
    const other = await start(db, clock);
    const { code, id } = await identity.invitations.create({ email: "x@example.test", role: "admin", actor });
    const accept = (who: typeof identity, name: string): Promise<string> =>
      who
        .signUp({ allowed: "invitation", code, name, password: "long enough", email: null, ...SOURCE })
        .then((user) => `${user.role} ${String(user.email)}`)
        .catch((error: unknown) => String((error as { code: unknown }).code));
    const accepted = [accept(identity, "one"), accept(other.identity, "two"), accept(identity, "ada")];
    expect((await Promise.all(accepted)).filter((text) => text === "admin x@example.test")).toHaveLength(1);
    expect(await other.identity.invitations.get(id)).toMatchObject({ state: "accepted" });
    expect((await identity.listUsers()).items).toHaveLength(2);
    expect(JSON.stringify(await db.read.selectFrom("invitations").selectAll().execute())).not.toContain(code);
    expect(await purgeInvitations({ db, now: clock.now })).toBe(0);
    clock.advance(31 * DAY_MS);
    expect(await purgeInvitations({ db, now: clock.now })).toBe(1);
  });
});
