import { expect, test } from "vitest";
import { pnpm12, pnpm10, pnpm9 } from "./clients.ts";
import { describeClient } from "./every-client.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

describeClient(pnpm12, scene);
describeClient(pnpm10, scene);
describeClient(pnpm9, scene);

test("pnpm 12 adds and removes owners", async () => {
  await scene.app.as("eve");
  const pnpm = scene.start(pnpm12, { manifest: { name: "own-by-pnpm" } });
  await pnpm.run("publish", "--no-git-checks");
  await pnpm.run("owner", "add", "own-by-pnpm", "eve");
  expect(await pnpm.run("owner", "ls", "own-by-pnpm")).toMatch(/^dev\b.*\neve\b.*\n$/);
  await pnpm.run("owner", "rm", "own-by-pnpm", "eve");
  expect(await pnpm.run("owner", "ls", "own-by-pnpm")).toMatch(/^dev\b.*\n$/);
  const asked = scene.seen.filter(({ path }) => path.includes("/owners"));
  expect(asked.map(({ method, path, status }) => [method, path, status])).toEqual([
    ["PUT", "/npm/default/-/package/own-by-pnpm/owners", 201],
    ["DELETE", "/npm/default/-/package/own-by-pnpm/owners/eve", 201],
  ]);
});
