import { EntrepotError } from "@entrepot/core";
import { expect, it } from "vitest";
import type { Database } from "../../src/db/index.ts";
import { checkAll, checkChanged, type ChecksDeps } from "../../src/registry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const TIMES = { created_at: 0, updated_at: 0 };
const REPORT = { log: () => undefined, count: () => undefined, signal: new AbortController().signal };

async function insertRegistry(db: Database, id: string): Promise<void> {
  const settings = { allow_overwrite: 0, refusal_status: 403, kind: "standard", is_protected: 0 } as const;
  await db.write(async (trx) => {
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
        managed: 0,
        ...settings,
        ...TIMES,
      })
      .execute();
    for (const name of ["left", "right"]) {
      await trx
        .insertInto("package_checks")
        .values({ registry_id: id, name, checked_at: 1, advisories: "", results: "{}" })
        .execute();
      await trx
        .insertInto("findings")
        .values({
          id: `${id} ${name}`,
          workspace_id: "w",
          registry_id: id,
          name,
          version: "1.0.0",
          rule: "malware",
          mode: "enforce",
          result: "noncompliant",
          presence: "stored",
          reason: "",
          evidence: "{}",
          state: "open",
          opened_at: 0,
          closed_at: null,
          closed_by: null,
          is_settled: 0,
          note: "",
        })
        .execute();
    }
  });
}

/** Registries that have findings on packages of their own, which are gone; `read` is told of each that is looked at. */
async function prepare(
  db: Database,
  ids: readonly string[],
  read: (place: string) => Promise<void>,
): Promise<ChecksDeps> {
  await db.write((trx) =>
    trx.insertInto("workspaces").values({ id: "w", name: "w", host: null, created_at: 0 }).execute(),
  );
  for (const id of ids) await insertRegistry(db, id);
  const registries = ids.map((id) => ({ id, workspaceId: "w", name: id, active: true, upstreams: [] }));
  const deps = {
    db,
    workspaceId: "w",
    now: () => 5,
    registries: { snapshot: () => ({ byId: new Map(registries.map((one) => [one.id, one])) }) },
    advisories: { of: () => [], ready: () => null },
    origins: { of: async () => ({ kind: "local" }) },
    verdicts: {
      async of({ id }: { id: string }, name: string): Promise<never> {
        await read(`${id} ${name}`);
        throw new EntrepotError("package-not-found");
      },
    },
  };
  return deps as unknown as ChecksDeps;
}

async function openIn(db: Database): Promise<string[]> {
  const rows = await db.read.selectFrom("findings").select("id").where("state", "=", "open").execute();
  return rows.map(({ id }) => id).sort();
}

describeOnEachDatabase("checks of many packages", (databases) => {
  it("what could not be judged is looked at again in the next run, and then no more", async () => {
    const db = await databases.open();
    const asked: string[] = [];
    let isDown = true;
    const deps = await prepare(db, ["a"], async (place) => {
      asked.push(place);
      if (isDown && place === "a left") throw new EntrepotError("storage-unavailable");
    });
    await checkChanged(deps, REPORT);
    expect([asked.splice(0), await openIn(db)]).toEqual([["a left", "a right"], ["a left"]]);
    await checkChanged(deps, REPORT);
    expect([asked.splice(0), await openIn(db)]).toEqual([["a left"], ["a left"]]);
    isDown = false;
    await checkChanged(deps, REPORT);
    expect([asked.splice(0), await openIn(db)]).toEqual([["a left"], []]);
    await checkChanged(deps, REPORT);
    expect(asked).toEqual([]);
  });

  it("a registry that is deleted while it is looked at does not end the run", async () => {
    const db = await databases.open();
    const asked: string[] = [];
    const deps = await prepare(db, ["a", "b"], async (place) => {
      asked.push(place);
      if (place !== "a left") return;
      await db.write((trx) => trx.deleteFrom("registries").where("id", "=", "a").execute());
    });
    await checkAll(deps, REPORT);
    expect([asked, await openIn(db)]).toEqual([["a left", "b left", "b right"], []]);
  });
});
