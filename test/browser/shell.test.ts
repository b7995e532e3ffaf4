import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const FIRST_LOAD_BYTES_MAX = 150 * 1024;
const ASSETS = new URL("../../packages/server/dist/console/assets/", import.meta.url);

const site = useConsole();

test("the first page needs no more than 150 kB of compressed script", async () => {
  const page = await site.visit("/");
  await page.getByRole("link", { name: "default", exact: true }).waitFor();
  const loaded = (await page.evaluate(
    "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js'))",
  )) as string[];
  const sizes = new Map(
    loaded.map((url) => [url, gzipSync(readFileSync(new URL(basename(url), ASSETS))).length]),
  );
  expect(sizes.size).toBeGreaterThan(3);
  expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
});

test("the navigation leads to every area, and the title says where one is", async () => {
  const page = await site.visit("/");
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await page.getByText("default").first().waitFor();
  await checkPage(page, "overview");
  for (const area of ["Registries", "Settings", "Overview"]) {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: area }).click();
    await page.getByRole("heading", { name: area, level: 1 }).waitFor();
    expect(await page.title()).toBe(`${area} · Entrepot`);
  }
});

test.each([["/"], ["Control+k"]])("%s opens the search, which goes to what is chosen", async (key) => {
  const page = await site.visit("/");
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await page.keyboard.press(key);
  const box = page.getByRole("combobox", { name: /search/i });
  await box.waitFor();
  await box.fill("default");
  // Who types fast does not wait for what is found.
  if (key === "/") {
    await page.getByRole("option", { name: /^default/ }).waitFor();
    await checkPage(page, "search");
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "default", level: 1 }).waitFor();
});

test("a URL that is no page says so", async () => {
  const page = await site.visit("/nothing/here");
  await page.getByText("There is no such page").waitFor();
  await checkPage(page, "not-found");
});

test("the first thing that the keyboard reaches skips to the content", async () => {
  const page = await site.visit("/registries");
  await page.getByRole("heading", { name: "Registries", level: 1 }).waitFor();
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Skip to content" }).press("Enter");
  expect(await page.evaluate("document.activeElement.tagName")).toBe("MAIN");
});

test("a theme that is chosen stays, and is there before the first paint", async () => {
  const page = await site.visit("/settings");
  await page.getByRole("radio", { name: "Dark" }).check();
  await page.reload();
  await page.getByRole("radio", { name: "Dark" }).waitFor();
  expect(await page.getByRole("radio", { name: "Dark" }).isChecked()).toBe(true);
  expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
  await page.getByRole("radio", { name: "As the system" }).check();
  await page.getByRole("table", { name: "Sessions" }).waitFor();
  await checkPage(page, "settings");
});
