import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runAdminCommand } from "../../src/commands/admin.ts";

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

const run = async (...argv: string[]): Promise<number> =>
  await runAdminCommand({
    argv: [...argv, "--data", data],
    env: {},
    cwd: data,
    readFile: (path) => {
      throw Object.assign(new Error(path), { code: "ENOENT" });
    },
  });

describe("entrepot admin token", () => {
  it.each(["30d", "0", "-1", "1.5", "", "1e2", "9999", "NaN"])("refuses %j days", async (days) => {
    expect(await run("token", "ada", `--days=${days}`)).toBe(2);
    expect(printed.err).toContain(`--days takes a whole number of days from 1 to 3650, not "${days}".`);
  });

  it("makes a token that ends after as many days as it is told", async () => {
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
