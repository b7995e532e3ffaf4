import { isEntrepotError } from "@entrepot/core";
import { expect, it } from "vitest";
import { createMemoryStore } from "../../src/blobs/index.ts";
import { createChangeLog, systemActor } from "../../src/changes/index.ts";
import { createStatuses } from "../../src/firewall/index.ts";
import { ensureWorkspace } from "../../src/first-run.ts";
import {
  addClaim,
  changeRegistry,
  changeUpstream,
  createRegistry,
  createUpstream,
  deleteRegistry,
  deleteUpstream,
  removeClaim,
  setRegistryUpstreams,
  type UpstreamWriteDeps,
} from "../../src/registry/index.ts";
import { describeOnEachDatabase, type TestDatabases } from "../db/each-database.ts";
import { publishDirectly } from "./publish-directly.ts";

const AT_ONCE = 10;

describeOnEachDatabase("administrators at work at once", (databases) => {
  it("create a registry and an upstream once; the others hear that the name is taken", async () => {
    const { deps, by } = await setUp(databases);
    const outcomes = await atOnce(() => createRegistry(deps, by, { name: "same" }));
    expect(outcomes).toEqual({ "done": 1, "name-taken": AT_ONCE - 1 });
    const upstreams = await atOnce(() => createUpstream(deps, by, { name: "same", url: URL }));
    expect(upstreams).toEqual({ "done": 1, "name-taken": AT_ONCE - 1 });
  });

  it("give one host to one registry", async () => {
    const { deps, by } = await setUp(databases);
    await atOnce((index) => createRegistry(deps, by, { name: `registry-${index}` }));
    const outcomes = await atOnce((index) =>
      changeRegistry(deps, by, { name: `registry-${index}`, host: "npm.example.test" }),
    );
    expect(outcomes).toEqual({ "done": 1, "name-taken": AT_ONCE - 1 });
  });

  it("set the upstreams of a registry, one list after the other", async () => {
    const { deps, by, linked } = await setUp(databases);
    for (const name of ["one", "two"]) await createUpstream(deps, by, { name, url: URL });
    await createRegistry(deps, by, { name: "own" });
    const lists = [
      ["one", "two"],
      ["two", "one"],
    ];
    const outcomes = await atOnce((index) =>
      setRegistryUpstreams(deps, by, {
        name: "own",
        upstreams: lists[index % 2] ?? [],
        mayUseCredentials: false,
      }),
    );
    expect(outcomes).toEqual({ done: AT_ONCE });
    expect(lists).toContainEqual(await linked("own"));
  });

  it("attach an upstream or find it deleted", async () => {
    const { deps, by, linked } = await setUp(databases);
    await createRegistry(deps, by, { name: "own" });
    await createUpstream(deps, by, { name: "going", url: URL });
    const outcomes = await atOnce((index) =>
      index === 5
        ? deleteUpstream(deps, by, "going")
        : setRegistryUpstreams(deps, by, {
            name: "own",
            upstreams: index % 2 === 0 ? ["going"] : [],
            mayUseCredentials: false,
          }),
    );
    expect(Object.keys(outcomes).filter((code) => code !== "done" && code !== "not-found")).toEqual([]);
    expect(await linked("own")).toEqual([]);
  });

  it("delete once; the others find nothing", async () => {
    const { deps, by } = await setUp(databases);
    await createRegistry(deps, by, { name: "own" });
    await createUpstream(deps, by, { name: "elsewhere", url: URL });
    expect(await atOnce(() => deleteRegistry(deps, by, "own"))).toEqual({
      "done": 1,
      "registry-not-found": AT_ONCE - 1,
    });
    expect(await atOnce(() => deleteUpstream(deps, by, "elsewhere"))).toEqual({
      "done": 1,
      "not-found": AT_ONCE - 1,
    });
  });

  it("change an upstream and a registry without losing any of the changes", async () => {
    const { deps, by, db } = await setUp(databases);
    await createUpstream(deps, by, { name: "elsewhere", url: URL });
    const changes = [{ freshSeconds: 1 }, { timeoutMs: 2 }, { allowedHosts: ["a"] }, { caFile: "b" }];
    await Promise.all(changes.map((settings) => changeUpstream(deps, by, { name: "elsewhere", settings })));
    const row = await db.read.selectFrom("upstreams").select("settings").executeTakeFirstOrThrow();
    expect(JSON.parse(row.settings)).toEqual({
      freshSeconds: 1,
      timeoutMs: 2,
      allowedHosts: ["a"],
      caFile: "b",
    });
  });

  it("claim names, the same or others", async () => {
    const { deps, by, db } = await setUp(databases);
    await createRegistry(deps, by, { name: "own" });
    const outcomes = await atOnce((index) =>
      addClaim(deps, by, { name: "own", pattern: `@team-${index % 3}/*` }),
    );
    expect(outcomes).toEqual({ done: AT_ONCE });
    await atOnce(() => removeClaim(deps, by, { name: "own", pattern: "@team-0/*" }));
    const rows = await db.read.selectFrom("claims").select("pattern").orderBy("pattern").execute();
    expect(rows.map(({ pattern }) => pattern)).toEqual(["@team-1/*", "@team-2/*"]);
  });

  it("set and clear the status of a version", async () => {
    const { deps, by, db } = await setUp(databases);
    const changes = await createChangeLog(db, { pollMs: 60_000, onError: () => undefined });
    databases.afterwards(() => changes.close());
    const statuses = await createStatuses({ ...deps, changes });
    const key = { workspaceId: by.workspaceId, registryId: "", name: "left", version: "1.0.0" };
    const outcomes = await atOnce(() =>
      statuses.set(key, { status: "blocked", reason: "bad", actor: systemActor("ada") }),
    );
    expect(outcomes).toEqual({ done: AT_ONCE });
    expect(await statuses.list(by.workspaceId)).toMatchObject([{ name: "left", status: "blocked" }]);
    const cleared = await Promise.all(
      Array.from({ length: AT_ONCE }, () => statuses.clear(key, systemActor("ada"))),
    );
    expect(cleared.filter(Boolean)).toHaveLength(1);
  });

  it("write nothing into the change log when nothing changes", async () => {
    const { deps, by, db } = await setUp(databases);
    const settings = { freshSeconds: 5 };
    await createUpstream(deps, by, { name: "elsewhere", url: URL, authorization: "Bearer x", settings });
    const values = { name: "own", description: "Ours", anonymousRead: true, host: "npm.example.test" };
    await createRegistry(deps, by, { ...values, upstreams: ["elsewhere"] });
    await addClaim(deps, by, { name: "own", pattern: "@own/*" });
    const count = async (): Promise<number> =>
      (await db.read.selectFrom("changes").select("seq").execute()).length;
    const before = await count();
    await changeRegistry(deps, by, values);
    await setRegistryUpstreams(deps, by, { name: "own", upstreams: ["elsewhere"], mayUseCredentials: false });
    await addClaim(deps, by, { name: "own", pattern: "@own/*" });
    await removeClaim(deps, by, { name: "own", pattern: "@other/*" });
    await changeUpstream(deps, by, { name: "elsewhere", url: URL, authorization: "Bearer x", settings });
    expect(await count()).toBe(before);
  });

  it("delete a registry into which others publish: they are told", async () => {
    const { deps, by, db } = await setUp(databases);
    const blobs = createMemoryStore();
    const publisher = await publishDirectly({ db, blobs, now: Date.now });
    databases.afterwards(() => publisher.close());
    const outcomes = await atOnce(async (index) => {
      if (index === 5) await deleteRegistry(deps, by, publisher.registry.name);
      else await publisher.publish({ name: `package-${index}`, version: "1.0.0" });
    });
    const others = Object.keys(outcomes).filter((code) => code !== "done" && code !== "registry-not-found");
    expect(others).toEqual([]);
    expect(await db.read.selectFrom("packages").select("name").execute()).toEqual([]);
  });
});

const URL = "http://127.0.0.1:9/";

/** Counts how many of ten calls succeeded, and the codes of those that did not. */
async function atOnce(work: (index: number) => Promise<unknown>): Promise<Record<string, number>> {
  const outcomes = await Promise.all(
    Array.from({ length: AT_ONCE }, async (_item, index) => {
      try {
        await work(index);
        return "done";
      } catch (error) {
        return isEntrepotError(error) ? error.code : String(error);
      }
    }),
  );
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

async function setUp(databases: TestDatabases) {
  const db = await databases.open();
  const deps: UpstreamWriteDeps = {
    db,
    now: Date.now,
    hostProblem: () => null,
    secrets: {
      seal: (text) => `${Math.random()} ${text}`,
      open: (sealed) => sealed.replace(/^\S+ /, ""),
      fingerprint: (text) => text,
    },
    isOwnUrl: () => false,
  };
  const by = {
    workspaceId: await ensureWorkspace(db, Date.now),
    actor: systemActor("ada"),
    fromConfiguration: false,
  };
  async function linked(name: string): Promise<string[]> {
    const rows = await db.read
      .selectFrom("registry_upstreams")
      .innerJoin("registries", "registries.id", "registry_upstreams.registry_id")
      .innerJoin("upstreams", "upstreams.id", "registry_upstreams.upstream_id")
      .select("upstreams.name as upstream")
      .where("registries.name", "=", name)
      .orderBy("position")
      .execute();
    return rows.map(({ upstream }) => upstream);
  }
  return { db, deps, by, linked };
}
