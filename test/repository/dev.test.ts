import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { startServer, type StartedServer } from "./started-server.ts";
import { copyRepository, type TemporaryCopy } from "./temporary-copy.ts";

/** Loaded with the server, and nothing else prints when it is. */
const TOUCHED = "packages/server/src/version.ts";

let copy: TemporaryCopy | undefined;
let server: StartedServer | undefined;

afterEach(async () => {
  // Killed, it would leave a compiler and a server behind.
  await server?.stop();
  copy?.remove();
}, 30_000);

test("npm run dev builds and serves, and serves what was changed", async () => {
  copy = copyRepository((path) => /^([^/]+|scripts\/.*|packages\/.*)$/.test(path));
  server = await startServer(process.execPath, ["scripts/dev.mjs"], copy.folder);
  await server.untilReady();
  expect(server.output()).not.toContain("changed by the test");

  const source = readFileSync(join(copy.folder, TOUCHED), "utf8");
  copy.write(TOUCHED, `${source}\nprocess.stdout.write("changed by the test\\n");\n`);
  await expect.poll(server.output, { timeout: 30_000 }).toContain("changed by the test");
  await server.untilReady();
  expect(server.output()).toMatch(/"msg":"stopped"[^]*changed by the test[^]*"msg":"listening"/);

  copy.write(TOUCHED, `${source}\nexport const WRONG: string = 1;\n`);
  await expect.poll(server.output, { timeout: 30_000 }).toContain("Found 1 error");
  await server.untilReady();
  expect(await server.stop(), server.output()).toBe(0);
}, 90_000);
