import { createTestClock } from "@entrepot/testkit";
import { expect, it } from "vitest";
import { createChangeLog, systemActor, type Change } from "../../src/changes/index.ts";
import {
  addTeamMember,
  changeTeam,
  createAccess,
  createAccessRule,
  createOrganization,
  createTeam,
  deleteOrganization,
  deleteTeam,
  listAccessRules,
  listMembers,
  listOrganizations,
  listTeamMembers,
  listTeams,
  removeMember,
  removeTeamMember,
  requireTeam,
  setMember,
  type MemberRole,
  type OrganizationDeps,
} from "../../src/identity/index.ts";
import { describeOnEachDatabase, type TestDatabases } from "../db/each-database.ts";

const WORKSPACE = "w1";
const actor = systemActor("test");
const holds = (): boolean => false;
const ADA = { userId: "id-ada", managesAll: false, holds };
const BOB = { userId: "id-bob", managesAll: false, holds };
const MANAGER = { userId: null, managesAll: true, holds };
const acme = { organization: "acme", actor };

interface Setup extends OrganizationDeps {
  /** What the change log says since the last call. */
  heard(): Promise<Change["detail"][]>;
  changes: Awaited<ReturnType<typeof createChangeLog>>;
}

/** An empty database with the users ada, bob and eve. */
async function start(databases: TestDatabases): Promise<Setup> {
  const db = await databases.open();
  await db.write(async (trx) => {
    await trx
      .insertInto("workspaces")
      .values({ id: WORKSPACE, name: "default", host: null, created_at: 0 })
      .execute();
    for (const name of ["ada", "bob", "eve"]) {
      await trx
        .insertInto("users")
        .values({
          id: `id-${name}`,
          workspace_id: WORKSPACE,
          name,
          display_name: name,
          full_name: "",
          email: null,
          password_hash: null,
          role: "developer",
          must_change_password: 0,
          disabled_at: null,
          created_at: 0,
          updated_at: 0,
        })
        .execute();
    }
  });
  const changes = await createChangeLog(db, { pollMs: 50, onError: () => undefined });
  databases.afterwards(() => changes.close());
  const said: Change[] = [];
  changes.subscribe((batch) => void said.push(...batch));
  return {
    db,
    workspaceId: WORKSPACE,
    now: createTestClock().now,
    changes,
    async heard() {
      await changes.refresh();
      return said.splice(0).map(({ kind, detail }) => ({ kind, ...detail }));
    },
  };
}

/** With the organization acme, whose owner is ada. */
async function startWithAcme(databases: TestDatabases): Promise<Setup> {
  const deps = await start(databases);
  await createOrganization(deps, { name: "@Acme", ownerId: "id-ada", actor });
  return deps;
}

const set = async (deps: Setup, user: string, role: MemberRole | null = null): Promise<unknown> =>
  await setMember(deps, { ...acme, user, role, by: ADA });

const remove = async (deps: Setup, user: string): Promise<unknown> =>
  await removeMember(deps, { ...acme, user, by: ADA });

async function rosterOf(deps: Setup): Promise<string[]> {
  const { items } = await listMembers(deps, { organization: "acme" });
  return items.map(({ userName, role }) => `${userName} ${role}`);
}

const teamOf = async (deps: Setup, team: string): Promise<string[]> =>
  (await listTeamMembers(deps, { organization: "acme", team })).items;

describeOnEachDatabase("organizations", (databases) => {
  it("are named like their scope and made with their owner and the team of everybody", async () => {
    const deps = await startWithAcme(databases);
    expect((await listOrganizations(deps)).items).toMatchObject([{ name: "acme" }]);
    expect(await rosterOf(deps)).toEqual(["ada owner"]);
    expect((await listTeams(deps, { organization: "ACME" })).items).toMatchObject([{ name: "developers" }]);
    expect(await teamOf(deps, "developers")).toEqual(["ada"]);
    expect(await deps.heard()).toEqual([
      { kind: "organization-changed", organization: "acme", what: "created" },
    ]);
    const again = createOrganization(deps, { name: "acme", ownerId: null, actor });
    await expect(again).rejects.toMatchObject({ code: "name-taken" });
  });

  it.each(["", "a b", "-a", ".a", "a/b", "a:b", "x".repeat(101)])("are not named %j", async (name) => {
    const made = createOrganization(await start(databases), { name, ownerId: null, actor });
    await expect(made).rejects.toMatchObject({ code: "request-invalid" });
  });

  it("are listed page by page", async () => {
    const deps = await start(databases);
    for (const name of ["c", "a", "b"]) await createOrganization(deps, { name, ownerId: null, actor });
    const first = await listOrganizations(deps, { limit: 2 });
    const rest = await listOrganizations(deps, { limit: 2, after: first.next });
    expect([...first.items, ...rest.items].map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(rest.next).toBeNull();
  });

  it("are gone with their teams and what these were granted", async () => {
    const deps = await startWithAcme(databases);
    const team = await requireTeam(deps, { organization: "acme", team: "developers" });
    await grant(deps, team.id);
    await deps.heard();
    await deleteOrganization(deps, { ...acme, by: MANAGER });
    expect((await listAccessRules(deps)).items).toEqual([]);
    expect(await deps.heard()).toMatchObject([
      { kind: "access-changed", what: "deleted", subject: { kind: "team", id: team.id } },
      { kind: "organization-changed", what: "deleted" },
    ]);
    for (const use of [
      rosterOf,
      () => deleteOrganization(deps, { ...acme, by: MANAGER }),
      () => set(deps, "bob"),
    ]) {
      await expect(use(deps)).rejects.toMatchObject({
        code: "not-found",
        message: 'There is no organization "acme"; make it with: entrepot org create acme',
      });
    }
  });
});

async function grant(deps: Setup, teamId: string): Promise<void> {
  await createAccessRule(deps, {
    effect: "grant",
    subject: { kind: "team", id: teamId },
    permissions: new Set(["publish"] as const),
    registryId: null,
    group: null,
    packages: "@acme/*",
    actor,
  });
}

describeOnEachDatabase("members", (databases) => {
  it("are developers unless something else is said, and keep what they are", async () => {
    const deps = await startWithAcme(databases);
    await deps.heard();
    expect(await set(deps, "Bob")).toEqual({
      organization: "acme",
      userName: "bob",
      role: "developer",
      size: 2,
    });
    expect(await set(deps, "bob", "admin")).toMatchObject({ role: "admin", size: 2 });
    expect(await set(deps, "bob")).toMatchObject({ role: "admin", size: 2 });
    expect(await rosterOf(deps)).toEqual(["ada owner", "bob admin"]);
    expect(await teamOf(deps, "developers")).toEqual(["ada", "bob"]);
    expect((await deps.heard()).map(({ what }) => what)).toEqual(["member added", "member changed"]);
    await expect(set(deps, "nobody")).rejects.toMatchObject({ code: "not-found" });
  });

  it("leave all teams when they leave", async () => {
    const deps = await startWithAcme(databases);
    await set(deps, "bob");
    await createTeam(deps, { ...acme, team: "core", description: "" });
    await addTeamMember(deps, { by: MANAGER, ...acme, team: "core", user: "bob" });
    await remove(deps, "bob");
    expect(await rosterOf(deps)).toEqual(["ada owner"]);
    expect([await teamOf(deps, "core"), await teamOf(deps, "developers")]).toEqual([[], ["ada"]]);
    await expect(remove(deps, "bob")).rejects.toMatchObject({ code: "not-found" });
  });

  it("keep an owner among them, unless somebody above takes it over", async () => {
    const deps = await startWithAcme(databases);
    await set(deps, "bob", "admin");
    const last = {
      code: "permission-denied",
      message: '"ada" is the last owner of the organization acme; make another one first.',
    };
    await expect(set(deps, "ada", "admin")).rejects.toMatchObject(last);
    await expect(remove(deps, "ada")).rejects.toMatchObject(last);
    await set(deps, "bob", "owner");
    await remove(deps, "ada");
    await removeMember(deps, { ...acme, user: "bob", by: MANAGER });
    expect(await rosterOf(deps)).toEqual([]);
  });

  it("who are owners are made, changed and removed by owners", async () => {
    const deps = await startWithAcme(databases);
    await set(deps, "bob", "admin");
    const denied = {
      code: "permission-denied",
      message: "Only its owners make, change and remove owners of the organization acme; ask one of them.",
    };
    const setBy = async (
      by: { userId: string | null; managesAll: boolean; holds: () => boolean },
      user: string,
      role: MemberRole | null,
    ): Promise<unknown> => await setMember(deps, { ...acme, user, role, by });
    for (const by of [BOB, { userId: null, managesAll: false, holds }]) {
      await expect(setBy(by, "bob", "owner")).rejects.toMatchObject(denied);
      await expect(setBy(by, "eve", "owner")).rejects.toMatchObject(denied);
      await expect(setBy(by, "ada", "developer")).rejects.toMatchObject(denied);
      await expect(removeMember(deps, { ...acme, user: "ada", by })).rejects.toMatchObject(denied);
    }
    await setBy(BOB, "ada", null);
    await setBy(BOB, "eve", "admin");
    await removeMember(deps, { ...acme, user: "eve", by: BOB });
    expect(await rosterOf(deps)).toEqual(["ada owner", "bob admin"]);
    await setMember(deps, { ...acme, user: "bob", role: "owner", by: MANAGER });
    await setBy(BOB, "ada", "developer");
    await expect(setBy(ADA, "ada", "owner")).rejects.toMatchObject(denied);
    expect(await rosterOf(deps)).toEqual(["ada developer", "bob owner"]);
  });

  it("two owners who leave at once do not leave it without one", async () => {
    const deps = await startWithAcme(databases);
    await set(deps, "bob", "owner");
    const left = await Promise.allSettled([remove(deps, "ada"), remove(deps, "bob")]);
    expect(left.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await rosterOf(deps)).toHaveLength(1);
  });
});

describeOnEachDatabase("teams", (databases) => {
  it("are made, changed and deleted; that of everybody stays", async () => {
    const deps = await startWithAcme(databases);
    await createTeam(deps, { ...acme, team: "Core", description: "the core" });
    await expect(createTeam(deps, { ...acme, team: "core", description: "" })).rejects.toMatchObject({
      code: "name-taken",
    });
    expect(await changeTeam(deps, { ...acme, team: "core", name: "heart" })).toMatchObject({
      name: "heart",
      description: "the core",
    });
    const taken = changeTeam(deps, { ...acme, team: "heart", name: "developers" });
    await expect(taken).rejects.toMatchObject({ code: "name-taken" });
    await deleteTeam(deps, { by: MANAGER, ...acme, team: "heart" });
    await expect(deleteTeam(deps, { by: MANAGER, ...acme, team: "heart" })).rejects.toMatchObject({
      code: "not-found",
    });
    const everybody = { ...acme, team: "developers" };
    await changeTeam(deps, { ...everybody, description: "all of us" });
    const denied = { code: "permission-denied" };
    await expect(deleteTeam(deps, { ...everybody, by: MANAGER })).rejects.toMatchObject(denied);
    await expect(changeTeam(deps, { ...everybody, name: "all" })).rejects.toMatchObject(denied);
    expect((await listTeams(deps, { organization: "acme" })).items).toMatchObject([
      { name: "developers", description: "all of us" },
    ]);
  });

  it("take members of the organization only, once, and lose them", async () => {
    const deps = await startWithAcme(databases);
    const core = { ...acme, team: "core" };
    await createTeam(deps, { ...core, description: "" });
    await expect(addTeamMember(deps, { by: MANAGER, ...core, user: "eve" })).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("npm org set acme eve"),
    });
    await deps.heard();
    for (let times = 0; times < 2; times += 1) {
      await addTeamMember(deps, { by: MANAGER, ...core, user: "ada" });
    }
    expect((await deps.heard()).map(({ what }) => what)).toEqual(["team member added"]);
    expect(await teamOf(deps, "core")).toEqual(["ada"]);
    await removeTeamMember(deps, { by: MANAGER, ...core, user: "ada" });
    const again = removeTeamMember(deps, { by: MANAGER, ...core, user: "ada" });
    await expect(again).rejects.toMatchObject({ code: "not-found" });
    expect(await rosterOf(deps)).toEqual(["ada owner"]);
  });

  it("give what they were granted as long as one is in them", async () => {
    const deps = await startWithAcme(databases);
    const access = await createAccess(deps);
    await createTeam(deps, { ...acme, team: "core", description: "" });
    await grant(deps, (await requireTeam(deps, { organization: "acme", team: "core" })).id);
    const may = async (): Promise<boolean> => {
      await deps.changes.refresh();
      const target = { registry: null, packageName: "@acme/left" };
      const limits = { limits: null, tokenId: null, via: "password", mustChangePassword: false } as const;
      const bob = { kind: "user", userId: "id-bob", name: "bob", role: "read-only", ...limits } as const;
      return (await access.ask({ principal: bob, permission: "publish", target })).allowed;
    };
    await set(deps, "bob");
    expect(await may()).toBe(false);
    await addTeamMember(deps, { by: MANAGER, ...acme, team: "core", user: "bob" });
    expect(await may()).toBe(true);
    await remove(deps, "bob");
    expect(await may()).toBe(false);
  });
});
