import { describe, expect, test } from "vitest";
import { bun, npm11, pnpm10, pnpm12, yarn4, type Client } from "./clients.ts";
import { setScene, type StartOptions } from "./scene.ts";

const scene = setScene();

/** `young@1.1.0` came an hour ago, `1.0.0` a month ago; a gate of a day leaves the older one. */
const GATED: ReadonlyArray<{
  title: string;
  client: Client;
  files?: Record<string, string>;
  options?: StartOptions;
}> = [
  { title: "yarn 4, as it comes", client: yarn4 },
  { title: "pnpm 12, as it comes", client: pnpm12 },
  {
    title: "pnpm 10 with minimumReleaseAge",
    client: pnpm10,
    files: { "pnpm-workspace.yaml": "minimumReleaseAge: 1440\n" },
  },
  {
    title: "npm 11 with min-release-age",
    client: npm11,
    options: { env: { npm_config_min_release_age: "1" } },
  },
];

describe("clients that wait before they take a version", () => {
  test.each(GATED)("$title", async ({ client, files = {}, options }) => {
    const user = scene.start(client, options);
    for (const [path, text] of Object.entries(files)) user.write(path, text);
    await user.run(...client.add, "young", "trunk");
    expect(await user.require("young")).toEqual(["young@1.0.0"]);
    expect(await user.require("trunk")).toContain("twig@1.0.0");
  });

  test("bun with minimumReleaseAge", async () => {
    const user = scene.start(bun);
    user.write(
      "bunfig.toml",
      user
        .read("bunfig.toml")
        .replace("[install.registry]", "[install]\nminimumReleaseAge = 86400\n[install.registry]"),
    );
    await user.run(...bun.add, "young");
    expect(await user.require("young")).toEqual(["young@1.0.0"]);
  });

  test("without a gate the newest", async () => {
    const user = scene.start(npm11);
    await user.run("install", "young");
    expect(await user.require("young")).toEqual(["young@1.1.0"]);
  });
});

test("publish times are in both forms, as the upstream has them", async () => {
  const { time } = scene.upstream.document("young") as { time: Record<string, string> };
  const full = await scene.get("young");
  expect(full["time"]).toEqual(time);
  const short = await scene.get("young", "application/vnd.npm.install-v1+json");
  expect(short["time"]).toMatchObject({ "1.0.0": time["1.0.0"], "1.1.0": time["1.1.0"] });
  expect(short["modified"]).toBe(time["modified"]);
});
