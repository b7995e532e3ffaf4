import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runClientCommand, type ExitCode } from "@entrepot/cli";
import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

const HOUR = 3_600_000;

let app: TestApp;
let upstream: FakeUpstream;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "entrepot-preflight-"));
  upstream = await createFakeUpstream();
  const clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  const old = clock.now() - 9000 * HOUR;
  upstream.publish({
    name: "parent",
    version: "1.0.0",
    time: old,
    manifest: { dependencies: { child: "^1.0.0" } },
  });
  upstream.publish({ name: "child", version: "0.1.0", time: old });
  upstream.publish({ name: "child", version: "1.0.0", time: clock.now() - HOUR });
  const body = { mode: "enforce" };
  await app.admin.request("/api/v1/registries/default/policy/rules/age", { method: "PUT", body });
  await writeFile(join(folder, "package.json"), JSON.stringify({ dependencies: { parent: "*" } }));
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  await rm(folder, { recursive: true });
});

async function run(words: readonly string[]): Promise<{ code: ExitCode; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await runClientCommand(words, {
    io: {
      env: { ENTREPOT_SERVER: app.url, ENTREPOT_TOKEN: app.admin.token },
      homeFolder: folder,
      folder,
      isInteractive: false,
      readInput: () => Promise.resolve(""),
      ask: () => Promise.resolve(""),
      out: (text) => (out += text),
      err: (text) => (err += text),
      fetch,
    },
  });
  return { code, out, err };
}

it("a dead end far down is found, explained, and unblocked by the command that is printed", async () => {
  const first = await run(["preflight"]);
  expect(first.code).toBe(1);
  expect(first.out).toContain("child@^1.0.0, which parent@1.0.0 asks for\n");

  const why = await run(["why", "child@^1.0.0"]);
  expect(why.code).toBe(1);
  expect(why.out).toMatch(/^child@1\.0\.0 is held until .* in the registry default: It was published on /);

  const command = /^ {2}entrepot (exception add .*)$/m.exec(first.out)?.[1] ?? "";
  const words = command.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', "")) ?? [];
  expect(await run(words)).toMatchObject({ code: 0, err: "" });

  expect(await run(["preflight"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("Nothing stands in the way."),
  });
  const after = await run(["why", "child@^1.0.0"]);
  expect(after).toMatchObject({ code: 0, out: expect.stringContaining("child@1.0.0 is what npm takes") });
});
