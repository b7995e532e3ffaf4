import type { ServerAnswer } from "@entrepot/core";
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

test("the server's page says how it does, and what it keeps once that was measured", async () => {
  const page = await site.visit("/settings/server");
  await page.getByText("Well", { exact: true }).waitFor();
  await page.getByText("Not measured yet").waitFor();
  await checkPage(page, "server-empty");
  await site.app.admin.publish({ name: "weighed", version: "1.0.0" });
  await site.app.admin.request("/api/v1/jobs/measure-storage/run", { method: "POST" });
  const measured = async (): Promise<boolean> => {
    const { server } = (await site.app.admin.request("/api/v1/overview")).json as { server: ServerAnswer };
    return server.storage !== null;
  };
  await expect.poll(measured).toBe(true);
  await page.reload();
  await page.getByText("Versions published here").waitFor();
  await checkPage(page, "server");
});

test("who develops has tokens, and no jobs", async () => {
  const page = await site.visit("/settings/tokens", { user: "dev" });
  await page.getByRole("link", { name: "New token" }).waitFor();
  expect(await page.getByRole("link", { name: "Jobs" }).count()).toBe(0);
  expect(await page.getByRole("link", { name: "Server" }).count()).toBe(0);
});

test("what is announced stands above every page, for everybody, until it is taken down", async () => {
  const page = await site.visit("/settings/server");
  await page.getByLabel("Text").fill("Down on Friday at <b>noon</b>");
  await page.getByLabel("It is").selectOption("warning");
  await page.getByRole("button", { name: "Announce" }).click();
  const banner = page.getByRole("complementary", { name: "Announcement" });
  await banner.getByText("Down on Friday at <b>noon</b>").waitFor();
  await checkPage(page, "announcement");
  const other = await site.visit("/registries", { user: "dev" });
  await other.getByRole("complementary", { name: "Announcement" }).waitFor();
  await page.getByRole("button", { name: "Take it down" }).click();
  await banner.waitFor({ state: "detached" });
});
