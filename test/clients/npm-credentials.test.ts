import { describe, expect, test } from "vitest";
import { npm11, type Client } from "./clients.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

/** npm 11 with an `.npmrc` of the test's own. */
function npmWith(...lines: string[]): Client {
  return { ...npm11, settings: () => ({ ".npmrc": `${lines.join("\n")}\n` }) };
}

function basic(credential: string): string {
  return Buffer.from(credential).toString("base64");
}

describe("npm login in a terminal", () => {
  test("asks for name and password, keeps a token that works, and logout ends it", async () => {
    const npm = scene.start(npmWith(`registry=${scene.registry}`));
    const said = await npm.converse(
      ["login", "--auth-type=legacy"],
      [
        ["Username:", "dev"],
        ["Password:", "the password of dev"],
      ],
    );
    expect(said).toContain(`Logged in on ${scene.registry}`);
    expect(await npm.run("whoami")).toBe("dev\n");
    const kept = npm.readHome(".npmrc");
    const token = kept.match(new RegExp(`^//${scene.host}/npm/default/:_authToken=(ent_\\w+)$`, "m"))?.[1];
    expect(token).toBeDefined();

    await npm.run("logout");
    expect(npm.hasHome(".npmrc")).toBe(false);
    expect(await npm.fail("whoami")).toContain("ENEEDAUTH");
    const headers = { authorization: `Bearer ${token}` };
    expect((await scene.app.request("/npm/default/-/whoami", { headers })).status).toBe(401);
  });

  test("with a wrong password says so and keeps nothing", async () => {
    const npm = scene.start(npmWith(`registry=${scene.registry}`));
    const said = await npm
      .converse(
        ["login", "--auth-type=legacy"],
        [
          ["Username:", "dev"],
          ["Password:", "not the password of dev"],
        ],
      )
      .catch((error: unknown) => String(error));
    expect(said).toContain("notice The user name or password is wrong.");
    expect(said).toMatch(/code E401[^]*Incorrect or missing password/);
    expect(said).not.toContain("token seems to be invalid");
    expect(npm.hasHome(".npmrc")).toBe(false);
  });

  test("takes no capitals in a name: npm asks again by itself", async () => {
    const npm = scene.start(npmWith(`registry=${scene.registry}`));
    scene.forget();
    const said = await npm.converse(
      ["login", "--auth-type=legacy"],
      [
        ["Username:", "Dev"],
        ["Username:", "dev"],
        ["Password:", "the password of dev"],
      ],
    );
    expect(said).toContain("Name must be lowercase");
    expect(said).toContain(`Logged in on ${scene.registry}`);
    const logins = scene.seen.filter(({ method }) => method === "PUT");
    expect(logins.map(({ path }) => path)).toEqual(["/npm/default/-/user/org.couchdb.user:dev"]);
  });

  test("without the slash keeps the token for every registry of the server, and it works", async () => {
    const registry = scene.registry.slice(0, -1);
    const npm = scene.start(npmWith(`registry=${registry}`));
    await npm.converse(
      ["login", "--auth-type=legacy"],
      [
        ["Username:", "dev"],
        ["Password:", "the password of dev"],
      ],
    );
    expect(npm.readHome(".npmrc")).toMatch(new RegExp(`^//${scene.host}/npm/:_authToken=`, "m"));
    expect(await npm.run("whoami")).toBe("dev\n");
    expect(await npm.run("install", "left")).toContain("added 1 package");
  });
});

describe("Basic credentials", () => {
  test.each(["the user's password", "a token as password of the user api"])(
    "npm installs and publishes with %s",
    async (kind) => {
      const credential = kind.startsWith("a token") ? `api:${scene.dev.token}` : "dev:the password of dev";
      const name = kind.startsWith("a token") ? "own-by-key" : "own-by-password";
      const npm = scene.start(
        npmWith(`registry=${scene.registry}`, `//${scene.host}/npm/default/:_auth=${basic(credential)}`),
        { manifest: { name } },
      );
      await npm.run("install", "left");
      await npm.run("publish");
      expect(await scene.get(`${name}/1.0.0`)).toMatchObject({ _npmUser: { name: "dev" } });
    },
  );

  test.each(["dev:wrong", "api:ent_wrong", "API:ent_wrong"])(
    "%s is refused, and the log shows it",
    async (credential) => {
      const npm = scene.start(
        npmWith(`registry=${scene.registry}`, `//${scene.host}/npm/default/:_auth=${basic(credential)}`),
      );
      scene.forget();
      expect(await npm.fail("install", "left")).toContain("code E401");
      expect(scene.seen).toContainEqual(
        expect.objectContaining({ path: "/npm/default/left", status: 401, principal: null }),
      );
    },
  );

  test("the scheme of old clients: the user api in any case", async () => {
    for (const user of ["api", "API", "Api"]) {
      const headers = { authorization: `Basic ${basic(`${user}:${scene.dev.token}`)}` };
      expect((await scene.app.request("/npm/default/left", { headers })).status).toBe(200);
    }
  });
});

describe("settings of old", () => {
  test("always-auth and email in .npmrc cost a warning at most", async () => {
    const npm = scene.start(
      npmWith(
        `registry=${scene.registry}`,
        `//${scene.host}/npm/default/:_authToken=${scene.dev.token}`,
        "always-auth=true",
        "email=dev@example.test",
      ),
    );
    expect(await npm.run("install", "left")).toMatch(/warn .*always-auth[^]*added 1 package/);
  });

  test("npm config set does not take always-auth, and changes nothing", async () => {
    const settings = `registry=${scene.registry}\n`;
    const npm = scene.start({ ...npm11, settings: () => ({ ".npmrc": settings }) });
    expect(await npm.fail("config", "set", "always-auth", "true")).toContain(
      "`always-auth` is not a valid npm option",
    );
    expect([npm.read(".npmrc"), npm.hasHome(".npmrc")]).toEqual([settings, false]);
  });

  test("npm stops by itself on a credential without a registry", async () => {
    const npm = scene.start(npmWith(`registry=${scene.registry}`, `_authToken=${scene.dev.token}`));
    scene.forget();
    expect(await npm.fail("install", "left")).toContain("ERR_INVALID_AUTH");
    expect(scene.seen).toEqual([]);
  });

  test("a key without slash reads but does not publish: npm stops by itself", async () => {
    const registry = scene.registry.slice(0, -1);
    const npm = scene.start(
      npmWith(
        `registry=${registry}`,
        `//${scene.host}/npm/default:_auth=${basic("dev:the password of dev")}`,
      ),
      { manifest: { name: "own-slashless" } },
    );
    await npm.run("install", "left");
    scene.forget();
    expect(await npm.fail("publish")).toContain("ENEEDAUTH");
    expect(scene.seen.filter(({ method }) => method === "PUT")).toEqual([]);
  });
});
