import { describe, expect, test } from "vitest";
import { npm11, npm10, type Client } from "./clients.ts";
import { setScene } from "./scene.ts";
import type { Workplace } from "./workplace.ts";

const scene = setScene();
const PASSWORD = "the password of dev";

/** npm with a token for the registry `default`. */
function npmWith(token: string, base = npm11): Client {
  const lines = [`registry=${scene.registry}`, `//${scene.host}/npm/default/:_authToken=${token}`];
  return { ...base, settings: () => ({ ".npmrc": `${lines.join("\n")}\n` }) };
}

const start = (token = scene.dev.token, base = npm11, name?: string): Workplace =>
  scene.start(npmWith(token, base), name === undefined ? {} : { manifest: { name } });

/** Makes a token in a terminal, as npm asks for the password there. */
async function makeToken(npm: Workplace, ...options: string[]): Promise<{ token: string; said: string }> {
  const said = await npm.converse(["token", "create", "--name=made", ...options], [["password:", PASSWORD]]);
  const token = /Created token (ent_\w+)/.exec(said)?.[1];
  if (token === undefined) throw new Error(`no token in: ${said}`);
  return { token, said };
}

describe("npm token create", () => {
  test("with --read-only, which npm drops, gives what may only read, and npm shows the notice", async () => {
    const { token, said } = await makeToken(start(), "--read-only");
    expect(said).toContain("notice This token is read-only");
    const reader = start(token, npm11, "own-of-reader");
    expect(await reader.run("install", "left")).toContain("added 1 package");
    expect(await reader.run("whoami")).toBe("dev\n");
    const refused = await reader.fail("publish");
    expect(refused).toContain("code E403");
    expect(refused).toContain("This token is read-only; to publish use one that is not.");
    expect(refused).toContain("/-/help/errors#token-readonly");
  });

  test("a read-only token changes nothing, whatever npm tries", async () => {
    await start(scene.dev.token, npm11, "own-guarded").run("publish");
    const { token } = await makeToken(start());
    const reader = start(token, npm11, "own-guarded");
    for (const args of [
      ["dist-tag", "add", "own-guarded@1.0.0", "next"],
      ["deprecate", "own-guarded@1.0.0", "old"],
      ["owner", "add", "admin", "own-guarded"],
      ["unpublish", "--force", "own-guarded"],
    ]) {
      expect([args[0], await reader.fail(...args)]).toEqual([
        args[0],
        expect.stringMatching(/E403|403 Forbidden/),
      ]);
    }
  });

  test("for a scope publishes there and nowhere else", async () => {
    const { token } = await makeToken(
      start(),
      "--scopes=@granular",
      "--packages-and-scopes-permission=read-write",
      "--token-description=for tests",
    );
    await start(token, npm11, "@granular/inside").run("publish");
    const refused = await start(token, npm11, "own-outside").fail("publish");
    expect(refused).toContain("This token is not for the package own-outside.");
  });

  test("for packages, with an end and a network", async () => {
    const { token, said } = await makeToken(
      start(),
      "--packages=left",
      "--packages-and-scopes-permission=read-only",
      "--expires=7",
      "--cidr=127.0.0.0/8",
    );
    expect(said).toMatch(/with IP whitelist: 127\.0\.0\.0\/8[^]*expires: 20/);
    const reader = start(token);
    await reader.run("install", "left");
    expect(await reader.fail("install", "twig")).toContain("This token is not for the package twig.");
  });

  test("for elsewhere is refused here, and npm says that it is the address", async () => {
    const { token } = await makeToken(
      start(),
      "--packages-all",
      "--packages-and-scopes-permission=read-only",
      "--cidr=192.0.2.0/24",
    );
    expect(await start(token).fail("install", "left")).toContain("EAUTHIP");
  });

  test("for an organization sees its teams and cannot change them", async () => {
    await scene.app.admin.request("/api/v1/organizations", { method: "POST", body: { name: "acme" } });
    const { token } = await makeToken(start(), "--orgs=acme", "--orgs-permission=read-only");
    const reader = start(token);
    expect(await reader.run("team", "ls", "@acme")).toContain("developers");
    expect(await reader.fail("team", "create", "@acme:more")).toContain("E403");
    expect(await reader.fail("install", "left")).toContain("This token was not made to see packages.");
  });

  test("npm 10 makes one that reads and one that publishes", async () => {
    const make = async (...options: string[]): Promise<string> => {
      const npm = start(scene.dev.token, npm10);
      const said = await npm.converse(["token", "create", ...options], [["password:", PASSWORD]]);
      return /(ent_\w+)/.exec(said.replaceAll(/[│\s]/g, ""))?.[1] ?? said;
    };
    const [reading, writing] = [await make("--read-only"), await make()];
    expect(await start(reading, npm10, "own-ten").fail("publish")).toContain("E403");
    await start(writing, npm10, "own-ten").run("publish");
  });
});

describe("npm token list and revoke", () => {
  test("show the tokens and end one by its id and one by itself", async () => {
    const npm = start();
    const { token: first } = await makeToken(npm);
    const { token: second } = await makeToken(npm);
    const listed = JSON.parse(await npm.run("token", "list", "--json")) as { key: string; name: string }[];
    expect(listed.map(({ name }) => name)).toContain("made");
    expect(await npm.run("token", "list")).toMatch(/Token ent_… with id [0-9a-f-]+ name made created 20/);

    const headers = (token: string): { headers: Record<string, string> } => ({
      headers: { authorization: `Bearer ${token}` },
    });
    const works = async (token: string): Promise<boolean> =>
      (await scene.app.request("/npm/default/left", headers(token))).status === 200;
    expect([await works(first), await works(second)]).toEqual([true, true]);
    expect(await npm.run("token", "revoke", first)).toContain("Removed 1 token");
    const before = await scene.app.request("/npm/default/-/npm/v1/tokens", headers(scene.dev.token));
    expect([await works(first), before.text.includes(first)]).toEqual([false, false]);
    const [newest] = JSON.parse(await npm.run("token", "list", "--json")).slice(-1) as { key: string }[];
    expect(await npm.run("token", "revoke", newest?.key ?? "")).toContain("Removed 1 token");
    expect(await npm.fail("token", "revoke", "feedfeed")).toContain("Unknown token id");
  });

  test("a token ends with its user, within moments", async () => {
    const leaver = await scene.app.as("leaver");
    const npm = start(leaver.token);
    await npm.run("install", "left");
    await scene.app.admin.request("/api/v1/users/leaver", { method: "PATCH", body: { disabled: true } });
    const refused = await npm.fail("install", "twig");
    expect(refused).toContain("E401");
    expect(refused).toContain("/-/help/errors#user-disabled");
  });
});
