import { readFile } from "node:fs/promises";
import type { AdvisoryStatusAnswer } from "@entrepot/core";
import { beforeAll, expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const OLD_MS = 9000 * 3_600_000;

const site = useConsole();

async function admin(wanted: string, body?: unknown): Promise<Record<string, unknown>> {
  const [method = "", path = ""] = wanted.split(" ");
  const asked = { method, ...(body === undefined ? {} : { body }) };
  const response = await site.app.admin.request(`/api/v1${path}`, asked);
  expect(response.status, response.text).toBeLessThan(300);
  return response.text === "" ? {} : response.json;
}

const tarball = (name: string): string => `/npm/default/${name}/-/${name}-1.0.0.tgz`;

beforeAll(async () => {
  if (site.upstream === undefined) return;
  for (const name of ["carrier", "victim"]) {
    site.upstream.publish({ name, version: "1.0.0", time: Date.now() - OLD_MS });
  }
  const ada = await site.app.as("ada");
  expect((await ada.request(tarball("carrier"))).status).toBe(200);
  await admin("POST /advisories/own", {
    id: "OWN-victim",
    package: "victim",
    range: "<2",
    summary: "Lets anybody in",
    severity: "high",
    aliases: ["CVE-2026-1234"],
  });
});

test("a pasted list tells who fetched what, and holds it in the same step", async () => {
  const page = await site.visit("/firewall/exposure");
  await page.getByText("Paste the list of an alert").waitFor();
  await checkPage(page, "firewall-exposure-empty");
  await page.getByRole("textbox", { name: "Bad versions" }).fill("carrier@1.0.0\nvictim@^1\nwhat is this");
  await page.getByRole("checkbox", { name: /Refuse them from now on/ }).check();
  await page.getByRole("textbox", { name: "Reason" }).fill("A worm");
  await page.getByRole("button", { name: "Refuse them and look up who has them" }).click();
  await page.getByRole("heading", { name: "Somebody has them" }).waitFor();
  await page
    .getByRole("row", { name: /carrier@1\.0\.0/ })
    .getByText("ada")
    .waitFor();
  await page.getByText("1 line could not be read:").waitFor();
  await checkPage(page, "firewall-exposure");
  expect((await site.app.admin.request(tarball("carrier"))).status).toBe(403);
  const { items } = (await admin("GET /statuses")) as { items: { name: string; status: string }[] };
  expect(items.map(({ name, status }) => `${name} ${status}`).sort()).toEqual([
    "carrier held",
    "victim held",
  ]);
});

test("advisories are found by package and by any of their names, and assessed", async () => {
  const page = await site.visit("/firewall/advisories");
  await page.getByText("Name a package or an advisory").waitFor();
  await checkPage(page, "firewall-advisories-empty");
  const box = page.getByRole("searchbox", { name: "Package, or id of an advisory" });
  await box.fill("victim@2.0.0");
  await page.getByRole("button", { name: "Look up" }).click();
  await page.getByText("Nothing is known against victim@2.0.0").waitFor();
  await box.fill("victim@1.0.0");
  await page.getByRole("button", { name: "Look up" }).click();
  await page.getByRole("link", { name: "OWN-victim" }).waitFor();
  await box.fill("CVE-2026-1234");
  await page.getByRole("button", { name: "Look up" }).click();
  await page.getByText("Lets anybody in").waitFor();
  await checkPage(page, "firewall-advisories");
  await page.getByRole("link", { name: "OWN-victim" }).click();
  await page.getByText("Nobody has assessed it.").waitFor();
  const form = page.getByRole("form", { name: "Assess it" });
  await form.getByLabel("As").selectOption("monitor");
  await form.getByLabel("Why").fill("We do not call that part");
  await form.getByRole("button", { name: "Assess in every registry" }).click();
  await page.getByText(/by admin: We do not call that part/).waitFor();
  await checkPage(page, "firewall-advisory");
  await page.getByRole("button", { name: "Take back" }).click();
  await page.getByText("Nobody has assessed it.").waitFor();
});

test("without feeds, syncing says what to do", async () => {
  site.expectTrouble(/status of 404/);
  const page = await site.visit("/firewall/advisories");
  await page.getByRole("button", { name: "Sync now" }).click();
  await page
    .getByRole("alert")
    .getByText(/No feeds are configured here/)
    .waitFor();
});

test("a feed that fails, and alarms, are shown with their age", async () => {
  const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
  const feed = { kind: "osv", url: "https://feeds.example/npm.zip", newestAt: null, fetchedAt: null };
  const state: AdvisoryStatusAnswer = {
    epoch: 7,
    createdAt: hoursAgo(50),
    currentAt: hoursAgo(50),
    ageSeconds: 180_000,
    advisories: 21_345,
    packages: 9_876,
    heldAtEpoch: null,
    feeds: [
      {
        ...feed,
        name: "osv",
        records: 21_000,
        checkedAt: hoursAgo(50),
        failedAt: hoursAgo(1),
        failure: "It answered 503.",
      },
      { ...feed, name: "kev", records: 345, checkedAt: hoursAgo(1), failedAt: null, failure: null },
    ],
    alarms: ["The feed osv has not been read for 50 hours."],
  };
  const page = await site.visit("/firewall");
  await page.route("**/api/v1/advisories/status", (route) => route.fulfill({ json: state }));
  await page.getByRole("link", { name: "Advisories" }).click();
  await page.getByText("The feed osv has not been read for 50 hours.").waitFor();
  await page.getByText(/21,345 advisories about 9,876 packages, current as of 2 days ago/).waitFor();
  const failing = page.getByRole("row", { name: /osv/ });
  await failing.getByText("failing").waitFor();
  await failing.getByText("It answered 503.").waitFor();
  await page.getByRole("row", { name: /kev/ }).getByText("well").waitFor();
  await checkPage(page, "firewall-feeds");
});

test("decisions are chosen by filters that stay in the address, and exported by them", async () => {
  await site.app.admin.request(tarball("carrier"));
  const page = await site.visit("/firewall/decisions");
  await page.getByRole("searchbox", { name: "Package" }).fill("carrier");
  await page.getByLabel("Outcome").selectOption("served");
  await page.getByRole("searchbox", { name: "Who" }).fill("ada");
  const row = page.getByRole("row", { name: /carrier@1\.0\.0/ });
  await row.getByText("Served").waitFor();
  expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
    package: "carrier",
    outcome: "served",
    principal: "ada",
  });
  await checkPage(page, "firewall-decisions");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export as NDJSON" }).click(),
  ]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ package: "carrier", outcome: "served", principal: "ada" }),
  ]);
});

test("the search leads to an advisory by its id, and to the firewall's pages", async () => {
  const page = await site.visit("/firewall/decisions?package=none");
  await page.getByText("No decision is like this").waitFor();
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: /search/i });
  await box.fill("exposure");
  await page.getByRole("option", { name: /^Exposure/ }).waitFor();
  await box.fill("cve-2026-1234");
  await page.getByRole("option", { name: /^CVE-2026-1234/ }).click();
  await page.getByText("Lets anybody in").waitFor();
});
