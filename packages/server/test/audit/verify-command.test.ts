import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startTestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/db/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { startServerProcess } from "../http/server-process.ts";
import { change, eventsOf, openTrail } from "./trail-fixtures.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

function verify(env: Record<string, string>, ...options: string[]): Promise<Run> {
  return command(env, "verify", ...options);
}

async function command(env: Record<string, string>, ...words: string[]): Promise<Run> {
  const run = promisify(execFile)(process.execPath, [MAIN, ...words], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...env },
  });
  const done = await run.catch((error: unknown) => error as Run);
  return { code: "code" in done ? done.code : 0, stdout: done.stdout, stderr: done.stderr };
}

describeOnEachDatabase("entrepot verify", (databases) => {
  it("tells a whole trail from one that was touched", async () => {
    const url = await databases.emptyUrl();
    const db = await databases.open({ url });
    for (const name of ["a", "b", "c"]) await change(db, name);
    const trail = openTrail(db);
    await trail.settle();
    const data = await mkdtemp(join(tmpdir(), "entrepot-verify-"));
    onTestFinished(() => rm(data, { recursive: true }));
    const env = { ENTREPOT_DATABASE_URL: url, ENTREPOT_DATA: data };
    const head = (await eventsOf(db)).at(-1)?.hash ?? "";
    const whole = await verify(env);
    expect([whole.code, whole.stdout]).toEqual([
      0,
      `events that fit: 3\nhead: ${head}\nThe audit trail is whole.\n`,
    ]);
    expect((await verify(env, "--head", head)).code).toBe(0);
    const other = await verify(env, "--head", "f".repeat(64));
    expect([other.code, other.stdout]).toEqual([1, expect.stringContaining("is not in the trail")]);

    await db.write((trx) =>
      trx.updateTable("audit_events").set({ actor: "eve" }).where("package", "=", "b").execute(),
    );
    const touched = await verify(env, "--json");
    expect(touched.code).toBe(1);
    expect(JSON.parse(touched.stdout)).toMatchObject({
      isWhole: false,
      events: 1,
      fault: { kind: "tag-set" },
    });
  });
});

it("seals what a server left, and names the first change whose event is gone", async () => {
  const data = await mkdtemp(join(tmpdir(), "entrepot-verify-"));
  onTestFinished(() => rm(data, { recursive: true }));
  const db = await openDatabase({ url: `sqlite:${join(data, "entrepot.db")}` });
  onTestFinished(() => db.close());
  await change(db, "a");
  const sealed = await verify({}, "--data", data);
  expect(sealed.stdout).toContain("The audit trail is whole.");
  expect(sealed.code).toBe(0);
  const head = (await eventsOf(db))[0]?.hash ?? "";
  expect(head).toHaveLength(64);

  await db.write((trx) => trx.deleteFrom("audit_events").execute());
  const emptied = await verify({}, "--data", data, "--head", head);
  expect(emptied.code).toBe(1);
  expect(emptied.stdout).toMatch(/^The change 1 \(tag-set, .*\) has no event\./m);
  expect(emptied.stdout).not.toContain("cut off");
});

it("works while the server runs, and with nothing to check says so", async () => {
  const app = await startTestApp();
  onTestFinished(() => app.close());
  await app.admin.publish({ name: "widget", version: "1.0.0" });
  const { code, stdout } = await verify({}, "--data", app.data);
  expect([code, stdout]).toEqual([0, expect.stringContaining("The audit trail is whole.")]);
});

describe("a server that ran and stopped", () => {
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), "entrepot-verify-"));
    await (await startServerProcess(data)).stop();
  });
  afterAll(() => rm(data, { recursive: true }));

  it("leaves nothing that other users of the machine can read", async () => {
    const paths = await readdir(data, { recursive: true });
    const open: string[] = [];
    for (const path of paths) {
      const { mode } = await stat(join(data, path));
      if ((mode & 0o077) !== 0) open.push(path);
    }
    expect(paths).toContain("entrepot.db");
    expect(open).toEqual([]);
  });

  it("finds the events of commands sealed when they end", async () => {
    const events = async (): Promise<unknown> =>
      JSON.parse((await verify({}, "--json", "--data", data)).stdout);
    const before = (await events()) as { events: number };
    expect((await command({}, "admin", "add", "vera", "--data", data)).code).toBe(0);
    expect(await events()).toMatchObject({ isWhole: true, events: before.events + 1, unsealed: 0 });
  });
});

it("takes no word that it does not know", async () => {
  expect((await verify({}, "--head", "abc")).code).toBe(2);
  expect((await verify({}, "--haed", "abc")).code).toBe(2);
});
