import { bareFacts, decide, plainContext, PROFILES } from "@entrepot/core";
import { createTestClock } from "@entrepot/testkit";
import { expect, it } from "vitest";
import { createChangeLog, systemActor, type ChangeLog } from "../../src/changes/index.ts";
import type { Database } from "../../src/db/index.ts";
import {
  approveException,
  createException,
  createExceptions,
  createPolicyRules,
  EVERYWHERE,
  leaveNotice,
  listExceptions,
  listNotices,
  policyWarnings,
  requestException,
  revokeException,
  setPolicyRule,
  setProfile,
  type ExceptionActor,
  type NewException,
  type PolicyRules,
} from "../../src/firewall/index.ts";
import { describeOnEachDatabase, type TestDatabases } from "../db/each-database.ts";

const WORKSPACE = "w1";
const REGISTRY = { id: "r1", workspaceId: WORKSPACE };
const HOUR_MS = 60 * 60 * 1000;

const by = (name: string): ExceptionActor => ({ workspaceId: WORKSPACE, actor: systemActor(name) });
const wish: NewException = {
  registryId: EVERYWHERE,
  packages: "left",
  range: "^1.0.0",
  rules: null,
  reason: "because",
  term: { days: 1 },
};

interface Scene {
  url: string;
  db: Database;
  changes: ChangeLog;
  now: () => number;
  advance(ms: number): void;
}

/** An empty database with a workspace, and a second one that must not show. */
async function start(databases: TestDatabases): Promise<Scene> {
  const url = await databases.emptyUrl();
  const db = await databases.open({ url });
  const clock = createTestClock();
  await db.write(async (trx) => {
    const made = { host: null, created_at: 0 };
    await trx
      .insertInto("workspaces")
      .values({ ...made, id: WORKSPACE, name: "default" })
      .execute();
    await trx
      .insertInto("workspaces")
      .values({ ...made, id: "w2", name: "other" })
      .execute();
  });
  return { ...(await follow(databases, db)), url, now: clock.now, advance: clock.advance };
}

/** A process that follows the changes. */
async function follow(databases: TestDatabases, db: Database): Promise<Pick<Scene, "db" | "changes">> {
  const changes = await createChangeLog(db, { pollMs: 50, onError: () => undefined });
  databases.afterwards(() => changes.close());
  return { db, changes };
}

describeOnEachDatabase("what operators choose", (databases) => {
  const writer = { actor: systemActor("ada"), fromConfiguration: false, mayWeaken: true };
  const write = { place: { workspaceId: WORKSPACE, registryId: EVERYWHERE }, by: writer };

  it("holds in every process at once, and in its workspace only", async () => {
    const scene = await start(databases);
    const rules = await createPolicyRules(scene);
    const other = await follow(databases, await databases.open({ url: scene.url }));
    const elsewhere = await createPolicyRules(other);
    await setProfile(scene, write, "strict");
    await setPolicyRule(scene, write, { rule: "age", packages: "@acme/*", options: { hours: 5 } });
    await Promise.all([scene.changes.refresh(), other.changes.refresh()]);
    for (const process of [rules, elsewhere]) {
      expect((await process.for(REGISTRY, "@acme/one")).age).toMatchObject({
        mode: "enforce",
        options: { hours: 5 },
      });
      expect((await process.for(REGISTRY, "left")).age.options).toMatchObject({ hours: 336 });
      const foreign = await process.for({ id: "r1", workspaceId: "w2" }, "@acme/one");
      expect(foreign.age.mode).toBe("shadow");
    }
    expect(await rules.for(REGISTRY, "left")).toBe(await rules.for(REGISTRY, "right"));
  });

  it("is lost by nobody when many choose at the same time", async () => {
    const scene = await start(databases);
    const names = Array.from({ length: 10 }, (_, index) => `package-${index}`);
    await Promise.all(
      names.map((packages) => setPolicyRule(scene, write, { rule: "age", packages, mode: "off" })),
    );
    const rules = await createPolicyRules(scene);
    const modes = await Promise.all(names.map(async (name) => (await rules.for(REGISTRY, name)).age.mode));
    expect(new Set(modes)).toEqual(new Set(["off"]));
  });
});

describeOnEachDatabase("what was chosen and is damaged", (databases) => {
  const row = {
    workspace_id: WORKSPACE,
    registry_id: EVERYWHERE,
    packages: "",
    managed: 0,
    set_by: "ada",
    set_at: 1,
  } as const;

  async function rulesWith(
    rows: readonly { rule: string; mode: string | null; options: string; packages?: string }[],
  ): Promise<{ rules: PolicyRules; problems: string[] }> {
    const scene = await start(databases);
    await scene.db.write(async (trx) => {
      for (const { mode, ...more } of rows) {
        await trx
          .insertInto("policy_rules")
          .values({ ...row, ...more, mode: mode as "off" | null })
          .execute();
      }
    });
    const problems: string[] = [];
    return {
      rules: await createPolicyRules({ ...scene, onDamaged: (problem) => void problems.push(problem) }),
      problems,
    };
  }

  it("counts as its strictest reading, is told of, and hides nothing else", async () => {
    const { rules, problems } = await rulesWith([
      { rule: "integrity-change", mode: "of", options: "{}" },
      { rule: "age", mode: "enforce", options: '{"hours": 5' },
      { rule: "vulnerability", mode: "enforce", options: '{"severity":"whatever"}' },
      { rule: "allow-only", mode: "enforce", options: "[1]" },
      { rule: "prerelease", mode: "enforce", options: "{}" },
    ]);
    const settings = await rules.for(REGISTRY, "left");
    expect(settings["integrity-change"].mode).toBe("enforce");
    expect(settings.age).toEqual({ mode: "enforce", options: PROFILES.standard.age.options });
    expect(settings.vulnerability).toEqual({
      mode: "enforce",
      options: PROFILES.standard.vulnerability.options,
    });
    expect(settings.prerelease.mode).toBe("enforce");
    const facts = bareFacts({ version: "1.0.0", upstreamVersion: null, origin: "local" });
    const context = plainContext({ name: "left", rules: settings });
    expect(decide(facts, context)).toMatchObject({ outcome: "deny", rule: "allow-only" });
    expect(problems).toEqual([
      expect.stringMatching(/age .*options.*elsewhere/),
      expect.stringMatching(/allow-only .*nothing is allowed/),
      expect.stringMatching(/integrity-change .*enforce counts/),
      expect.stringMatching(/vulnerability .*options/),
    ]);
    const choices = await rules.choices(WORKSPACE);
    expect(policyWarnings(choices, EVERYWHERE)).toEqual(expect.arrayContaining(problems));
  });

  it("is the strict profile where nobody can tell which one was meant", async () => {
    const { rules, problems } = await rulesWith([{ rule: "profile", mode: null, options: '{"profile":' }]);
    expect((await rules.of(REGISTRY)).profile).toBe("strict");
    expect(problems).toHaveLength(1);
  });

  it("lifts nothing, of an exception", async () => {
    const scene = await start(databases);
    const exceptions = await createExceptions(scene);
    for (const rules of ['["age"', '"malware"']) {
      const { id } = await createException(scene, by("ada"), wish);
      await scene.db.write((trx) =>
        trx.updateTable("exceptions").set({ rules, approved_by: "{" }).where("id", "=", id).execute(),
      );
    }
    await createException(scene, by("ada"), { ...wish, packages: "right" });
    await scene.changes.refresh();
    const kept = await exceptions.for(REGISTRY, "left");
    expect(kept.map(({ rules, approvedBy }) => [rules, approvedBy])).toEqual([
      [[], []],
      [[], []],
    ]);
  });
});

describeOnEachDatabase("exceptions", (databases) => {
  it("hold where they were made, for who they name, until they end or are revoked", async () => {
    const scene = await start(databases);
    const exceptions = await createExceptions(scene);
    const one = await createException(scene, by("ada"), { ...wish, registryId: "r1" });
    await createException(scene, by("ada"), { ...wish, packages: "@acme/*", range: "*" });
    await createException(scene, { ...by("ada"), workspaceId: "w2" }, wish);
    await scene.changes.refresh();
    const at = async (name: string, id = "r1"): Promise<string[]> =>
      (await exceptions.for({ id, workspaceId: WORKSPACE }, name)).map(({ packages }) => packages);
    expect([await at("left"), await at("left", "r2"), await at("@acme/x"), await at("@acme")]).toEqual([
      ["left"],
      [],
      ["@acme/*"],
      [],
    ]);
    await revokeException(scene, by("bob"), { id: one.id, note: "" });
    await scene.changes.refresh();
    expect(await at("left")).toEqual([]);
    scene.advance(25 * HOUR_MS);
    // Whoever decides looks at the end; one that is over is forgotten with the next change.
    expect(await at("@acme/x")).toEqual(["@acme/*"]);
    await createException(scene, by("ada"), { ...wish, packages: "right" });
    await scene.changes.refresh();
    expect(await at("@acme/x")).toEqual([]);
    const all = await listExceptions(scene, {
      workspaceId: WORKSPACE,
      filter: {},
      cursor: null,
      limit: 10,
    });
    expect(all.map(({ state }) => state).sort()).toEqual(["approved", "ended", "revoked"]);
  });

  it("from malware need two, also when many agree in the same moment", async () => {
    const scene = await start(databases);
    const { id } = await requestException(scene, by("dev"), { ...wish, rules: ["malware"] });
    const agree = (name: string): Promise<unknown> => approveException(scene, by(name), { id, note: "" });
    const same = await Promise.allSettled([agree("ada"), agree("ada"), agree("ada")]);
    expect(same.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(agree("dev")).rejects.toMatchObject({ code: "permission-denied" });
    const others = await Promise.allSettled([agree("bob"), agree("cy")]);
    expect(others.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const exceptions = await createExceptions(scene);
    const [held] = await exceptions.for(REGISTRY, "left");
    expect(held?.approvedBy).toHaveLength(2);
    expect(held?.approvedBy[0]).toBe("ada");
  });

  it("that were decided tell who asked, the newest first, and never more than can be read", async () => {
    const scene = await start(databases);
    const { id } = await requestException(scene, by("dev"), wish);
    await approveException(scene, by("ada"), { id, note: "" });
    const mine = { workspaceId: WORKSPACE, userName: "dev", withRead: true };
    expect(await listNotices(scene, mine)).toMatchObject([{ kind: "exception-approved" }]);
    await scene.db.write(async (trx) => {
      for (let index = 0; index < 205; index += 1) {
        const at = scene.now() + 1 + index;
        await leaveNotice(trx, { ...mine, kind: "test", text: `notice ${index}`, at });
      }
    });
    const notices = await listNotices(scene, mine);
    expect([notices.length, notices[0]?.text, notices.at(-1)?.text]).toEqual([200, "notice 204", "notice 5"]);
    expect(await listNotices(scene, { ...mine, userName: "ada" })).toEqual([]);
  });
});
