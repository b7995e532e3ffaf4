import { createTestClock } from "@entrepot/testkit";
import { expect, it } from "vitest";
import type { AuditRecord } from "../../src/audit/index.ts";
import type { Database } from "../../src/db/index.ts";
import {
  createDecisionLog,
  decisionsInOrder,
  listDecisions,
  LOOK,
  pruneDecisions,
  type Asker,
  type Decided,
  type DecisionFilter,
} from "../../src/firewall/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const served = (name: string, version = "1.0.0"): Decided => ({
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

const refused = (name: string, reason = "It steals tokens."): Decided => ({
  ...served(name),
  outcome: "refused",
  rule: "malware",
  reason,
  until: 5,
});

const asker = (principal: string, more: Partial<Asker> = {}): Asker => ({
  principal,
  credential: "t1",
  address: "192.0.2.1",
  client: "npm/11.6.2 node/v20",
  project: undefined,
  at: 1000,
  ...more,
});

function open(db: Pick<Database, "write">, waitingMax?: number) {
  const clock = createTestClock();
  const audited: AuditRecord[] = [];
  const log = createDecisionLog({
    db,
    workspaceId: "w",
    now: clock.now,
    log: createSilentLog(),
    audit: { record: (event) => void audited.push(event) },
    ...(waitingMax === undefined ? {} : { waitingMax }),
  });
  return { log, clock, audited };
}

const rowsOf = async (db: Database, filter: DecisionFilter = {}, limit = 500) =>
  await listDecisions({ db, workspaceId: "w" }, { filter, before: null, limit });

describeOnEachDatabase("the decision log", (databases) => {
  it("writes once a second at most for those who read", async () => {
    const db = await databases.open();
    const { log, clock } = open(db);
    const written = async (): Promise<number> => (await rowsOf(db)).rows.length;
    log.record(served("left"), asker("ada"));
    await log.catchUp();
    expect(await written()).toBe(1);
    log.record(served("right"), asker("ada"));
    await log.catchUp();
    expect(await written()).toBe(1);
    clock.advance(1_000);
    await log.catchUp();
    expect(await written()).toBe(2);
    await log.close();
  });

  it("keeps every column of what was served and refused", async () => {
    const db = await databases.open();
    const { log } = open(db);
    log.record(served("left"), asker("ada", { project: "shop" }));
    log.record(refused("right"), asker("anonymous", { credential: null, client: undefined, at: 2000 }));
    await log.flush();
    const { rows } = await rowsOf(db);
    expect(rows).toEqual([
      {
        seq: 2,
        workspace_id: "w",
        at: 2000,
        registry_id: "r",
        registry: "default",
        name: "right",
        version: "1.0.0",
        outcome: "refused",
        purpose: "tarball",
        rule: "malware",
        reason: "It steals tokens.",
        until: 5,
        principal: "anonymous",
        credential: null,
        address: "192.0.2.1",
        client: "",
        project: null,
        count: 1,
        told_at: null,
      },
      expect.objectContaining({ seq: 1, name: "left", principal: "ada", rule: null, project: "shop" }),
    ]);
  });

  it("counts neither as a download nor as served what was only looked into", async () => {
    const db = await databases.open();
    const { log } = open(db);
    log.record({ ...served("left"), purpose: LOOK }, asker("ada"));
    await log.flush();
    log.record(served("left"), asker("ada"));
    await log.flush();
    expect((await rowsOf(db)).rows.map(({ purpose }) => purpose)).toEqual(["tarball", LOOK]);
    for (const table of ["download_counts", "decision_counts"] as const) {
      const counts = await db.read.selectFrom(table).select("count").execute();
      expect([table, counts.map(({ count }) => Number(count))]).toEqual([table, [1]]);
    }
  });

  it("counts the very same up and tells different askers apart", async () => {
    const db = await databases.open();
    const { log } = open(db);
    const left = served("left");
    for (let index = 0; index < 10; index += 1) {
      log.record(left, asker("ada"));
      log.record(left, asker("bob", { credential: null }));
      log.record(refused("right"), asker("ada"));
    }
    await log.flush();
    log.record(left, asker("ada"));
    await log.close();
    const { rows } = await rowsOf(db);
    expect(rows.map(({ name, principal, count }) => `${name} ${principal} ${count}`)).toEqual([
      "left ada 1",
      "right ada 10",
      "left bob 10",
      "left ada 10",
    ]);
  });

  it("writes a withheld packument once a minute for each who asks", async () => {
    const db = await databases.open();
    const { log, clock } = open(db);
    const full: Decided = { ...served("left", "*"), outcome: "withheld" };
    const abbreviated = { ...full };
    for (let second = 0; second < 100; second += 1) {
      for (const form of [full, abbreviated]) {
        log.recordOncePerMinute(form, asker("ada", { at: clock.now() }));
        log.recordOncePerMinute(form, asker("ada", { at: clock.now(), address: "192.0.2.2" }));
      }
      clock.advance(1000);
    }
    await log.flush();
    const { rows } = await rowsOf(db);
    expect(rows.map(({ address, count }) => `${address} ${count}`).sort()).toEqual([
      "192.0.2.1 2",
      "192.0.2.2 2",
    ]);
  });

  it("takes any text that a request can bring", async () => {
    const db = await databases.open();
    const { log } = open(db);
    const face = "\u{1f600}";
    log.record(refused("left", `${"x".repeat(299)}${face}`), asker("ada"));
    log.record(refused("nul", "a\0b"), asker("ada", { project: 'a\0"\\' }));
    const utf8 = Buffer.from("läden").toString("latin1");
    log.record(served("one"), asker("ada", { project: utf8, client: "x".repeat(5000) }));
    log.record(served("two"), asker("ada", { client: "npm/11 project/@acme/shop ci/none" }));
    await log.flush();
    const { rows } = await rowsOf(db);
    expect(rows.map(({ project }) => project)).toEqual(["@acme/shop", "läden", 'a"\\', null]);
    expect(rows[1]?.client).toHaveLength(200);
    expect(rows[2]?.reason).toBe("ab");
    expect(rows[3]?.reason).toHaveLength(300);
  });

  it("drops what there is no room for, and says in the audit trail how much that was", async () => {
    const db = await databases.open();
    const { log, audited } = open(db, 1000);
    for (let index = 0; index < 5000; index += 1) log.record(served(`p${index}`), asker("ada"));
    await log.flush();
    expect((await rowsOf(db, {}, 5000)).rows).toHaveLength(1000);
    expect(audited).toMatchObject([{ kind: "events-dropped", detail: { count: 4000, of: "decisions" } }]);
    log.record(served("after"), asker("ada"));
    await log.flush();
    expect(audited).toHaveLength(1);
    expect((await rowsOf(db, { name: "after" })).rows).toHaveLength(1);
  });

  it("is read page by page, and by every filter", async () => {
    const db = await databases.open();
    const { log } = open(db);
    for (let index = 0; index < 6; index += 1) {
      const at = 86_400_000 * (index + 1);
      log.record(served(`p${index % 2}`, `1.0.${index}`), asker(index < 3 ? "ada" : "bob", { at }));
    }
    log.record(
      { ...refused("p0"), registryId: "other", registry: "other" },
      asker("bob", { at: 86_400_000 * 9 }),
    );
    await log.flush();
    const seqs: number[] = [];
    let before: number | null = null;
    do {
      const page = await listDecisions({ db, workspaceId: "w" }, { filter: {}, before, limit: 3 });
      seqs.push(...page.rows.map(({ seq }) => seq));
      before = page.next;
    } while (before !== null);
    expect(seqs).toEqual([7, 6, 5, 4, 3, 2, 1]);
    const count = async (filter: DecisionFilter) => (await rowsOf(db, filter)).rows.length;
    expect(await count({ name: "p0" })).toBe(4);
    expect(await count({ name: "p0", version: "1.0.2" })).toBe(1);
    expect(await count({ outcome: "refused" })).toBe(1);
    expect(await count({ outcome: "served", principal: "bob" })).toBe(3);
    expect(await count({ rule: "malware" })).toBe(1);
    expect(await count({ registry: "other" })).toBe(1);
    expect(await count({ registryId: "r" })).toBe(6);
    expect(await count({ since: 86_400_000 * 3 })).toBe(5);
    expect(await count({ until: 86_400_000 * 3 })).toBe(2);
    expect(await listDecisions({ db, workspaceId: "v" }, { filter: {}, before: null, limit: 9 })).toEqual({
      rows: [],
      next: null,
    });
    const inOrder: number[] = [];
    for await (const rows of decisionsInOrder({ db, workspaceId: "w" }, { name: "p1" })) {
      inOrder.push(...rows.map(({ seq }) => seq));
    }
    expect(inOrder).toEqual([2, 4, 6]);
  });

  it("forgets what is too old", async () => {
    const db = await databases.open();
    const { log } = open(db);
    for (let index = 0; index < 12_000; index += 1) {
      log.record(served("p", `1.0.${index}`), asker("ada", { at: index }));
    }
    await log.flush();
    expect(await pruneDecisions({ db }, { before: 11_000, now: 12_000 })).toBe(11_000);
    expect(await pruneDecisions({ db }, { before: 11_000, now: 12_000 })).toBe(0);
    const { rows } = await rowsOf(db, {}, 5000);
    expect(rows).toHaveLength(1000);
    expect(rows.at(-1)?.at).toBe(11_000);
  });

  it("forgets what was written while the clock was ahead with what is behind it, and not before", async () => {
    const db = await databases.open();
    const { log } = open(db);
    const times = [...Array.from({ length: 5_001 }, () => 1e12), 10, 5_000, 1e12, 5_001];
    for (const [index, at] of times.entries()) log.record(served("p", `1.0.${index}`), asker("ada", { at }));
    await log.flush();
    expect(await pruneDecisions({ db }, { before: 100, now: 6_000 })).toBe(5_002);
    const { rows } = await rowsOf(db, {}, 50);
    expect(rows.map(({ at }) => at)).toEqual([5_001, 1e12, 5_000]);
  });

  it("opens what was refused in one registry also when another was deleted meanwhile", async () => {
    const db = await databases.open();
    const names = {
      workspace_id: "w",
      name: "default",
      description: "",
      host: null,
      kind: "standard",
    } as const;
    const flags = { anonymous_read: 0, active: 1, allow_overwrite: 0, is_protected: 0, managed: 0 } as const;
    const times = { refusal_status: 403, created_at: 0, updated_at: 0 } as const;
    await db.write(async (trx) => {
      await trx.insertInto("workspaces").values({ id: "w", name: "w", host: null, created_at: 0 }).execute();
      await trx
        .insertInto("registries")
        .values({ id: "r", ...names, ...flags, ...times })
        .execute();
    });
    const { log } = open(db);
    log.record({ ...refused("left"), registryId: "gone" }, asker("ada"));
    log.record(refused("right"), asker("ada"));
    await log.flush();
    const found = await db.read.selectFrom("findings").select(["registry_id", "name"]).execute();
    expect(found).toEqual([{ registry_id: "r", name: "right" }]);
    expect((await rowsOf(db)).rows.map(({ name }) => name)).toEqual(["right", "left"]);
  });
});

it("keeps what a database cannot take until it can", async () => {
  const { EntrepotError } = await import("@entrepot/core");
  let isDown = true;
  let written = 0;
  const { log, audited } = open({
    write: async () => {
      if (isDown) throw new EntrepotError("storage-unavailable");
      written += 1;
      return undefined as never;
    },
  });
  log.record(served("left"), asker("ada"));
  await log.flush();
  isDown = false;
  await log.close();
  expect([written, audited]).toEqual([1, []]);
});
