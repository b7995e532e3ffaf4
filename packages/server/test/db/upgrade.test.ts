import { READING } from "@entrepot/core";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { systemActor } from "../../src/changes/index.ts";
import { MIGRATIONS } from "../../src/db/migrations/index.ts";
import type { Database } from "../../src/db/index.ts";
import { tokenHash, makeTokenSecret } from "../../src/identity/token-secret.ts";
import { closeAll, start } from "../identity/identity-fixture.ts";
import { describeOnEachDatabase } from "./each-database.ts";

const secretOf = (byte: number): string => makeTokenSecret(new Uint8Array(32).fill(byte));

/** What a server of the first version leaves behind: people, tokens and a registry. */
async function fillAsBefore(db: Database): Promise<void> {
  await db.write(async (trx) => {
    await sql`insert into workspaces (id, name, host, created_at) values ('w1', 'default', null, 0)`.execute(
      trx,
    );
    await sql`
      insert into registries
        (id, workspace_id, name, description, anonymous_read, active, host, managed, created_at, updated_at)
      values ('r1', 'w1', 'default', '', 0, 1, null, 0, 0, 0)`.execute(trx);
    for (const [name, role] of [
      ["admin", "admin"],
      ["second", "admin"],
      ["dev", "developer"],
    ]) {
      await sql`
        insert into users
          (id, workspace_id, name, display_name, email, password_hash, role, disabled_at, created_at, updated_at)
        values (${name}, 'w1', ${name}, ${name}, null, null, ${role}, null, 0, 0)`.execute(trx);
    }
    for (const [id, name, readonly] of [
      ["1", "login: npm/11", 0],
      ["2", "pipeline", 1],
    ] as const) {
      await sql`
        insert into tokens
          (id, workspace_id, user_id, name, secret_hash, hint, readonly, created_at, expires_at, last_used_at, revoked_at)
        values
          (${id}, 'w1', 'dev', ${name}, ${tokenHash(secretOf(Number(id)))}, 'abcd', ${readonly}, ${Number(id)}, null, 7, null)`.execute(
        trx,
      );
    }
  });
}

describeOnEachDatabase("a database of the first version", (databases) => {
  it("keeps its people, tokens and registries, and whoever set it up owns it", async () => {
    const url = await databases.emptyUrl();
    const first = { "0001-first-tables": MIGRATIONS["0001-first-tables"]! };
    const before = await databases.open({ url, migrations: first });
    await fillAsBefore(before);
    await before.close();

    const db = await databases.open({ url });
    databases.afterwards(closeAll);
    const { identity } = await start(db);

    const roles = (await identity.listUsers()).items.map(({ name, role }) => [name, role]);
    expect(roles).toEqual([
      ["admin", "owner"],
      ["dev", "developer"],
      ["second", "admin"],
    ]);
    const { items } = await identity.listTokens();
    expect(items.map(({ id, kind, lastUsedAt, scope }) => [id, kind, lastUsedAt, scope.permissions])).toEqual(
      [
        ["1", "login", 7, null],
        ["2", "personal", 7, [...READING]],
      ],
    );
    expect(await identity.authenticate(`Bearer ${secretOf(1)}`)).toMatchObject({ name: "dev", limits: null });
    expect(await identity.authenticate(`Bearer ${secretOf(2)}`)).toMatchObject({
      name: "dev",
      limits: { permissions: READING },
    });
    const registry = await db.read.selectFrom("registries").selectAll().executeTakeFirstOrThrow();
    expect([registry.allow_overwrite, registry.refusal_status]).toEqual([0, 403]);
    // What the old tables allowed, the new ones do too.
    expect(await identity.revokeToken({ token: "1", actor: systemActor("test") })).toBe(true);
  });
});
