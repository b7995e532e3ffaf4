import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const HOUR = 3_600_000;

const site = useConsole();

async function admin(wanted: string, body?: unknown): Promise<Record<string, unknown>> {
  const [method = "", path = ""] = wanted.split(" ");
  const asked = { method, ...(body === undefined ? {} : { body }) };
  const response = await site.app.admin.request(`/api/v1${path}`, asked);
  expect(response.status, response.text).toBeLessThan(300);
  return response.text === "" ? {} : response.json;
}

async function status(path: string): Promise<number> {
  return (await site.app.admin.request(`/npm/default/${path}`)).status;
}

async function modeOf(rule: string): Promise<string> {
  const { rules } = (await admin("GET /policy")) as { rules: { rule: string; mode: string }[] };
  return rules.find((one) => one.rule === rule)?.mode ?? "";
}

const explain = (name: string, range = ""): string =>
  `/firewall/explain?registry=default&package=${name}${range === "" ? "" : `&range=${range}`}`;

async function toldIn(page: Page, text: string | RegExp): Promise<void> {
  await page.getByRole("status", { name: "Notices" }).getByText(text).waitFor();
}

beforeAll(async () => {
  if (site.upstream === undefined) return;
  for (const [version, hours] of Object.entries({ "1.0.0": 9000, "1.1.0": 5000, "1.2.0": 1 })) {
    site.upstream.publish({ name: "left", version, time: Date.now() - hours * HOUR });
  }
  await admin("PUT /registries/default/policy/rules/age", { mode: "enforce" });
});

test("explain says what a client gets, what is held back by which rule until when, and where tags lead", async () => {
  const page = await site.visit(explain("left"));
  await page.getByText("Another version").waitFor();
  const held = page.getByRole("row", { name: /1\.2\.0/ });
  await held.getByText("Held").waitFor();
  await held.getByText("age", { exact: true }).waitFor();
  await held.getByText("in 3 days").waitFor();
  await page.getByText("Tags that lead elsewhere").waitFor();
  await page.getByText(/The upstream public/).waitFor();
  await checkPage(page, "firewall-explain");
  await page.getByRole("button", { name: "1.0.0", exact: true }).click();
  await page.getByRole("heading", { name: "What the rules say of 1.0.0" }).waitFor();
  expect(new URL(page.url()).searchParams.get("version")).toBe("1.0.0");
});

test("explain asks for a package where none is named, and says where one does not exist", async () => {
  const page = await site.visit("/firewall/explain");
  await page.getByText("Name a package").waitFor();
  await checkPage(page, "firewall-explain-empty");
  await page.getByLabel("Package", { exact: true }).fill("no-such-package");
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByText("Nowhere: neither this registry nor an upstream has it.").waitFor();
});

test("who may not decide asks for an exception in place", async () => {
  const page = await site.visit(explain("left"), { user: "dev" });
  await page.getByRole("heading", { name: "Ask for an exception" }).waitFor();
  expect(await page.getByRole("button", { name: "Block" }).count()).toBe(0);
  await page.getByLabel("Reason").fill("It mends our build");
  await page.getByRole("button", { name: "Ask for an exception" }).click();
  await toldIn(page, /decides on it/);
  const { items } = (await admin("GET /exceptions?state=requested")) as { items: object[] };
  expect(items).toEqual([
    expect.objectContaining({ owner: "dev", packages: "left", range: "1.2.0", rules: ["age"], days: 30 }),
  ]);
});

test("who manages the registry makes the exception in place, and the version passes", async () => {
  site.upstream.publish({ name: "fresh", version: "1.0.0", time: Date.now() - HOUR });
  expect(await status("fresh/-/fresh-1.0.0.tgz")).toBe(403);
  const page = await site.visit(explain("fresh"));
  await page.getByText("Nothing passes").waitFor();
  await page.getByLabel("Reason").fill("Looked at it");
  await page.getByRole("button", { name: "Make the exception" }).click();
  await toldIn(page, "The exception is in force.");
  await page.getByText("As without rules").waitFor();
  expect(await status("fresh/-/fresh-1.0.0.tgz")).toBe(200);
});

test("a version is blocked in place with a reason, and that is undone", async () => {
  site.upstream.publish({ name: "blockable", version: "1.0.0", time: Date.now() - 9000 * HOUR });
  const page = await site.visit(explain("blockable"));
  await page.getByRole("button", { name: "Block" }).click();
  const dialog = page.getByRole("dialog", { name: "Block blockable@1.0.0?" });
  await dialog.getByLabel("Reason").fill("It steals");
  await dialog.getByRole("button", { name: "Block" }).click();
  await page.getByText("by admin: It steals").waitFor();
  expect(await status("blockable/-/blockable-1.0.0.tgz")).toBe(403);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Nobody has said anything of it by hand.").waitFor();
  expect(await status("blockable/-/blockable-1.0.0.tgz")).toBe(200);
});

test("a rule is tried on last week before it is enforced, and making it weaker asks", async () => {
  site.upstream.publish({ name: "beta", version: "1.0.0-rc.1", time: Date.now() - 9000 * HOUR });
  expect(await status("beta/-/beta-1.0.0-rc.1.tgz")).toBe(200);
  const page = await site.visit("/firewall");
  await page.getByRole("heading", { name: "Firewall", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Change prerelease" }).click();
  const form = page.getByRole("form", { name: "The rule prerelease" });
  await form.getByText("Enforced, this would have refused 1 install last week.").waitFor();
  await form.getByText("beta@1.0.0-rc.1").waitFor();
  await checkPage(page, "firewall-rule-preview");
  await form.getByLabel("Mode").selectOption("enforce");
  await form.getByRole("button", { name: "Save" }).click();
  await toldIn(page, "prerelease is enforced in every registry.");
  expect(await modeOf("prerelease")).toBe("enforce");
  expect(await status("beta/-/beta-1.0.0-rc.1.tgz")).toBe(403);
  await form.getByLabel("Mode").selectOption("off");
  await form.getByRole("button", { name: "Save" }).click();
  const dialog = page.getByRole("dialog", { name: "Make prerelease weaker?" });
  expect(await modeOf("prerelease")).toBe("enforce");
  await dialog.getByRole("button", { name: "Set it to off" }).click();
  await toldIn(page, "prerelease is off in every registry.");
  await page.getByRole("button", { name: "Undo" }).last().click();
  await expect.poll(() => modeOf("prerelease")).toBe("enforce");
});

test("options are forms, and only what was changed is chosen", async () => {
  const page = await site.visit("/firewall?rule=vulnerability");
  const form = page.getByRole("form", { name: "The rule vulnerability" });
  await form.getByLabel("Severity", { exact: true }).selectOption("critical");
  await form.getByLabel("Grace days: exploited").fill("1");
  await form.getByText(/not with those you are changing/).waitFor();
  await checkPage(page, "firewall-rule-options");
  await form.getByRole("button", { name: "Save" }).click();
  await toldIn(page, /vulnerability is shadow/);
  const { choices } = (await admin("GET /policy")) as { choices: { rule: string; options: object }[] };
  expect(choices.find(({ rule }) => rule === "vulnerability")?.options).toEqual({
    severity: "critical",
    graceDays: { exploited: 1, critical: 7, high: 30, other: 90 },
  });
});

test("the profile is switched, and leaving the strict one asks", async () => {
  const page = await site.visit("/firewall?registry=default");
  await page.getByRole("combobox", { name: "Profile" }).selectOption("strict");
  await page.getByRole("button", { name: "Switch profile" }).click();
  await page.getByRole("heading", { name: "Profile: strict" }).waitFor();
  await checkPage(page, "firewall-rules-strict");
  await page.getByRole("combobox", { name: "Profile" }).selectOption("standard");
  await page.getByRole("button", { name: "Switch profile" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).click();
  await page.getByRole("heading", { name: "Profile: standard" }).waitFor();
});

test("who may not change rules sees them, and is offered no change", async () => {
  const page = await site.visit("/firewall", { user: "dev" });
  await page.getByRole("button", { name: "Look at licence" }).click();
  const form = page.getByRole("form", { name: "The rule licence" });
  expect(await form.getByLabel("Mode").isDisabled()).toBe(true);
  expect(await page.getByRole("button", { name: /Save|Switch profile/ }).count()).toBe(0);
});
