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

async function fetched(name: string): Promise<number> {
  return (await site.app.admin.request(`/npm/default/${name}/-/${name}-1.0.0.tgz`)).status;
}

/** An upstream version with a script, which the rule against scripts refuses. */
async function refuseScripted(name: string): Promise<void> {
  const manifest = { license: "MIT", scripts: { postinstall: `node steal-${name}.js` } };
  site.upstream.publish({ name, version: "1.0.0", time: Date.now() - OLD_MS, manifest });
  expect(await fetched(name)).toBe(403);
  await expect
    .poll(async () => ((await admin(`GET /findings?package=${name}`))["items"] as unknown[]).length)
    .toBe(1);
}

beforeAll(async () => {
  if (site.upstream === undefined) return;
  await admin("PUT /policy/rules/install-script", { mode: "enforce", options: { condition: "any" } });
});

test("with nothing to decide the page says what comes there", async () => {
  const page = await site.visit("/firewall/issues");
  await page.getByText("Nothing waits for you").waitFor();
  await page.getByText("Nothing is held by hand").waitFor();
  await checkPage(page, "firewall-issues-empty");
});

test("an issue shows the text of its scripts, and releasing the version lets it pass", async () => {
  await refuseScripted("scripted");
  const page = await site.visit("/firewall/issues");
  await page.getByRole("link", { name: "scripted@1.0.0" }).click();
  await page.getByText("node steal-scripted.js").waitFor();
  await checkPage(page, "firewall-issue");
  await page.getByRole("button", { name: "Release" }).click();
  const dialog = page.getByRole("dialog", { name: "Release scripted@1.0.0?" });
  await dialog.getByLabel("Reason").fill("Read it, it is harmless");
  await dialog.getByRole("button", { name: "Release" }).click();
  await page.getByText("Released: Read it, it is harmless").waitFor();
  expect(await fetched("scripted")).toBe(200);
});

test("a version is discarded only after its name was typed, and then stays blocked", async () => {
  await refuseScripted("thief");
  const page = await site.visit("/firewall/issues?package=thief");
  await page.getByRole("link", { name: "thief@1.0.0" }).click();
  await page.getByRole("button", { name: "Discard" }).click();
  const dialog = page.getByRole("dialog", { name: "Discard thief@1.0.0?" });
  await dialog.getByLabel("Reason").fill("It steals");
  expect(await dialog.getByRole("button", { name: "Discard" }).isDisabled()).toBe(true);
  await dialog.getByLabel("Type thief@1.0.0 to confirm").fill("thief@1.0.0");
  await dialog.getByRole("button", { name: "Discard" }).click();
  await page.getByText("Closed", { exact: true }).waitFor();
  const { items } = (await admin("GET /statuses")) as { items: { name: string; status: string }[] };
  expect(items.find(({ name }) => name === "thief")?.status).toBe("blocked");
});

test("an issue is closed with a note, and is found among the closed ones", async () => {
  await refuseScripted("settled");
  const page = await site.visit("/firewall/issues?package=settled");
  await page.getByRole("link", { name: "settled@1.0.0" }).click();
  await page.getByRole("button", { name: "Close" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What you found").fill("Nobody needs it");
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByText(/by admin .*Nobody needs it/).waitFor();
  await page.goto(`${site.app.url}/firewall/issues?package=settled`);
  await page.getByText("No issue is like this").waitFor();
  await page.getByLabel("State").selectOption("closed");
  await page.getByRole("link", { name: "settled@1.0.0" }).waitFor();
  await checkPage(page, "firewall-issues");
});

test("a version is held by hand, and released from the list", async () => {
  site.upstream.publish({ name: "holdable", version: "1.0.0", time: Date.now() - OLD_MS });
  const page = await site.visit("/firewall/issues?registry=default");
  const form = page.getByRole("form", { name: "Hold a version by hand" });
  await form.getByLabel("Package").fill("holdable");
  await form.getByLabel("Version").fill("1.0.0");
  await form.getByLabel("Reason").fill("Odd");
  await form.getByRole("button", { name: "Set" }).click();
  await page.getByRole("row", { name: /holdable@1\.0\.0/ }).waitFor();
  expect(await fetched("holdable")).toBe(403);
  await page.getByRole("button", { name: "Release holdable@1.0.0" }).click();
  await page.getByText("holdable@1.0.0 is no longer held.").waitFor();
  expect(await fetched("holdable")).toBe(200);
});

test("a request is approved with a click and a note, and the exception is revoked again", async () => {
  const ada = await site.app.as("ada");
  const wish = {
    registry: "default",
    packages: "@acme/*",
    range: "^1",
    rules: ["age"],
    reason: "Ours",
    days: 9,
  };
  await ada.request("/api/v1/exception-requests", { method: "POST", body: wish });
  const page = await site.visit("/firewall/exceptions");
  await page.getByText("ada: Ours").waitFor();
  await checkPage(page, "firewall-exceptions");
  await page.getByRole("button", { name: "Approve @acme/*@^1" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await page.getByText("@acme/*@^1 is approved.").waitFor();
  await page.getByText("Nobody waits for an answer").waitFor();
  await page.getByRole("button", { name: "Revoke @acme/*@^1" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("@acme/*@^1 is revoked.").waitFor();
  await page.getByRole("button", { name: "Revoke @acme/*@^1" }).waitFor({ state: "detached" });
  await page.getByLabel("State").selectOption("revoked");
  await page.getByRole("row", { name: /@acme.*revoked/ }).waitFor();
});

test("of known malware it says that a second person has to agree", async () => {
  const page = await site.visit("/firewall/exceptions?registry=default");
  await page.getByLabel("Package", { exact: true }).fill("evil");
  await page.getByLabel("From the rule").selectOption("malware");
  await page.getByText("passes only when two different people have approved it").waitFor();
  await page.getByLabel("Reason").fill("A false alarm");
  await page.getByRole("button", { name: "Make the exception" }).click();
  await page.getByText("Malware needs two different people; 1 more has to approve.").waitFor();
  await checkPage(page, "firewall-exceptions-malware");
});

test("who manages nothing sees no issues, and asks for exceptions", async () => {
  const page = await site.visit("/firewall/issues", { user: "dev" });
  await page.getByText("Only who manages this registry sees what waits for a decision").waitFor();
  await page.getByRole("link", { name: "Requests & exceptions" }).click();
  await page.getByRole("button", { name: "Ask for an exception" }).waitFor();
});
