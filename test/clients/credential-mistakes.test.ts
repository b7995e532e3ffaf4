import { HELP_TOPICS } from "@entrepot/core";
import { describe, expect, test } from "vitest";
import { npm11, pnpm10, pnpm9, yarn1, type Client } from "./clients.ts";
import { setScene } from "./scene.ts";

const VALUE = "apikey12345";
/** What the manual of another server prints for `api:apikey12345`. */
const PAIR = "YXBpOmFwaWtleTEyMzQ1";
const scene = setScene({ file: "typedKeys: true" });

function withSettings(base: Client, ...lines: string[]): Client {
  return { ...base, settings: () => ({ ".npmrc": `${lines.join("\n")}\n` }) };
}

const npmWith = (...lines: string[]): Client => withSettings(npm11, ...lines);

/** That npm showed the code, and that the page it points to has an entry for it. */
async function expectExplained(said: string, code: string): Promise<void> {
  expect(said).toContain(`/-/help/errors#${code}`);
  expect(Object.keys(HELP_TOPICS)).toContain(code);
  const { text } = await scene.app.request("/-/help/errors");
  expect(text).toContain(`id="${code}"`);
}

describe("npm tells what is wrong with a credential, and where that is explained", () => {
  test("no token for this URL", async () => {
    const npm = scene.start(
      npmWith(`registry=${scene.registry}`, `//elsewhere.example/:_authToken=${scene.dev.token}`),
    );
    await expectExplained(await npm.fail("install", "left"), "credential-missing");
  });

  test("no slash: the token of the whole server is sent to a registry that it is not for", async () => {
    await scene.app.admin.request("/api/v1/registries", { method: "POST", body: { name: "second" } });
    const { json } = await scene.dev.request("/api/v1/tokens", {
      method: "POST",
      body: { name: "x", readonly: false, registries: ["default"] },
    });
    const npm = scene.start(
      npmWith(
        `registry=${scene.registry.replace("/default/", "/second")}`,
        `//${scene.host}/npm/:_authToken=${String(json["token"])}`,
      ),
    );
    const said = await npm.fail("install", "left");
    expect(said).toContain("This token is not for the registry second");
    await expectExplained(said, "token-registry");
  });

  test("a token that was revoked", async () => {
    const { json } = await scene.dev.request("/api/v1/tokens", { method: "POST", body: { name: "x" } });
    await scene.dev.request(`/api/v1/tokens/${String(json["id"])}`, { method: "DELETE" });
    const npm = scene.start(
      npmWith(
        `registry=${scene.registry}`,
        `//${scene.host}/npm/default/:_authToken=${String(json["token"])}`,
      ),
    );
    await expectExplained(await npm.fail("install", "left"), "token-revoked");
  });

  test("a registry that is another one's", async () => {
    const npm = scene.start(
      npmWith(
        `registry=${scene.registry}`,
        `//${scene.host}/npm/default/:_authToken=npm_abcdefghijklmnopqrstuvwxyz0123456789`,
      ),
    );
    await expectExplained(await npm.fail("install", "left"), "token-foreign");
  });

  test("an e-mail address where the pair belongs", async () => {
    const address = Buffer.from("dev@example.test").toString("base64");
    const npm = scene.start(
      npmWith(`registry=${scene.registry}`, `//${scene.host}/npm/default/:_auth=${address}`),
    );
    await expectExplained(await npm.fail("install", "left"), "auth-not-a-pair");
  });
});

describe("a key that was typed in", () => {
  test("npm installs and publishes with what the manual prints", async () => {
    await scene.app.admin.request("/api/v1/keys", {
      method: "POST",
      body: {
        kind: "feed",
        name: "typed",
        registries: ["default"],
        user: "dev",
        readonly: false,
        value: VALUE,
      },
    });
    const lines = [`registry=${scene.registry}`, `//${scene.host}/npm/default/:_auth=${PAIR}`];
    const npm = scene.start(npmWith(...lines, "always-auth=true", "email=dev@example.test"), {
      manifest: { name: "own-by-typed-key" },
    });
    await npm.run("install", "left");
    await npm.run("publish");
    expect(await scene.get("own-by-typed-key/1.0.0")).toMatchObject({ _npmUser: { name: "dev" } });
  });

  test("a pair whose key is another one is refused, and the log shows the attempt", async () => {
    const wrong = Buffer.from("api:apikey1234x").toString("base64");
    const npm = scene.start(
      npmWith(`registry=${scene.registry}`, `//${scene.host}/npm/default/:_auth=${wrong}`),
    );
    scene.forget();
    expect(await npm.fail("install", "left")).toContain("E401");
    expect(scene.seen).toContainEqual(
      expect.objectContaining({ path: "/npm/default/left", status: 401, principal: null }),
    );
  });

  // What their manuals say to set, which npm 11 refuses before it sends anything.
  test.each([yarn1, pnpm9, pnpm10])(
    "$name takes always-auth, email and _auth without a registry",
    async (client) => {
      const own = `registry=${scene.registry}`;
      const workplace = scene.start(
        withSettings(client, own, "always-auth=true", `_auth=${PAIR}`, "email=dev@example.test"),
      );
      await workplace.run(...client.add, "left");
      expect(await workplace.require("left")).toEqual(
        ["left@1.0.0"].map(() => expect.stringMatching(/^left@/)),
      );
    },
  );
});

test("a scope is mapped to a registry of its own, and everything else comes from another", async () => {
  await scene.app.admin.request("/api/v1/registries", { method: "POST", body: { name: "a" } });
  const registry = scene.registry.replace("/default/", "/a/");
  const npm = scene.start(
    npmWith(
      `registry=${scene.registry}`,
      `@inedo:registry=${registry}`,
      `//${scene.host}/npm/default/:_authToken=${scene.dev.token}`,
      `//${scene.host}/npm/a/:_authToken=${scene.dev.token}`,
    ),
    { manifest: { name: "@inedo/x" } },
  );
  await npm.run("publish");
  await npm.run("install", "left");
  scene.forget();
  const other = scene.start(npm.client);
  await other.run("install", "@inedo/x", "left");
  const paths = scene.seen.map(({ path }) => path);
  expect(paths).toContain("/npm/a/@inedo%2fx");
  expect(paths.filter((path) => path.includes("inedo")).every((path) => path.startsWith("/npm/a/"))).toBe(
    true,
  );
  expect(paths).toContain("/npm/default/left");
});
