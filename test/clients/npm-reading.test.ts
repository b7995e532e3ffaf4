import { describe, expect, test } from "vitest";
import { npm11, npmrc } from "./clients.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

interface Lockfile {
  packages: Record<string, { version: string; resolved: string; integrity: string }>;
}

describe("versions", () => {
  test("an exact version that is not the latest", async () => {
    const npm = scene.start(npm11);
    await npm.run("install", "left@1.0.0");
    expect(await npm.require("left")).toEqual(["left@1.0.0"]);
  });

  test("build metadata of the upstream: every spelling installs, with the upstream's integrity", async () => {
    const versions = scene.upstream.document("plus")?.["versions"] as Record<
      string,
      { dist: { integrity: string } }
    >;
    const integrity = versions["1.1.0+4.17.0"]?.dist.integrity;
    for (const spec of ["plus", "plus@1.1.0", "plus@^1.1.0", "plus@1.1.0+4.17.0"]) {
      const npm = scene.start(npm11);
      await npm.run("install", spec);
      expect(await npm.require("plus"), spec).toEqual(["plus@1.1.0+4.17.0"]);
      expect(npm.json<Lockfile>("package-lock.json").packages["node_modules/plus"]).toMatchObject({
        version: "1.1.0",
        resolved: `${scene.registry}plus/-/plus-1.1.0.tgz`,
        integrity,
      });
    }
    expect(await scene.start(npm11).run("view", "plus", "versions", "--json")).toMatch(
      /^\[\s*"1\.0\.0",\s*"1\.1\.0"\s*\]/,
    );
  });

  test("a version that was blocked since the last install is refused at once, with the cache as it is", async () => {
    scene.upstream.publish({ name: "turning", version: "1.0.0" });
    scene.upstream.publish({ name: "turning", version: "1.1.0" });
    const npm = scene.start(npm11);
    await npm.run("install", "turning");
    expect(npm.json<Lockfile>("package-lock.json").packages["node_modules/turning"]?.version).toBe("1.1.0");
    await scene.block("turning", "1.1.0");

    npm.remove("node_modules", "package-lock.json");
    npm.write("package.json", `{ "name": "app", "version": "1.0.0" }`);
    expect(await npm.fail("install", "turning@1.1.0")).toContain(
      "turning@1.1.0 is blocked in the registry default",
    );
    expect(await npm.fail("install", "turning@^1.1.0")).toContain(
      "turning@1.1.0 is blocked in the registry default",
    );
    await npm.run("install", "turning");
    expect(npm.json<Lockfile>("package-lock.json").packages["node_modules/turning"]?.version).toBe("1.0.0");
  });
});

describe("commands", () => {
  test("view, ping, outdated", async () => {
    const npm = scene.start(npm11);
    const view = JSON.parse(await npm.run("view", "left", "--json")) as Record<string, unknown>;
    expect(view).toMatchObject({
      "name": "left",
      "version": "1.1.0",
      "dist-tags": { latest: "1.1.0" },
      "versions": ["1.0.0", "1.1.0"],
      "dist": { tarball: `${scene.registry}left/-/left-1.1.0.tgz` },
    });
    expect(await npm.run("ping")).toContain("PONG");
    await npm.run("install", "left@1.0.0", "--save-exact");
    // It tells by its exit code that something is outdated.
    expect(await npm.fail("outdated", "--parseable")).toContain("left@1.0.0:left@1.0.0:left@1.1.0");
  });

  test("what the server does not offer, or not yet, is told in a sentence, and an install does without it", async () => {
    const npm = scene.start(npm11);
    const installed = await npm.run("install", "left");
    expect(installed.trim()).toMatch(/^added 1 package in \S+$/);
    expect(scene.seen.some(({ path, status }) => path.endsWith("/advisories/bulk") && status === 404)).toBe(
      true,
    );
    for (const [command, why] of [
      ["audit", "answers audits from the advisories of this server, and there are none yet"],
    ] as const) {
      const text = await npm.fail(...command.split(" "));
      expect(text, command).toContain(`404 Not Found`);
      expect(text, command).toContain(why);
    }
  });

  test("a search prints what is published here and what the upstream has, and nothing that is blocked", async () => {
    const manifest = { description: "Found by hand", keywords: ["needle"] };
    await scene.dev.publish({ name: "findable", version: "1.0.0", manifest });
    scene.upstream.publish({ name: "findable-too", version: "1.0.0", manifest });
    const npm = scene.start(npm11);
    const printed = await npm.run("search", "findab");
    expect(printed).toContain("Found by hand");
    expect(printed).toMatch(/^findable$/m);
    const found = JSON.parse(await npm.run("search", "findab", "--json")) as { name: string }[];
    expect(found.map(({ name }) => name)).toEqual(["findable", "findable-too"]);
    await scene.block("findable-too", "1.0.0");
    expect(await npm.run("search", "findab", "--json")).not.toContain("findable-too");
  });

  test("--registry and the mapping of a scope win over the default registry", async () => {
    const elsewhere = { registry: "http://127.0.0.1:9/", token: null };
    const settings = `${npmrc(elsewhere)}//${scene.host}/npm/default/:_authToken=${scene.dev.token}\n`;
    const once = scene.start({ ...npm11, settings: () => ({ ".npmrc": settings }) });
    await once.run("--registry", scene.registry, "install", "trunk");
    expect(await once.require("left")).toEqual(["left@1.1.0"]);

    const scoped = scene.start({
      ...npm11,
      settings: () => ({
        ".npmrc": `${npmrc({ registry: scene.registry, token: scene.dev.token })}@up:registry=${scene.app.url}/r/default/\n//${scene.host}/r/default/:_authToken=${scene.dev.token}\n`,
      }),
    });
    await scoped.run("install", "@up/leaf");
    expect(scoped.json<Lockfile>("package-lock.json").packages).toMatchObject({
      "node_modules/@up/leaf": { resolved: `${scene.app.url}/r/default/@up/leaf/-/leaf-1.0.0.tgz` },
      "node_modules/twig": { resolved: `${scene.registry}twig/-/twig-1.0.0.tgz` },
    });
  });

  test("every spelling of a scoped name is the same document", async () => {
    const texts = new Set<string>();
    for (const path of ["@up%2fleaf", "@up%2Fleaf", "%40up%2fleaf", "@up/leaf"]) {
      const { status, text } = await scene.dev.request(`/npm/default/${path}`);
      expect(status).toBe(200);
      texts.add(text);
    }
    expect(texts.size).toBe(1);
  });
});
