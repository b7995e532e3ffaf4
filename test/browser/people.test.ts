import { expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const site = useConsole({ file: "signUp: invitation\n" });

async function api(path: string, method = "GET", body?: unknown): Promise<Record<string, unknown>> {
  const answer = await site.app.admin.request(`/api/v1${path}`, { method, body });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.text === "" ? {} : answer.json;
}

test("a user is created, changed, and disabled only after the name was typed", async () => {
  const page = await site.visit("/people");
  await page.getByRole("link", { name: "Add somebody" }).click();
  await page.getByLabel("User name").fill("grace");
  await page.getByLabel("Password").fill("a long enough password");
  await checkPage(page, "people-add");
  await page.getByRole("button", { name: "Create the user" }).click();
  await page.getByRole("heading", { name: "grace", level: 1 }).waitFor();
  await page.getByLabel("Role").selectOption("read-only");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("grace is changed.").waitFor();
  expect((await api("/users/grace"))["role"]).toBe("read-only");
  await checkPage(page, "people-user");
  await page.getByRole("button", { name: "Disable the user" }).click();
  const dialog = page.getByRole("dialog", { name: "Disable grace?" });
  expect(await dialog.getByRole("button", { name: "Disable" }).isDisabled()).toBe(true);
  await dialog.getByLabel("Type grace to confirm").fill("grace");
  await dialog.getByRole("button", { name: "Disable" }).click();
  await page.getByText("grace is disabled.").waitFor();
  expect((await api("/users/grace"))["disabled"]).toBe(true);
  await page.getByRole("button", { name: "Enable the user" }).click();
  await expect.poll(async () => (await api("/users/grace"))["disabled"]).toBe(false);
});

test("users are found by a part of their name, and the address keeps it", async () => {
  await site.app.as("wanda");
  const page = await site.visit("/people");
  await page.getByRole("row", { name: /admin/ }).waitFor();
  await page.getByRole("searchbox", { name: "Find users by name" }).fill("AND");
  await page.getByRole("row", { name: /admin/ }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "wanda" }).waitFor();
  await checkPage(page, "people-users");
  await page.reload();
  await page.getByRole("link", { name: "wanda" }).waitFor();
  expect(await page.getByRole("row", { name: /admin/ }).count()).toBe(0);
});

test("an invitation shows its link once, and opens nothing after it was revoked", async () => {
  const page = await site.visit("/people/users/new");
  await page.getByLabel("Mail address", { exact: true }).fill("ida@example.test");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("button", { name: "Copy Link of the invitation" }).click();
  const link = String(await page.evaluate("navigator.clipboard.readText()"));
  expect(link).toContain(site.app.url);
  await page.getByRole("link", { name: "People" }).first().click();
  await page.getByRole("button", { name: "Revoke the invitation of ida@example.test" }).click();
  await page.getByText("revoked").waitFor();
  const code = new URL(link).searchParams.get("code");
  const used = await site.app.request("/api/v1/sign-up", {
    method: "POST",
    body: { code, name: "ida", password: "a long enough password" },
  });
  expect(used.status).toBe(403);
});

test("an organization gets a team with people, and somebody who is taken out comes back by undo", async () => {
  await site.app.as("tina");
  const page = await site.visit("/people/organizations");
  await page.getByText("No organization that you may see").waitFor();
  await checkPage(page, "people-organizations-empty");
  await page.getByLabel("New organization").fill("acme");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "acme", level: 1 }).waitFor();
  await page.getByLabel("Add a member").fill("tina");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("row", { name: /tina/ }).waitFor();
  await page.getByLabel("New team").fill("web");
  await page.getByRole("button", { name: "Add the team" }).click();
  await checkPage(page, "people-organization");
  await page.getByRole("link", { name: "web", exact: true }).click();
  await page.getByText("Nobody is in it yet").waitFor();
  await page.getByLabel("Add somebody").fill("tina");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("button", { name: "Remove tina" }).click();
  const members = async (): Promise<unknown> => (await api("/organizations/acme/teams/web/members"))["items"];
  await expect.poll(members).toEqual([]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(members).toEqual([{ user: "tina" }]);
  await checkPage(page, "people-team");
});

test("a rule is made in words, the test of privileges knows it, and its removal is undone", async () => {
  await site.app.as("rule-reader", "read-only");
  const page = await site.visit("/people/permissions");
  await page.getByText("No rule yet").waitFor();
  await checkPage(page, "people-permissions-empty");
  await page.getByRole("link", { name: "New rule" }).click();
  await page.getByLabel("To or from").selectOption("user");
  await page.getByLabel("User name").fill("rule-reader");
  await page.getByLabel("What", { exact: true }).selectOption("publish");
  await page.getByLabel("Registry").selectOption("default");
  await page.getByText("rule-reader may publish, tag and deprecate, and install: in default.").waitFor();
  await checkPage(page, "people-rule");
  await page.getByRole("button", { name: "Make the rule" }).click();
  await page.getByRole("row", { name: /rule-reader/ }).waitFor();

  await page.getByLabel("User", { exact: true }).fill("rule-reader");
  await page.getByLabel("May they").selectOption("publish");
  await page.getByLabel("Registry").selectOption("default");
  await page.getByRole("button", { name: "Ask" }).click();
  await page.getByText("Allowed").waitFor();
  await checkPage(page, "people-permissions");
  await page.getByRole("button", { name: /^Remove the rule on rule-reader/ }).click();
  await page.getByText("No rule yet").waitFor();
  await page.getByRole("button", { name: "Ask" }).click();
  await page.getByText("Refused").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("row", { name: /rule-reader/ }).waitFor();
});

test("the audit trail shows who published, deprecated and deleted, is filtered, and exported as filtered", async () => {
  await site.app.admin.publish({ name: "told-of", version: "1.0.0" });
  await site.app.admin.publish({ name: "told-of", version: "1.1.0" });
  const version = "/registries/default/packages/told-of/versions/1.0.0";
  await api(`${version}/deprecation`, "PUT", { message: "use another" });
  await api(version, "DELETE");
  const page = await site.visit("/people/audit");
  await page.getByRole("textbox", { name: "Package" }).fill("told-of");
  await page.getByRole("button", { name: "Filter" }).click();
  for (const kind of [/version-published/, /package-changed/, /version-removed|package-removed/]) {
    const row = page.getByRole("row", { name: kind }).first();
    await row.getByText("told-of in default").waitFor();
    await row.getByText("admin", { exact: true }).waitFor();
    expect(await row.getByRole("time").count()).toBe(1);
  }
  expect(await page.getByRole("row", { name: /signed-in/ }).count()).toBe(0);
  await checkPage(page, "people-audit");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export as JSON lines" }).click(),
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString().trim().split("\n");
  const packages = lines.map((line) => (JSON.parse(line) as { package: string }).package);
  expect(packages.length).toBeGreaterThanOrEqual(3);
  expect(new Set(packages)).toEqual(new Set(["told-of"]));
  await page.getByRole("textbox", { name: "Package" }).fill("nothing");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByText("Nothing of that kind happened").waitFor();
});

test("a key is made for a registry, works there only, and ends when it is revoked", async () => {
  const page = await site.visit("/people/keys/new");
  await page.getByLabel("Name", { exact: true }).fill("mirror");
  await page.getByLabel("Registries").fill("default");
  await page.getByText("Reads and installs; changes nothing. Only in default. Ends in 90 days.").waitFor();
  await page.getByRole("button", { name: "Create the key" }).click();
  await page.getByRole("button", { name: "Copy Value of mirror" }).click();
  const key = String(await page.evaluate("navigator.clipboard.readText()"));
  const headers = { authorization: `Bearer ${key}` };
  expect((await site.app.request("/npm/default/", { headers })).status).toBe(200);
  await checkPage(page, "people-key-new");
  await page.getByRole("link", { name: "People" }).first().click();
  await page.getByRole("link", { name: "Keys" }).click();
  await page.getByRole("button", { name: "Revoke mirror" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("mirror is revoked.").waitFor();
  expect((await site.app.request("/npm/default/", { headers })).status).toBe(401);
  await checkPage(page, "people-keys");
});

test("who develops is offered organizations only, and the search finds them nobody else", async () => {
  const page = await site.visit("/people", { user: "dev" });
  await page.getByRole("link", { name: "Organizations" }).waitFor();
  await expect.poll(() => new URL(page.url()).pathname).toBe("/people/organizations");
  for (const name of ["Users", "Permissions", "Keys", "Audit trail"]) {
    expect(await page.getByRole("link", { name, exact: true }).count(), name).toBe(0);
  }
  expect(await page.getByLabel("New organization").count()).toBe(0);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /search/i }).fill("admin");
  await page.getByText("Nothing here is called “admin”.").waitFor();
});

test("the search leads to people, teams and settings", async () => {
  await site.app.as("sought");
  const page = await site.visit("/settings");
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: /search/i });
  await box.fill("audit tr");
  await page.getByRole("option", { name: /^Audit trail/ }).waitFor();
  await box.fill("sough");
  await page.getByRole("option", { name: /^sought/ }).click();
  await page.getByRole("heading", { name: "sought", level: 1 }).waitFor();
});
