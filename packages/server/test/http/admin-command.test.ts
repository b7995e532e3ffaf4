import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runAdminCommand } from "../../src/commands/admin.ts";
import { runMaintenanceCommand } from "../../src/commands/maintenance.ts";
import type { ProcessInputs } from "../../src/config/index.ts";
import { describeOnEachPostgres } from "../db/each-database.ts";

let data: string;
let printed: { out: string; err: string };

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "entrepot-admin-"));
  printed = { out: "", err: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((printed.out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((printed.err += String(text)), true));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(data, { recursive: true });
});

const inputs = (...argv: string[]): ProcessInputs => ({
  argv: [...argv, "--data", data],
  env: {},
  cwd: data,
  readFile: (path) => {
    throw Object.assign(new Error(path), { code: "ENOENT" });
  },
});
const run = async (...argv: string[]): Promise<number> => await runAdminCommand(inputs(...argv));

describe("a command on a folder without a database", () => {
  it.each([
    ["admin token", () => run("token", "admin")],
    ["admin users", () => run("users")],
    ["gc", () => runMaintenanceCommand("gc", inputs())],
  ])("%s names the folder and --data, and makes nothing", async (_name, command) => {
    const parent = data;
    data = join(parent, "elsewhere");
    const refused = await command().catch((error: unknown) => error as Error);
    expect(refused).toMatchObject({
      code: "storage-unavailable",
      message: expect.stringMatching(`no database in the folder ${data}\\. .* --data`) as string,
    });
    expect(await readdir(parent)).toEqual([]);
    data = parent;
  });
});

describeOnEachPostgres("a command", (databases) => {
  it("makes no data folder where it keeps nothing in it", async () => {
    const inFolder = (folder: string, ...argv: string[]): ProcessInputs => ({
      ...inputs(...argv),
      argv: [...argv, "--data", join(data, folder)],
      env: { ENTREPOT_DATABASE_URL: url },
    });
    const url = await databases.emptyUrl();
    expect(await runMaintenanceCommand("migrate", inFolder("migrate"))).toBe(0);
    expect(await runAdminCommand(inFolder("admin", "add", "ada"))).toBe(0);
    expect(await runAdminCommand(inFolder("admin", "token", "ada"))).toBe(0);
    expect(printed.out).toMatch(/token: ent_/);
    expect(await readdir(data)).toEqual([]);
    expect(await runMaintenanceCommand("gc", inFolder("gc"))).toBe(0);
    expect(await readdir(data)).toEqual(["gc"]);
  });
});

describe("entrepot admin", () => {
  it.each(["constructor", "toString", "pasword"])("refuses %s, which is no action", async (action) => {
    expect(await run(action, "ada")).toBe(2);
    expect(printed.err).toMatch(/^Usage: entrepot admin/);
  });
});

describe("entrepot admin token", () => {
  it.each(["30d", "0", "-1", "1.5", "", "1e2", "9999", "NaN"])("refuses %j days", async (days) => {
    expect(await run("token", "ada", `--days=${days}`)).toBe(2);
    expect(printed.err).toContain(`--days takes a whole number of days from 1 to 3650, not "${days}".`);
  });

  it("makes a token that ends after as many days as it is told", async () => {
    await runMaintenanceCommand("migrate", inputs());
    expect(await run("add", "ada")).toBe(0);
    printed.out = "";
    expect(await run("token", "ada", "--days", "30", "--json")).toBe(0);
    expect(JSON.parse(printed.out)).toEqual({
      user: "ada",
      readonly: true,
      token: expect.stringMatching(/^ent_/),
    });
  });
});

describe("entrepot admin, without a server", () => {
  const json = async (...argv: string[]): Promise<Record<string, unknown>> => {
    printed.out = "";
    expect([argv, await run(...argv, "--json")]).toEqual([argv, 0]);
    return JSON.parse(printed.out) as Record<string, unknown>;
  };

  it("changes roles, lists tokens and ends them", async () => {
    await runMaintenanceCommand("migrate", inputs());
    await json("add", "ada");
    expect(await json("role", "ada", "read-only")).toEqual({ user: "ada", role: "read-only" });
    await expect(run("role", "ada", "emperor")).rejects.toThrow(/"emperor" is not a role/);
    await json("token", "ada", "--write");
    await json("token", "ada", "--days", "3");
    const { tokens } = (await json("tokens", "ada")) as { tokens: { id: string; userName: string }[] };
    expect(tokens.map(({ userName }) => userName)).toEqual(["ada", "ada"]);
    expect(await json("revoke", tokens[0]?.id ?? "")).toMatchObject({ revoked: true });
    expect((await json("tokens"))["tokens"]).toHaveLength(1);
    await expect(run("revoke", tokens[0]?.id ?? "")).rejects.toThrow(/no usable token/);
    printed.out = "";
    await run("tokens");
    expect(printed.out).toMatch(/\tpersonal\tada\tmade on the command line\t…\w{4}\tread-only\tends 20/);
  });

  it("works on the workspace that it is told", async () => {
    await runMaintenanceCommand("migrate", inputs());
    await json("add", "ada");
    await expect(run("users", "--workspace", "elsewhere")).rejects.toThrow(/no workspace "elsewhere"/);
    expect((await json("users", "--workspace", "default"))["users"]).toHaveLength(1);
  });
});
