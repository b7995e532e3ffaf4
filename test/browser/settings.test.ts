import { expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const site = useConsole();

test("a token says in words what it will do, is shown once, rotated and revoked", async () => {
  const page = await site.visit("/settings/tokens/new");
  await page.getByLabel("Name", { exact: true }).fill("pipeline");
  await page.getByLabel("Where it is used").selectOption("ci");
  await page.getByLabel("What it may do").selectOption("publish");
  await page.getByLabel("Packages").fill("@acme/*");
  await page.getByLabel("It ends").selectOption("30");
  await page.getByText("In every registry. Only @acme/*. Ends in 30 days.").waitFor();
  await checkPage(page, "token-new");
  await page.getByRole("button", { name: "Create the token" }).click();
  await page.getByRole("button", { name: "Copy Value of pipeline" }).click();
  const token = String(await page.evaluate("navigator.clipboard.readText()"));
  const headers = { authorization: `Bearer ${token}` };
  const whoami = await site.app.request("/npm/default/-/whoami", { headers });
  expect(whoami.json["username"]).toBe("admin");
  await checkPage(page, "token-made");

  await page.getByRole("link", { name: "Settings" }).first().click();
  await page.getByRole("link", { name: "Tokens" }).click();
  const row = page.getByRole("row", { name: /pipeline/ });
  await row.getByText("Only @acme/*.").waitFor();
  expect(await page.getByText(token).count()).toBe(0);
  await checkPage(page, "tokens");
  await page.getByRole("button", { name: "Rotate pipeline" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
  await page.getByRole("button", { name: "Copy Token pipeline" }).click();
  const rotated = String(await page.evaluate("navigator.clipboard.readText()"));
  expect(rotated).toMatch(/^ent_/);
  expect(rotated).not.toBe(token);
  const after = { authorization: `Bearer ${rotated}` };
  expect((await site.app.request("/npm/default/-/whoami", { headers: after })).status).toBe(200);
  await page.getByRole("button", { name: "Revoke pipeline" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("pipeline is revoked.").waitFor();
  await page.getByRole("button", { name: "Revoke pipeline" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect
    .poll(async () => (await site.app.request("/npm/default/-/whoami", { headers: after })).status)
    .toBe(401);
});

test("a job is run now, and what it said is shown", async () => {
  const page = await site.visit("/settings/jobs");
  await page.getByRole("button", { name: "Run now collect-garbage" }).click();
  await page.getByText("collect-garbage is queued").waitFor();
  await page.getByRole("link", { name: "collect-garbage" }).click();
  await page.getByRole("button", { name: "Log of collect-garbage, done" }).first().click();
  await page
    .getByRole("region", { name: "Log of collect-garbage" })
    .getByText(/kept \d+ blobs/)
    .waitFor();
  await checkPage(page, "jobs");
  expect(new URL(page.url()).search).toBe("?kind=collect-garbage");
});

test("the server's page says how it does", async () => {
  const page = await site.visit("/settings/server");
  await page.getByText("Well", { exact: true }).waitFor();
  await checkPage(page, "server");
});

test("who develops has tokens, and no jobs", async () => {
  const page = await site.visit("/settings/tokens", { user: "dev" });
  await page.getByRole("link", { name: "New token" }).waitFor();
  expect(await page.getByRole("link", { name: "Jobs" }).count()).toBe(0);
  expect(await page.getByRole("link", { name: "Server" }).count()).toBe(0);
});
