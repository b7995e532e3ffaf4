import { afterEach, expect, it } from "vitest";
import { systemActor } from "../../src/changes/index.ts";
import { UNLIMITED } from "../../src/identity/index.ts";
import type { Identity, TokenScope } from "../../src/identity/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { closeAll, withAda } from "./identity-fixture.ts";

describeOnEachDatabase("tokens", (databases) => {
  // Runs before the databases are closed: the last hook is the first to run.
  afterEach(closeAll);

  it("lists users and tokens page by page", async () => {
    const { identity, userId, token } = await withAda(await databases.open());
    for (const name of ["bob", "cy", "dee"]) {
      await identity.createUser({ name, password: null, role: "read-only", actor: systemActor("t") });
    }
    const first = await identity.listUsers({ limit: 3 });
    expect(first.items.map(({ name }) => name)).toEqual(["ada", "bob", "cy"]);
    expect((await identity.listUsers({ limit: 3, after: first.next })).items.map(({ name }) => name)).toEqual(
      ["dee"],
    );
    for (const name of ["a", "b", "c"]) {
      await identity.createToken({
        userId,
        name,
        kind: "ci",
        scope: UNLIMITED,
        expiresAt: null,
        actor: systemActor("t"),
      });
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
    const { identity, token, tokenId } = await withAda(await databases.open());
    expect(await identity.revokeToken({ token: tokenId, userId: "other", actor: systemActor("t") })).toBe(
      false,
    );
    expect(await identity.revokeToken({ token, actor: systemActor("t") })).toBe(true);
    expect((await identity.listTokens()).items).toEqual([]);
  });

  it("refuses tokens that make no sense", async () => {
    const { identity, clock, userId } = await withAda(await databases.open());
    const request = {
      userId,
      name: "x",
      kind: "ci",
      scope: UNLIMITED,
      expiresAt: null,
      actor: systemActor("t"),
    } as const;
    const invalid = { code: "request-invalid" };
    await expect(identity.createToken({ ...request, name: " " })).rejects.toMatchObject(invalid);
    const scoped = (scope: Partial<TokenScope>): ReturnType<Identity["createToken"]> =>
      identity.createToken({ ...request, scope: { ...UNLIMITED, ...scope } });
    await expect(scoped({ permissions: [] })).rejects.toMatchObject(invalid);
    await expect(scoped({ packages: [] })).rejects.toMatchObject(invalid);
    await expect(scoped({ registries: { ids: [], groups: [] } })).rejects.toMatchObject(invalid);
    await expect(scoped({ networks: ["10.0.0.0/33"] })).rejects.toMatchObject(invalid);
    await expect(identity.createToken({ ...request, userId: null })).rejects.toMatchObject(invalid);
    await expect(identity.createToken({ ...request, expiresAt: clock.now() })).rejects.toMatchObject(invalid);
    await expect(identity.createToken({ ...request, userId: "x" })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("writes the last use of a token in batches", async () => {
    const { identity, clock, token } = await withAda(await databases.open());
    const lastUse = async (): Promise<number | null | undefined> =>
      (await identity.listTokens()).items[0]?.lastUsedAt;
    expect(await lastUse()).toBeNull();
    await identity.authenticate(`Bearer ${token}`, "192.0.2.7");
    await identity.flushTokenUse();
    const first = clock.now();
    expect(await lastUse()).toBe(first);
    expect((await identity.listTokens()).items[0]?.lastUsedAddress).toBe("192.0.2.7");
    clock.advance(30_000);
    void identity.authenticate(`Bearer ${token}`);
    await identity.flushTokenUse();
    expect(await lastUse()).toBe(first);
    clock.advance(60_000);
    void identity.authenticate(`Bearer ${token}`);
    await identity.flushTokenUse();
    expect(await lastUse()).toBe(clock.now());
  });
});
