import { expect, test } from "vitest";
import { ADMIN_PASSWORD } from "@entrepot/testkit";
import { checkPage, useConsole } from "./console.ts";

const site = useConsole();

/** What npm does at `npm login`: gives the page that it opens, as a path, and asks for the token. */
async function begin(): Promise<{
  path: string;
  collect: () => Promise<{ status: number; token: unknown }>;
}> {
  const { json } = await site.app.request("/npm/default/-/v1/login", {
    method: "POST",
    headers: { "user-agent": "npm/11.19.1 node/v20.20.2 linux x64" },
    body: {},
  });
  const done = String(json["doneUrl"]).slice(site.app.url.length);
  return {
    path: String(json["loginUrl"]).slice(site.app.url.length),
    async collect() {
      const { status, json: answer } = await site.app.request(done);
      return { status, token: answer["token"] };
    },
  };
}

test("a login of npm lands on a page that says who asks, and is approved there", async () => {
  const { path, collect } = await begin();
  const page = await site.visit(path, { user: null });
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(ADMIN_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Log in a client", level: 1 }).waitFor();
  await page.getByText("npm/11.19.1 node/v20.20.2 linux x64").waitFor();
  await page.getByText("127.0.0.1").waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
  await checkPage(page, "web-login");
  expect((await collect()).status).toBe(202);
  await page.getByRole("button", { name: "Log the client in as admin" }).click();
  await page.getByRole("heading", { name: "The client is logged in" }).waitFor();
  await checkPage(page, "web-login-done");
  const { token } = await collect();
  const headers = { authorization: `Bearer ${String(token)}` };
  expect((await site.app.request("/npm/default/-/whoami", { headers })).json).toEqual({ username: "admin" });
});

test("a login that is over says so, and how to begin again", async () => {
  site.expectTrouble(/status of 404/);
  const page = await site.visit("/login/default/nothing");
  await page.getByRole("alert").getByText("Begin again in the terminal").waitFor();
  await checkPage(page, "web-login-over");
});

test("somebody else can sign in instead, and comes back to the same login", async () => {
  const { path, collect } = await begin();
  const page = await site.visit(path);
  await page.getByRole("button", { name: "Sign in as somebody else" }).click();
  await site.app.as("ada");
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("the password of ada");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Log the client in as ada" }).click();
  await page.getByRole("heading", { name: "The client is logged in" }).waitFor();
  const headers = { authorization: `Bearer ${String((await collect()).token)}` };
  expect((await site.app.request("/npm/default/-/whoami", { headers })).json).toEqual({ username: "ada" });
});

test("without script there is the plain page", async () => {
  const { path } = await begin();
  const page = await site.visit(`${path}?plain`, { user: null });
  await page.getByRole("heading", { name: "Log in a client" }).waitFor();
  await page.getByText("asks to be logged in").waitFor();
});
