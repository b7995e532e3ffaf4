import { makePackageTarball } from "@entrepot/testkit";
import { beforeAll, expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const site = useConsole();

beforeAll(async () => {
  if (site.app === undefined) return;
  const { admin } = site.app;
  for (const version of ["1.0.0", "1.1.0"]) {
    await admin.publish({
      name: "tool",
      version,
      files: { "index.js": `export const version = "${version}";\n`, "docs/use.md": "# Use\n" },
      manifest: {
        dependencies: { "left-pad": "^1.0.0" },
        ...(version === "1.1.0" ? { scripts: { postinstall: "node setup.js" } } : {}),
      },
    });
  }
  site.upstream.publish({ name: "left-pad", version: "1.3.0" });
});

async function installStatus(name: string, version: string): Promise<number> {
  return (await site.app.admin.request(`/npm/default/${name}/-/${name}-${version}.tgz`)).status;
}

test("the files of a version are listed, and each can be read", async () => {
  const page = await site.visit("/packages/default/tool/files?version=1.0.0");
  await page.getByRole("button", { name: "index.js" }).click();
  await page.getByRole("region", { name: "index.js" }).getByText('export const version = "1.0.0";').waitFor();
  await checkPage(page, "package-files");
  await page.getByRole("searchbox", { name: "Files by path" }).fill("docs");
  await page.getByRole("button", { name: "docs/use.md" }).waitFor();
  await page.getByRole("button", { name: "index.js" }).waitFor({ state: "detached" });
});

test("two versions are compared: files line by line, and scripts that run at installation", async () => {
  const page = await site.visit("/packages/default/tool/compare");
  const row = page.getByRole("row", { name: /scripts\.postinstall/ });
  await row.getByText("runs at installation").waitFor();
  await page.getByText("Files: 2 differ, 1 are the same").waitFor();
  await page.getByText("index.js", { exact: true }).click();
  const patch = page.getByLabel("Difference in index.js");
  await patch.getByText('+export const version = "1.1.0";').waitFor();
  await patch.getByText('-export const version = "1.0.0";').waitFor();
  await checkPage(page, "package-compare");
});

test("what needs a package is listed with it", async () => {
  const page = await site.visit("/packages/default/left-pad/dependencies");
  const table = page.getByRole("table", { name: "Dependents" });
  await table.getByRole("link", { name: "tool" }).waitFor();
});

test("a tarball of another registry is uploaded, is local, and keeps its integrity", async () => {
  const { bytes, integrity } = makePackageTarball({ name: "brought", version: "2.0.0" });
  const page = await site.visit("/packages?registry=default");
  await page.getByRole("link", { name: "Upload a package" }).click();
  await page.getByRole("heading", { name: "Upload a package", level: 1 }).waitFor();
  await checkPage(page, "package-upload");
  const file = { name: "brought-2.0.0.tgz", mimeType: "application/gzip", buffer: bytes };
  await page.getByLabel("Tarball", { exact: true }).setInputFiles(file);
  await page.getByText("brought-2.0.0.tgz").waitFor();
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await page.getByText("brought@2.0.0 is uploaded.").waitFor();
  await page.getByRole("heading", { name: "brought", level: 1 }).first().waitFor();
  await page.getByText("local", { exact: true }).waitFor();
  const { json } = await site.app.admin.request("/npm/default/brought");
  const versions = json["versions"] as Record<string, { dist: { integrity: string } }>;
  expect(versions["2.0.0"]?.dist.integrity).toBe(integrity);
});

test("what is no package is refused with a reason, and the form stays", async () => {
  site.expectTrouble(/status of 4\d\d/);
  const page = await site.visit("/packages/upload?registry=default");
  const file = { name: "odd.tgz", mimeType: "application/gzip", buffer: Buffer.from("no tarball") };
  await page.getByLabel("Tarball", { exact: true }).setInputFiles(file);
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await page.getByRole("button", { name: "Upload", exact: true }).waitFor();
});

test("a version of an upstream is pulled, and is cached without an installation", async () => {
  site.upstream.publish({ name: "far", version: "1.0.0" });
  const page = await site.visit("/packages/default/far");
  await page.getByText("remote", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Pull 1.0.0" }).click();
  await page.getByText("far@1.0.0 is kept here now.").waitFor();
  await page.getByText("cached", { exact: true }).waitFor();
  expect(site.upstream.count("far/-/far-1.0.0.tgz")).toBe(1);
});

test("a version is deprecated and blocked, and both are taken back", async () => {
  const page = await site.visit("/packages/default/tool/manage?version=1.0.0");
  await page.getByLabel("Warning").fill("use 1.1.0");
  await page.getByRole("button", { name: "Deprecate 1.0.0" }).click();
  await page.getByText("1.0.0 is deprecated.").waitFor();
  await page.getByText("deprecated", { exact: true }).waitFor();
  await page.getByLabel("Reason").fill("it steals");
  await page.getByRole("button", { name: "Say so" }).click();
  const said = page.getByRole("list", { name: "What is said now" });
  await said.getByText("1.0.0 is blocked").waitFor();
  expect(await installStatus("tool", "1.0.0")).toBe(403);
  await checkPage(page, "package-manage");
  await said.getByRole("button", { name: /Take back/ }).click();
  await said.getByText("1.0.0 is blocked").waitFor({ state: "detached" });
  expect(await installStatus("tool", "1.0.0")).toBe(200);
  await page.getByRole("button", { name: "Take it back" }).click();
  await page.getByText("1.0.0 is no longer deprecated.").waitFor();
});

test("a tag is moved and the move undone; a new one is set and removed", async () => {
  const tags = async (): Promise<unknown> =>
    (await site.app.admin.request("/npm/default/-/package/tool/dist-tags")).json;
  const page = await site.visit("/packages/default/tool/manage?version=1.0.0");
  await page.getByRole("button", { name: "Move latest to 1.0.0" }).click();
  await expect.poll(tags).toEqual({ latest: "1.0.0" });
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(tags).toEqual({ latest: "1.1.0" });
  await page.getByLabel("New tag").fill("stable");
  await page.getByRole("button", { name: "Tag 1.0.0" }).click();
  await expect.poll(tags).toEqual({ latest: "1.1.0", stable: "1.0.0" });
  await page.getByRole("button", { name: "Remove the tag stable" }).click();
  await expect.poll(tags).toEqual({ latest: "1.1.0" });
});

test("a version is unpublished only after its name was typed", async () => {
  await site.app.admin.publish({ name: "gone", version: "1.0.0" });
  await site.app.admin.publish({ name: "gone", version: "1.0.1" });
  const page = await site.visit("/packages/default/gone/manage?version=1.0.0");
  await page.getByRole("button", { name: "Unpublish 1.0.0" }).click();
  const dialog = page.getByRole("dialog", { name: "Unpublish gone@1.0.0?" });
  const confirm = dialog.getByRole("button", { name: "Unpublish for good" });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel("Type gone@1.0.0 to confirm").fill("gone@1.0.0");
  await confirm.click();
  await page.getByText("gone@1.0.0 is unpublished.").waitFor();
  expect(await installStatus("gone", "1.0.0")).toBe(404);
  expect(await installStatus("gone", "1.0.1")).toBe(200);
});

test("who may only read is offered no change", async () => {
  await site.app.as("reader", "read-only");
  const page = await site.visit("/packages/default/tool", { user: "reader" });
  await page.getByRole("heading", { name: "tool", level: 1 }).first().waitFor();
  await page.getByRole("link", { name: "Versions" }).waitFor();
  for (const name of ["Manage", "Files", "Compare"]) {
    expect(await page.getByRole("link", { name, exact: true }).count()).toBe(0);
  }
});
