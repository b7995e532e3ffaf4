import { expect, test } from "vitest";
import { createNameOrigins } from "../../src/registry/index.ts";
import { compileClaims } from "../../src/registry/claims.ts";
import type { Registry } from "../../src/registry/index.ts";
import type { Database } from "../../src/db/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const REGISTRY = { id: "r", isClaimed: compileClaims(["@acme/*"]) } as unknown as Registry;

async function insert(
  db: Database,
  names: readonly string[],
  removedAt: number | null = null,
): Promise<void> {
  await db.write(async (trx) => {
    const rows = names.map((name) => ({
      id: `p ${name}`,
      registry_id: "r",
      name,
      revision: 1,
      maintainers: "[]",
      readme: "",
      readme_filename: "",
      created_at: 0,
      modified_at: 0,
      removed_at: removedAt,
      tombstone: null,
    }));
    await trx.insertInto("packages").values(rows).execute();
  });
}

describeOnEachDatabase("names that are local or claimed, among many", (databases) => {
  test("are found without asking for each, unpublished ones too", async () => {
    const db = await databases.open();
    await db.write(async (trx) => {
      await trx.insertInto("workspaces").values({ id: "w", name: "w", host: null, created_at: 0 }).execute();
      for (const id of ["r", "other"]) {
        await trx
          .insertInto("registries")
          .values({
            id,
            workspace_id: "w",
            name: id,
            description: "",
            anonymous_read: 0,
            active: 1,
            host: null,
            allow_overwrite: 0,
            refusal_status: 403,
            kind: "standard",
            is_protected: 0,
            managed: 0,
            created_at: 0,
            updated_at: 0,
          })
          .execute();
      }
    });
    await insert(db, ["JSONStream", "@acme/published", "known"]);
    await insert(db, ["gone"], 5);
    const origins = createNameOrigins({ db, changes: { subscribe: () => () => undefined } });
    // One that was looked up before is not asked for again.
    expect(await origins.of(REGISTRY, "known")).toMatchObject({ kind: "local" });
    const many = Array.from({ length: 1_200 }, (_, at) => `public-${at}`);
    const names = [
      ...many,
      "JSONStream",
      "jsonstream",
      "@acme/published",
      "@acme/new",
      "known",
      "gone",
      "it's",
    ];
    const { local, claimed } = await origins.ownAmong(REGISTRY, names);
    expect([...local].toSorted()).toEqual(["@acme/published", "JSONStream", "gone", "known"]);
    expect([...claimed].toSorted()).toEqual(["@acme/new", "@acme/published"]);
    expect(await origins.ownAmong(REGISTRY, [])).toEqual({ local: new Set(), claimed: new Set() });
  });
});
