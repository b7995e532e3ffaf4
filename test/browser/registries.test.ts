import { expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const site = useConsole();

test("the list shows each registry with its endpoint and upstreams", async () => {
  await site.app.admin.request("/api/v1/registries", {
    method: "POST",
    body: { name: "team-a", description: "What team A makes" },
  });
  const page = await site.visit("/registries");
  const row = page.getByRole("row", { name: /team-a/ });
  await row.getByText(`${site.app.url}/npm/team-a/`).waitFor();
  await page
    .getByRole("row", { name: /default/ })
    .getByText("public")
    .waitFor();
  await checkPage(page, "registries");
  await page.getByRole("button", { name: "Copy the endpoint of team-a" }).click();
  await page.getByRole("button", { name: "Copied the endpoint of team-a" }).waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(`${site.app.url}/npm/team-a/`);
});

test("of a long list only what is near the screen is in the page, and the rest comes with scrolling", async () => {
  const names = Array.from({ length: 150 }, (_, at) => `long-${String(at).padStart(3, "0")}`);
  for (const name of names) {
    await site.app.admin.request("/api/v1/registries", { method: "POST", body: { name } });
  }
  const page = await site.visit("/registries");
  const table = page.getByRole("table", { name: "Registries" });
  await table.getByRole("link", { name: "long-000" }).waitFor();
  expect(await table.getByRole("row").count()).toBeLessThan(60);
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 20_000);
      return await table.getByRole("link", { name: "long-149" }).count();
    })
    .toBe(1);
  expect(await table.getByRole("row").count()).toBeLessThan(60);
  expect(await table.getByRole("link", { name: "long-000" }).count()).toBe(0);
  for (const name of names) await site.app.admin.request(`/api/v1/registries/${name}`, { method: "DELETE" });
});

test("a new registry is there at once, and the form lands in it", async () => {
  const page = await site.visit("/registries");
  await page.getByRole("link", { name: "New registry" }).click();
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("my feed!");
  await page.getByText('cannot hold a space; write "my-feed!"').waitFor();
  await checkPage(page, "registry-new-wrong");
  await name.fill("Private-npm");
  await page.getByLabel("Description").fill("For ourselves");
  await page.getByRole("checkbox", { name: "public" }).check();
  await page.getByRole("button", { name: "Create the registry" }).click();
  await page.getByRole("heading", { name: "private-npm", level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/registries/private-npm");
  expect((await site.app.admin.request("/npm/private-npm/")).status).toBe(200);
  await page.getByText("No packages yet").waitFor();
  await checkPage(page, "registry-empty");
});

test("a name that is taken is told in the form", async () => {
  site.expectTrouble(/status of 409/);
  const page = await site.visit("/registries/new");
  await page.getByLabel("Name", { exact: true }).fill("default");
  await page.getByRole("button", { name: "Create the registry" }).click();
  await page
    .getByRole("alert")
    .getByText(/taken|exists/)
    .waitFor();
});

test("a registry is deleted only after its name was typed", async () => {
  await site.app.admin.request("/api/v1/registries", { method: "POST", body: { name: "old" } });
  const page = await site.visit("/registries/old/settings");
  await page.getByRole("button", { name: "Delete the registry" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete old?" });
  await checkPage(page, "registry-delete");
  expect(await dialog.getByRole("button", { name: "Delete for good" }).isDisabled()).toBe(true);
  await dialog.getByLabel("Type old to confirm").fill("old");
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await page.getByRole("heading", { name: "Registries", level: 1 }).waitFor();
  await page.getByText("old is deleted.").waitFor();
  expect((await site.app.admin.request("/npm/old/")).status).toBe(404);
});

test("settings are changed, and a registry is switched off and on", async () => {
  await site.app.admin.request("/api/v1/registries", { method: "POST", body: { name: "settled" } });
  const page = await site.visit("/registries/settled/settings");
  await page.getByLabel("Description").fill("Settled now");
  await page.getByRole("checkbox", { name: "Anyone may read it" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The settings are saved.").waitFor();
  expect((await site.app.request("/npm/settled/")).status).toBe(200);
  await checkPage(page, "registry-settings");
  await page.getByRole("button", { name: "Switch off" }).click();
  await page.getByRole("button", { name: "Switch on" }).waitFor();
  expect((await site.app.admin.request("/npm/settled/")).status).toBe(404);
});

test("upstreams are added, ordered and removed, and a removal is undone", async () => {
  await site.app.admin.request("/api/v1/registries", { method: "POST", body: { name: "fed" } });
  await site.app.admin.request("/api/v1/upstreams", {
    method: "POST",
    body: { name: "second", url: site.upstream.url },
  });
  const upstreams = async (): Promise<unknown> =>
    (await site.app.admin.request("/api/v1/registries/fed")).json["upstreams"];
  const page = await site.visit("/registries/fed/upstreams");
  await page.getByLabel("Add an upstream").selectOption("public");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("button", { name: "Remove public" }).waitFor();
  await page.getByLabel("Add an upstream").selectOption("second");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("button", { name: "Up: second" }).click();
  await expect.poll(upstreams).toEqual(["second", "public"]);
  await checkPage(page, "registry-upstreams");
  await page.getByRole("button", { name: "Remove second" }).click();
  await expect.poll(upstreams).toEqual(["public"]);
  await page.getByRole("button", { name: "Undo" }).last().click();
  await expect.poll(upstreams).toEqual(["second", "public"]);
});

test("packages are listed with their origin, and found by a part of their name", async () => {
  await site.app.admin.publish({ name: "@acme/widget", version: "1.0.0" });
  site.upstream.publish({ name: "left-pad", version: "1.3.0" });
  await site.app.admin.request("/npm/default/left-pad/-/left-pad-1.3.0.tgz");
  // It is recorded behind the answer.
  await expect
    .poll(async () => (await site.app.admin.request("/api/v1/registries/default/packages")).text)
    .toContain("left-pad");
  const page = await site.visit("/registries/default");
  await page
    .getByRole("row", { name: /@acme\/widget/ })
    .getByText("local")
    .waitFor();
  await page
    .getByRole("row", { name: /left-pad/ })
    .getByText("cached")
    .waitFor();
  await checkPage(page, "registry-packages");
  await page.getByRole("searchbox", { name: "Packages by name" }).fill("widg");
  await page.getByRole("row", { name: /left-pad/ }).waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("?text=widg");
});

test("who may not manage registries is offered nothing that would be refused", async () => {
  const page = await site.visit("/registries/default", { user: "dev" });
  await page.getByRole("heading", { name: "default", level: 1 }).waitFor();
  expect(await page.getByRole("link", { name: "Settings" }).count()).toBe(1);
  await page.getByRole("link", { name: "Registries" }).first().click();
  await page.getByRole("row", { name: /default/ }).waitFor();
  expect(await page.getByRole("link", { name: "New registry" }).count()).toBe(0);
});

test("set-up texts name this registry, and the session's password is hidden until asked for", async () => {
  const page = await site.visit("/registries/default/set-up");
  const url = `${site.app.url}/npm/default/`;
  await page.getByRole("button", { name: "Copy In a terminal, once" }).click();
  expect(await page.evaluate("navigator.clipboard.readText()")).toContain(`npm login --registry ${url}`);
  await checkPage(page, "registry-set-up");
  await page.getByRole("button", { name: "yarn 2 and later" }).click();
  await page.getByText(`npmRegistryServer: "${url}"`).waitFor();
  await page.getByRole("button", { name: "Show name and password" }).click();
  await page.getByRole("button", { name: "Copy the password" }).click();
  const password = String(await page.evaluate("navigator.clipboard.readText()"));
  const login = await site.app.request("/api/v1/login", {
    method: "POST",
    body: { user: "session", password },
  });
  expect(login.status).toBe(200);
  await checkPage(page, "registry-set-up-password");
});
