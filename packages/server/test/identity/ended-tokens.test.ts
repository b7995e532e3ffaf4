import { randomBytes } from "node:crypto";
import { createTestClock } from "@entrepot/testkit";
import { expect, it } from "vitest";
import { createChangeLog, systemActor } from "../../src/changes/index.ts";
import {
  createFailedPasswords,
  createIdentity,
  createPasswordHasher,
  purgeTokens,
  UNLIMITED,
} from "../../src/identity/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

describeOnEachDatabase("a token that ended", (databases) => {
  it("is forgotten after 30 days, while those that may be used are kept", async () => {
    const db = await databases.open();
    const workspace = { id: "w1", name: "default", host: null, created_at: 0 };
    await db.write((trx) => trx.insertInto("workspaces").values(workspace).execute());
    const clock = createTestClock();
    const changes = await createChangeLog(db, { pollMs: 50, onError: () => undefined });
    const identity = createIdentity({
      db,
      workspaceId: workspace.id,
      now: clock.now,
      changes,
      log: createSilentLog(),
      hasher: createPasswordHasher({ memoryCost: 64, timeCost: 1, parallelism: 1 }),
      failedPasswords: createFailedPasswords(),
      random: (size) => randomBytes(size),
      sessionLogin: "session",
      fingerprint: null,
    });
    databases.afterwards(async () => {
      await identity.close();
      changes.close();
    });
    const user = await identity.createUser({
      name: "ada",
      password: "correct horse",
      role: "developer",
      actor: systemActor("test"),
    });
    const made = { userId: user.id, kind: "ci", scope: UNLIMITED, actor: systemActor("test") } as const;
    const expiresAt = clock.now() + 1000;
    const expired = await identity.createToken({ ...made, name: "expired", expiresAt });
    const revoked = await identity.createToken({ ...made, name: "revoked", expiresAt: null });
    const kept = await identity.createToken({ ...made, name: "kept", expiresAt: null });
    await identity.revokeToken({ token: revoked.id, actor: systemActor("test") });
    const refusalOf = async ({ secret }: { secret: string }): Promise<unknown> =>
      await Promise.resolve(identity.authenticate(`Bearer ${secret}`)).then(
        () => null,
        (error: unknown) => (error as { details: { code: string } }).details.code,
      );

    clock.advance(30 * DAY_MS - 1);
    expect(await purgeTokens({ db, now: clock.now })).toBe(0);
    clock.advance(1);
    expect(await purgeTokens({ db, now: clock.now })).toBe(1);
    expect([await refusalOf(revoked), await refusalOf(expired)]).toEqual(["token-unknown", "token-expired"]);
    clock.advance(1000);
    expect(await purgeTokens({ db, now: clock.now })).toBe(1);
    expect([await refusalOf(expired), await refusalOf(kept)]).toEqual(["token-unknown", null]);

    await identity.revokeToken({ token: kept.id, actor: systemActor("test") });
    clock.advance(30 * DAY_MS);
    expect(await purgeTokens({ db, now: clock.now })).toBe(1);
    expect(await identity.hasTokens()).toBe(true);
  });
});
