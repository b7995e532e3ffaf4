import { describe, expect, test } from "vitest";
import { npm11, npm10 } from "./clients.ts";
import { setScene } from "./scene.ts";
import type { Workplace } from "./workplace.ts";

const scene = setScene();
const PLAIN = JSON.stringify({ name: "app", version: "1.0.0" });

describe.each([npm11, npm10])("$name after a first install", (client) => {
  /** A home that has everything of `trunk` in its cache, and a project with a lockfile. */
  async function installed(): Promise<Workplace> {
    const npm = scene.start(client);
    await npm.run("install", "trunk");
    npm.remove("node_modules");
    scene.forget();
    return npm;
  }

  test("installs the lockfile with --offline and asks nobody", async () => {
    const npm = await installed();
    await npm.run("ci", "--offline", "--no-audit");
    expect(await npm.require("trunk")).toContain("twig@1.0.0");
    expect(scene.seen).toEqual([]);
  });

  test.each(["--offline", "--prefer-offline"])("resolves anew with %s and asks nobody", async (option) => {
    const npm = await installed();
    npm.remove("package-lock.json");
    npm.write("package.json", PLAIN);
    await npm.run("install", "trunk@^1.0.0", option, "--no-audit");
    expect(await npm.require("trunk")).toContain("twig@1.0.0");
    expect(scene.seen).toEqual([]);
  });

  test("--offline does not get what was never installed, --prefer-offline asks for just that", async () => {
    const npm = await installed();
    expect(await npm.fail("install", "young", "--offline", "--no-audit")).toContain("ENOTCACHED");
    expect(scene.seen).toEqual([]);
    await npm.run("install", "young", "--prefer-offline", "--no-audit");
    expect(scene.seen.map(({ path }) => path.replace("/npm/default/", ""))).toEqual([
      "young",
      "young/-/young-1.1.0.tgz",
    ]);
  });
});
