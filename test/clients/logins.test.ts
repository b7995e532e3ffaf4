import { ADMIN_PASSWORD, startTestApp, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npm10, npm11, pnpm10, pnpm12, pnpm9, yarn1, yarn4, type Client } from "./clients.ts";
import { setScene } from "./scene.ts";
import type { Answered, Workplace } from "./workplace.ts";

const scene = setScene();
const PASSWORD = "the password of dev";
/** A token of last year, where every client finds it. */
const STALE = "ent_wrong";

/** Of a server whose clients ask for name and password in the terminal, as they do where there is no login by browser. */
let plain: TestApp;
beforeAll(async () => {
  plain = await startTestApp({ file: "webLogin: false\n" });
  await plain.as("dev");
});
afterAll(() => plain.close());

function begin(
  client: Client,
  { app = scene.app, token = null as string | null } = {},
): {
  place: Workplace;
  registry: string;
} {
  const registry = `${app.url}/npm/default/`;
  return { place: scene.start(client, { access: { registry, token } }), registry };
}

/** Approves the login whose page the client names on the screen, as somebody with a browser does. */
async function approve(screen: string): Promise<void> {
  const path = /\/npm\/default\/-\/login\/[\w-]+/.exec(screen)?.[0] ?? "";
  const page = await scene.app.request(path);
  expect([page.status, page.text.includes("asks to be logged in")]).toEqual([200, true]);
  const { status } = await scene.app.request(path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ user: "dev", password: PASSWORD }).toString(),
  });
  expect(status).toBe(200);
}

const byBrowser: Answered = ["/-/login/", approve];

describe("a login by browser", () => {
  test.each([npm10, npm11, pnpm9, pnpm10, pnpm12])("$name", async (client) => {
    const { place, registry } = begin(client);
    const said = await place.converse(["login", "--registry", registry], [byBrowser]);
    expect(said).toContain(`Logged in on ${registry}`);
    expect(await place.run("whoami", "--registry", registry)).toContain("dev\n");
    await place.run(...client.add, "left");
    expect(await place.require("left")).toEqual(["left@1.1.0"]);
  });

  test("yarn 4, which does so where it is told to", async () => {
    const { place } = begin(yarn4);
    const said = await place.converse(
      ["npm", "login", "--web-login"],
      [["open your browser now?", "n"], byBrowser],
    );
    expect(said).toContain("Successfully logged in");
    expect(await place.run("npm", "whoami")).toContain("dev");
  });

  test.each([npm11, pnpm12])("$name, with a token that ended long ago", async (client) => {
    const { place, registry } = begin(client, { token: STALE });
    await place.converse(["login", "--registry", registry], [byBrowser]);
    // What the project says of itself comes before what a login keeps.
    place.remove(".npmrc");
    expect(await place.run("whoami", "--registry", registry)).toContain("dev\n");
  });
});

const NAME_AND_PASSWORD: readonly Answered[] = [
  ["sername", "dev"],
  ["assword", PASSWORD],
];
const WITH_EMAIL: readonly Answered[] = [...NAME_AND_PASSWORD, ["mail", "dev@example.test"]];

describe("a login with name and password", () => {
  test.each([npm10, npm11, pnpm9, pnpm10])("$name, when told to", async (client) => {
    const { place, registry } = begin(client);
    await place.converse(["login", "--auth-type=legacy", "--registry", registry], NAME_AND_PASSWORD);
    expect(await place.run("whoami", "--registry", registry)).toContain("dev\n");
  });

  test("yarn 1, which does so with each publish and gives the token back", async () => {
    const access = { registry: scene.registry, token: null };
    // For root it would keep name and e-mail outside of its home, where the next run finds them.
    const place = scene.start(yarn1, { access, env: { FAKEROOTKEY: "1" } });
    scene.forget();
    const said = await place.converse(
      ["publish", "--new-version", "1.0.0"],
      [
        ["npm username", "dev"],
        ["npm email", "dev@example.test"],
        ["npm password", PASSWORD],
      ],
    );
    expect(said).toMatch(/Published\.[^]*Revoked login token/);
    expect(scene.seen.map(({ method, status }) => `${method} ${status}`)).toEqual([
      "PUT 201",
      "PUT 201",
      "DELETE 200",
    ]);
  });

  test("yarn 4, which does so by itself", async () => {
    const { place } = begin(yarn4);
    expect(await place.converse(["npm", "login"], NAME_AND_PASSWORD)).toContain("Successfully logged in");
    expect(await place.run("npm", "whoami")).toContain("dev");
  });

  test.each([npm11, pnpm12])("$name, where there is no login by browser", async (client) => {
    const { place, registry } = begin(client, { app: plain });
    await place.converse(
      ["login", "--registry", registry],
      client === pnpm12 ? WITH_EMAIL : NAME_AND_PASSWORD,
    );
    expect(await place.run("whoami", "--registry", registry)).toContain("dev\n");
  });

  test("npm 11 adduser, twice with the same password", async () => {
    const { place, registry } = begin(npm11);
    const asked: readonly Answered[] = [...NAME_AND_PASSWORD, ["mail", "dev@example.test"]];
    for (let time = 0; time < 2; time += 1) {
      await place.converse(["adduser", "--auth-type=legacy", "--registry", registry], asked);
      expect(await place.run("whoami", "--registry", registry)).toContain("dev\n");
    }
  });
});

describe("the password of a browser session", () => {
  test.each([npm11, pnpm9, pnpm10, pnpm12])("logs in $name, and its token outlives it", async (client) => {
    const app = client === pnpm12 ? plain : scene.app;
    const { headers, json } = await app.request("/api/v1/session", {
      method: "POST",
      body: { user: "admin", password: ADMIN_PASSWORD },
    });
    const own = {
      "cookie": String(headers["set-cookie"]).split(";")[0] ?? "",
      "x-entrepot-csrf": String(json["csrf"]),
    };
    const given = await app.request("/api/v1/session/password", { method: "POST", headers: own });
    const password = String(given.json["password"]);
    const typed: readonly Answered[] = [
      ["sername", "bytesafe"],
      ["assword", password],
      ["mail", "anybody@example.test"],
    ];
    const { place, registry } = begin(client, { app });
    const login = client === pnpm12 ? ["login"] : ["login", "--auth-type=legacy"];
    const logIn = (at: Workplace): Promise<string> => at.converse([...login, "--registry", registry], typed);
    await logIn(place);
    await app.request("/api/v1/session", { method: "DELETE", headers: own });
    expect(await place.run("whoami", "--registry", registry)).toContain("admin\n");
    await expect(logIn(begin(client, { app }).place)).rejects.toThrow(/session ended/i);
  });
});

test.each(["all", "registry"])(
  "a login without the slash counts in other registries too, unless limited: %s",
  async (where) => {
    const app = await startTestApp({ file: `loginTokens: ${where}\n` });
    try {
      const owner = { authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString("base64")}` };
      const made = await app.request("/api/v1/registries", {
        method: "POST",
        headers: owner,
        body: { name: "second" },
      });
      expect(made.status).toBe(201);
      const place = scene.start({ ...npm11, settings: () => ({}) });
      const at = (name: string): string => `--registry=${app.url}/npm/${name}`;
      await place.converse(
        ["login", "--auth-type=legacy", at("default")],
        [
          ["sername", "admin"],
          ["assword", ADMIN_PASSWORD],
        ],
      );
      expect(await place.run("publish", at("default"))).toContain("+ app@1.0.0");
      const second = await (where === "all" ? place.run : place.fail)("publish", at("second"));
      expect(second).toContain(
        where === "all"
          ? "+ app@1.0.0"
          : "This token is not for the registry second; log in to that one, with a slash at the end of its URL.",
      );
    } finally {
      await app.close();
    }
  },
);

test("a one-time password is refused with the way to a password of one's own, and then adduser and publish work", async () => {
  const fresh = await startTestApp({ hasOneTimePassword: true });
  const oneTime = fresh.app.firstAdmin?.oneTimePassword ?? "";
  const own = "a password of my own";
  const { place, registry } = begin(npm11, { app: fresh });
  const add = (password: string): Promise<string> =>
    place.converse(
      ["adduser", "--auth-type=legacy", "--registry", registry],
      [
        ["sername", "admin"],
        ["assword", password],
        ["mail", "admin@example.test"],
      ],
    );
  try {
    await expect(add(oneTime)).rejects.toThrow(`${fresh.url}/-/password`);
    const body = { user: "admin", password: oneTime, newPassword: own };
    expect((await fresh.request("/api/v1/password", { method: "POST", body })).status).toBe(200);
    await add(own);
    const packed = (await place.run("pack", "--silent")).trim();
    expect(await place.run("publish", packed, "--registry", registry)).toContain("+ app@1.0.0");
  } finally {
    await fresh.close();
  }
});
