/** Packages of uncommon shapes, as each client mends and publishes them: the registry refuses none of them. */
import { describe, expect, test } from "vitest";
import { bun, npm10, npm11, npmrc, pnpm10, pnpm12, pnpm9, yarn1, yarn4, type Client } from "./clients.ts";
import { setScene } from "./scene.ts";
import type { Workplace } from "./workplace.ts";

const scene = setScene();
const CLIENTS = [npm11, npm10, pnpm12, pnpm10, pnpm9, yarn1, yarn4, bun];

type Manifest = Readonly<Record<string, unknown>>;

/** Written by hand for years, and all of it installs. */
const SHAPES: ReadonlyArray<readonly [what: string, manifest: Manifest, files: Record<string, string>]> = [
  [
    "mixed",
    {
      bin: "./cli.js",
      directories: { bin: "bin" },
      scripts: { postinstall: "./node_modules/.bin/left", preinstall: "true" },
      dependencies: { left: "^1.0.0", twig: "^1.0.0" },
      optionalDependencies: { left: "1.1.0" },
      peerDependencies: { trunk: "*" },
      peerDependenciesMeta: { trunk: { optional: true } },
    },
    { "cli.js": "#!/usr/bin/env node\n" },
  ],
  ["compiled", { gypfile: true }, { "binding.gyp": "{}" }],
  ["otherwise-compiled", { files: ["index.js"] }, { "other.gyp": "{}", "index.js": "" }],
  [
    "bundled",
    { dependencies: { left: "^1.0.0" }, bundledDependencies: ["left"] },
    {
      "node_modules/left/package.json": '{"name":"left","version":"1.1.0","main":"index.js"}',
      "node_modules/left/index.js": "",
    },
  ],
];
/** These refuse by themselves to publish what brings dependencies along. */
const BUNDLING_NOTHING: readonly Client[] = [pnpm10, pnpm9, yarn1];

describe.each(CLIENTS.map((client) => [client.name, client] as const))("%s publishes", (_name, client) => {
  const shapes = SHAPES.filter(([what]) => what !== "bundled" || !BUNDLING_NOTHING.includes(client));
  test.each(shapes)("what is %s", async (what, manifest, files) => {
    const name = `own-${what}-${client.name}`;
    const author = authorOf(client, { name, ...manifest }, files);
    if (client === yarn4) await author.run("install", "--mode=update-lockfile");
    await author.run(...client.publish);
    expect(await scene.get(`${name}/1.0.0`)).toMatchObject({ name, version: "1.0.0" });
  });
});

describe.each([npm11, npm10].map((client) => [client.name, client] as const))("%s mends", (_name, client) => {
  test("lists of dependencies, a version with a v, and repositories in short", async () => {
    const name = `own-mended-${client.name}`;
    const author = authorOf(client, {
      name: ` ${name} `,
      version: "v1.0.0",
      dependencies: ["left@^1.0.0", "twig"],
      bundleDependencies: ["trunk"],
      scripts: { install: "node_modules/.bin/left", test: 5 },
    });
    await author.run("publish", "--ignore-scripts");
    expect(await scene.get(`${name}/1.0.0`)).toMatchObject({
      dependencies: { left: "^1.0.0", twig: "", trunk: "*" },
      scripts: { install: "left" },
    });
    const git = authorOf(client, {
      name: `${name}-git`,
      dependencies: { one: "ada/engine#v1", two: "https://github.com/ada/engine.git" },
    });
    await git.run("publish");
    expect(await scene.get(`${name}-git/1.0.0`)).toMatchObject({
      dependencies: {
        one: "github:ada/engine#v1",
        two: expect.stringMatching(/^git\+https:.*ada\/engine\.git$/),
      },
    });
  });
});

describe("a member of a workspace gets the versions of its siblings", () => {
  const workspace = { "packages/one/package.json": { name: "one", version: "2.3.4" } };
  const CATALOGS = "catalog:\n  left: ^1.0.0\n";
  test.each([
    [pnpm12, ["--filter", "NAME", "publish", "--no-git-checks"]],
    [pnpm10, ["--filter", "NAME", "publish", "--no-git-checks"]],
    [pnpm9, ["--filter", "NAME", "publish", "--no-git-checks"]],
    [yarn4, ["workspace", "NAME", "npm", "publish"]],
    [bun, ["publish", "--cwd", "packages/two"]],
  ] as const)("$name", async (client, command) => {
    const name = `own-member-${client.name}`;
    const hasCatalog = client !== yarn4;
    const root = authorOf(client, {
      name: "root",
      private: true,
      workspaces: ["packages/*"],
      ...(client === bun ? { workspaces: { packages: ["packages/*"], catalog: { left: "^1.0.0" } } } : {}),
    });
    root.write("pnpm-workspace.yaml", `packages: ["packages/*"]\n${CATALOGS}`);
    root.write("packages/one/package.json", JSON.stringify(workspace["packages/one/package.json"]));
    root.write(
      "packages/two/package.json",
      JSON.stringify({
        name,
        version: "1.0.0",
        dependencies: { one: "workspace:^", left: hasCatalog ? "catalog:" : "^1.0.0" },
        optionalDependencies: { twig: "^1.0.0" },
        peerDependencies: { one: "workspace:*" },
      }),
    );
    if (client === bun) root.write("packages/two/bunfig.toml", root.read("bunfig.toml"));
    if (client.name.startsWith("pnpm")) {
      root.write("packages/two/.npmrc", npmrc({ registry: scene.registry, token: scene.dev.token }));
    }
    await root.run("install");
    await root.run(...command.map((word) => (word === "NAME" ? name : word)));
    const published = await scene.get(`${name}/1.0.0`);
    expect(published["dependencies"]).toMatchObject({ one: "^2.3.4", left: "^1.0.0" });
    expect(published["peerDependencies"]).toEqual({ one: "2.3.4" });
  });
});

function authorOf(
  client: Client,
  manifest: Manifest,
  files: Readonly<Record<string, string>> = {},
): Workplace {
  const author = scene.start(client, { manifest });
  for (const [path, text] of Object.entries(files)) author.write(path, text);
  return author;
}
