/** The texts of the console's Set-up tab, pasted into a shell by somebody with an empty home. */
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { setUpGuides } from "../../packages/web/src/pages/registries/set-up-instructions.ts";
import { bun, npm10, npm11, pnpm10, pnpm12, yarn1, yarn4, type Client } from "./clients.ts";
import { setScene } from "./scene.ts";
import type { Answered, Workplace } from "./workplace.ts";

const scene = setScene();
const PASSWORD = "the password of dev";
const ONCE = "In a terminal, once";

/** A text of a guide, by its label. */
function text(guide: string, label: string): string {
  const blocks = setUpGuides({ registryUrl: scene.registry }).find(({ id }) => id === guide)?.blocks;
  const found = blocks?.find((block) => block.label === label);
  if (found === undefined) throw new Error(`The guide ${guide} has no text "${label}".`);
  return found.text;
}

/** A shell in an empty home, in which the client is called by its plain name; each text has to exit 0. */
function openShell(
  client: Client,
  { name, own, env = {} }: { name: string; own: string; env?: Record<string, string> },
): Workplace & { paste: (pasted: string, answers?: readonly Answered[]) => Promise<string> } {
  const place = scene.start(
    {
      ...client,
      command: (tools) => {
        const program = client.command(tools).map((word) => `'${word}'`);
        return ["/bin/bash", "-e", "-c", `${name}() { ${program.join(" ")} "$@"; }\neval "$0"`];
      },
      settings: () => ({}),
    },
    // For root yarn 1 would keep its settings outside of the home.
    { manifest: { name: own }, env: { FAKEROOTKEY: "1", ...env } },
  );
  return {
    ...place,
    paste: (pasted, answers) =>
      answers === undefined ? place.run(pasted) : place.converse([pasted], answers),
  };
}

/** Approves the login whose page the client names, as somebody with a browser does. */
async function approve(screen: string): Promise<void> {
  const path = /\/npm\/default\/-\/login\/[\w-]+/.exec(screen)?.[0] ?? "";
  const { status } = await scene.app.request(path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ user: "dev", password: PASSWORD }).toString(),
  });
  expect(status).toBe(200);
}

const byBrowser: Answered = ["/-/login/", approve];
const npmOf = (client: Client): { name: string; own: string } => ({
  name: "npm",
  own: `set-up-${client.name}`,
});
const pnpmOf = (client: Client): { name: string; own: string } => ({
  name: "pnpm",
  own: `set-up-${client.name}`,
});

async function isPublished(name: string): Promise<boolean> {
  return (await scene.dev.request(`/npm/default/${name}`)).status === 200;
}

describe("log in, install and publish with the texts of", () => {
  test.each([npm10, npm11])("$name", async (client) => {
    const shell = openShell(client, npmOf(client));
    await shell.paste(text("npm", ONCE), [byBrowser]);
    expect(await shell.paste("npm whoami")).toContain("dev");
    shell.write(".npmrc", text("npm", ".npmrc of a project, for everybody who works on it"));
    await shell.paste("npm install left");
    expect(await shell.require("left")).toEqual(["left@1.1.0"]);
    await shell.paste(text("npm", "Publish"));
    expect(await isPublished(npmOf(client).own)).toBe(true);
  });

  test.each([pnpm10, pnpm12])("$name", async (client) => {
    const shell = openShell(client, pnpmOf(client));
    await shell.paste(text("pnpm", ONCE), [byBrowser]);
    await shell.paste("pnpm add left");
    expect(await shell.require("left")).toEqual(["left@1.1.0"]);
    await shell.paste(text("pnpm", "Publish"));
    expect(await isPublished(pnpmOf(client).own)).toBe(true);
  });

  test("yarn 1", async () => {
    const shell = openShell(yarn1, { name: "yarn", own: "set-up-yarn-1" });
    await shell.paste(text("yarn-1", ONCE), [byBrowser]);
    shell.write(".npmrc", text("yarn-1", ".npmrc of a project"));
    await shell.paste("yarn add left");
    expect(await shell.require("left")).toEqual(["left@1.1.0"]);
    await shell.paste(text("yarn-1", "Publish"));
    expect(await isPublished("set-up-yarn-1")).toBe(true);
  });

  test("yarn 4", async () => {
    const shell = openShell(yarn4, { name: "yarn", own: "set-up-yarn-4" });
    shell.write("yarn.lock", "");
    shell.write(".yarnrc.yml", text("yarn-4", ".yarnrc.yml of a project"));
    await shell.paste(text("yarn-4", ONCE), [["open your browser now?", "n"], byBrowser]);
    await shell.paste("yarn add left");
    expect(shell.read("yarn.lock")).toContain("left@npm:1.1.0");
    await shell.paste(text("yarn-4", "Publish"));
    expect(await isPublished("set-up-yarn-4")).toBe(true);
  });

  test("bun", async () => {
    const env = { NPM_TOKEN: scene.dev.token };
    const shell = openShell(bun, { name: "bun", own: "set-up-bun", env });
    shell.write("bunfig.toml", text("bun", "bunfig.toml"));
    await shell.paste("bun add left");
    expect(await shell.require("left")).toEqual(["left@1.1.0"]);
    await shell.paste(text("bun", "Publish"));
    expect(await isPublished("set-up-bun")).toBe(true);
  });
});

describe("a pipeline installs", () => {
  /** A project with a lockfile and nothing installed. */
  async function checkedOut(env: Record<string, string>): Promise<ReturnType<typeof openShell>> {
    const shell = openShell(npm11, { name: "npm", own: "set-up-pipeline", env });
    shell.write(".npmrc", text("ci", ".npmrc of the project"));
    await shell.paste(`NPM_TOKEN=${scene.dev.token} npm install left`);
    shell.remove("node_modules", ".npmrc");
    return shell;
  }

  test("with the .npmrc and the token in the environment", async () => {
    const shell = await checkedOut({ NPM_TOKEN: scene.dev.token });
    shell.write(".npmrc", text("ci", ".npmrc of the project"));
    await shell.paste("npm ci");
    expect(await shell.require("left")).toEqual(["left@1.1.0"]);
  });

  test("with the script of GitLab CI", async () => {
    const shell = await checkedOut({ NPM_TOKEN: scene.dev.token });
    const { install } = load(text("ci", "GitLab CI")) as { install: { script: string[] } };
    await shell.paste(install.script.join("\n"));
    expect(await shell.require("left")).toEqual(["left@1.1.0"]);
  });

  test("with the steps of GitHub Actions, whose first writes the token's name into an .npmrc", async () => {
    const shell = await checkedOut({ NODE_AUTH_TOKEN: scene.dev.token });
    const [setUp, install] = load(text("ci", "GitHub Actions")) as [
      { with: Record<string, string> },
      { run: string; env: Record<string, string> },
    ];
    expect(Object.keys(install.env)).toEqual(["NODE_AUTH_TOKEN"]);
    const url = String(setUp.with["registry-url"]);
    shell.write(".npmrc", `${url.replace(/^https?:/, "")}:_authToken=\${NODE_AUTH_TOKEN}\nregistry=${url}\n`);
    await shell.paste(install.run);
    expect(await shell.require("left")).toEqual(["left@1.1.0"]);
  });
});
