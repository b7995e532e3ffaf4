import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startTestApp } from "@entrepot/testkit";
import { expect, it, onTestFinished } from "vitest";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { change, eventsOf, openTrail } from "./trail-fixtures.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

async function verify(env: Record<string, string>, ...options: string[]): Promise<Run> {
  const run = promisify(execFile)(process.execPath, [MAIN, "verify", ...options], {
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

it("works while the server runs, and with nothing to check says so", async () => {
  const app = await startTestApp();
  onTestFinished(() => app.close());
  await app.admin.publish({ name: "widget", version: "1.0.0" });
  const { code, stdout } = await verify({}, "--data", app.data);
  expect([code, stdout]).toEqual([0, expect.stringContaining("The audit trail is whole.")]);
});

it("takes no word that it does not know", async () => {
  expect((await verify({}, "--head", "abc")).code).toBe(2);
  expect((await verify({}, "--haed", "abc")).code).toBe(2);
});
