import { expect, it } from "vitest";
import { systemActor } from "../../src/changes/index.ts";
import type { Database } from "../../src/db/index.ts";
import {
  createDecisionLog,
  findExposure,
  holdVersions,
  summarise,
  type Asker,
  type Decided,
} from "../../src/firewall/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const served = (name: string, version: string): Decided => ({
  registryId: "r",
  registry: "default",
  name,
  version,
  outcome: "served",
  purpose: "tarball",
  rule: null,
  reason: null,
  until: null,
});

const asker = (principal: string, at: number): Asker => ({
  principal,
  credential: principal === "bob" ? "password" : `token of ${principal}`,
  address: "192.0.2.1",
  client: "npm/11",
  project: `${principal}-app`,
  at,
});

async function fill(db: Database): Promise<void> {
  const log = createDecisionLog({
    db,
    workspaceId: "w",
    now: () => 0,
    log: createSilentLog(),
    audit: { record: () => undefined },
  });
  for (let index = 0; index < 9_000; index += 1) {
    log.record(served("left", "1.0.0"), asker(index % 2 === 0 ? "ada" : "bob", index));
  }
  for (const version of ["1.1.0-rc.1", "1.2.0", "2.0.0"]) {
    log.record(served("left", version), asker("eve", 5));
  }
  log.record({ ...served("left", "1.0.0"), outcome: "refused" }, asker("eve", 6));
  log.record({ ...served("left", "*"), outcome: "withheld" }, asker("eve", 7));
  await log.close();
}

async function workspace(db: Database): Promise<void> {
  await db.write((trx) =>
    trx.insertInto("workspaces").values({ id: "w", name: "w", host: null, created_at: 0 }).execute(),
  );
}

describeOnEachDatabase("exposure", (databases) => {
  it("adds up who fetched what, when first and when last", async () => {
    const db = await databases.open();
    await fill(db);
    const wanted = [
      { name: "left", range: "1.0.0", isExact: true },
      { name: "left", range: ">=1.1.0-0 <2", isExact: false },
      { name: "right", range: "*", isExact: false },
    ];
    const found = await findExposure({ db, workspaceId: "w" }, { wanted, registryId: null });
    expect(found.items).toMatchObject([
      { fetched: ["1.0.0"], count: 9_000, refused: 1 },
      { fetched: ["1.1.0-rc.1", "1.2.0"], count: 2, refused: 0 },
      { fetched: [], count: 0, refused: 0 },
    ]);
    expect(found.fetches.filter(({ version }) => version === "1.0.0")).toMatchObject([
      { principal: "ada", count: 4_500, firstAt: 0, lastAt: 8_998 },
      { principal: "bob", count: 4_500, firstAt: 1, lastAt: 8_999 },
    ]);
    const { people, credentials, projects } = summarise(found.fetches);
    expect(people.map(({ name, count }) => `${name} ${count}`)).toEqual(["ada 4500", "bob 4500", "eve 2"]);
    expect(people[2]?.versions).toEqual(["left@1.1.0-rc.1", "left@1.2.0"]);
    expect(credentials.map(({ name }) => name)).toEqual(["password of bob", "token of ada", "token of eve"]);
    expect(projects).toHaveLength(3);
    const elsewhere = await findExposure({ db, workspaceId: "w" }, { wanted, registryId: "other" });
    expect(elsewhere.fetches).toEqual([]);
  });

  it("holds all of a list or none of it", async () => {
    const db = await databases.open();
    await workspace(db);
    const shared = { workspaceId: "w", registryId: "", reason: "worm", actor: systemActor("test") };
    const versions = [
      { name: "left", version: "1.0.0" },
      { name: "left", version: "1.0.0" },
      { name: "right", version: "*" },
    ];
    const deps = { db, now: () => 7 };
    expect(await holdVersions(deps, { ...shared, versions, status: "held" })).toHaveLength(2);
    expect(await holdVersions(deps, { ...shared, versions, status: "held" })).toEqual([]);
    expect(await holdVersions(deps, { ...shared, versions, status: "blocked" })).toMatchObject([
      { name: "left", before: "held" },
      { name: "right", before: "held" },
    ]);
    const changes = await db.read.selectFrom("changes").select(["kind", "package"]).execute();
    expect(changes).toHaveLength(4);
    await expect(
      holdVersions(
        { db, now: () => Number.NaN },
        {
          ...shared,
          versions: [
            { name: "x", version: "1.0.0" },
            { name: "y", version: "1.0.0" },
          ],
          status: "held",
        },
      ),
    ).rejects.toThrow();
    const rows = await db.read
      .selectFrom("version_statuses")
      .select(["name", "status"])
      .orderBy("name")
      .execute();
    expect(rows).toEqual([
      { name: "left", status: "blocked" },
      { name: "right", status: "blocked" },
    ]);
  });
});
