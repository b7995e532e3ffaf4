import { describe, expect, test } from "vitest";
import { npm10, npm11, npmrc, pnpm10, pnpm12, pnpm9, yarn4, type Client } from "./clients.ts";
import { setScene } from "./scene.ts";
import type { Answered, Workplace } from "./workplace.ts";

const scene = setScene();
const PASSWORD = "the password of dev";

/** The registry without a credential, as a person has it before the first login. */
const nobody = (client: Client): Workplace => scene.start(client, { access: { token: null } });

/** Approves the login whose page the client names on the screen, as somebody with a browser does. */
async function approve(screen: string): Promise<void> {
  const url = /https?:\/\/\S+\/-\/login\/[\w-]+/.exec(screen)?.[0] ?? "";
  const path = url.slice(scene.app.url.length);
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

describe("by browser", () => {
  test.each([npm10, npm11, pnpm9, pnpm10, pnpm12])("$name logs in", async (client) => {
    const place = nobody(client);
    const said = await place.converse(["login", "--registry", scene.registry], [byBrowser]);
    console.log(client.name, said);
    expect(await place.run("whoami")).toContain("dev");
  });
  test("yarn 4", async () => {
    const place = nobody(yarn4);
    const said = await place.converse(["npm", "login", "--web-login"], [byBrowser]).catch((e) => String(e));
    console.log(said);
  });
  test.each([pnpm12])("$name legacy", async (client) => {
    const place = nobody(client);
    const said = await place
      .converse(
        ["login", "--auth-type=legacy", "--registry", scene.registry],
        [
          ["sername", "dev"],
          ["assword", PASSWORD],
          ["mail", "dev@example.test"],
        ],
      )
      .catch((e) => String(e));
    console.log(said);
  });
  test("yarn 4 legacy", async () => {
    const place = nobody(yarn4);
    const said = await place
      .converse(
        ["npm", "login"],
        [
          ["sername", "dev"],
          ["assword", PASSWORD],
        ],
      )
      .catch((e) => String(e));
    console.log(said);
  });
});
