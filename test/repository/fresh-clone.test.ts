import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { startServer, type StartedServer } from "./started-server.ts";
import { copyRepository, type TemporaryCopy } from "./temporary-copy.ts";

let clone: TemporaryCopy | undefined;
let server: StartedServer | undefined;

afterEach(() => {
  server?.kill();
  clone?.remove();
});

test("npm start in a fresh clone installs, builds and serves; a second time it only serves", async () => {
  clone = copyRepository(() => true, { dependencies: "none" });
  const { folder } = clone;

  server = await startServer(process.execPath, ["scripts/start.mjs"], folder);
  await server.untilReady();
  expect(server.output()).toContain("Installing dependencies");
  expect(existsSync(join(folder, "packages/server/dist/main.js"))).toBe(true);
  expect(await server.stop(), server.output()).toBe(0);
  expect(entrepotVersion(folder)).toMatch(/\d+\.\d+\.\d+/);

  server = await startServer(process.execPath, ["scripts/start.mjs"], folder);
  await server.untilReady();
  expect(server.output()).not.toContain("Installing dependencies");
  expect(await server.stop(), server.output()).toBe(0);
});

/** What the README's `npx entrepot` runs: npm links it while the program is not built yet. */
function entrepotVersion(folder: string): string {
  return execFileSync("npx", ["--no-install", "entrepot", "--version"], { cwd: folder, encoding: "utf8" });
}
