import { ADMIN_PASSWORD } from "@entrepot/testkit";
import { expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const site = useConsole();

test("who is not signed in signs in, and lands where they wanted to go", async () => {
  const page = await site.visit("/registries", { user: null });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(await page.title()).toBe("Sign in · Entrepot");
  await checkPage(page, "sign-in");
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(ADMIN_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Registries", level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/registries");
});

test("a wrong password is told where it was typed, with what mends it", async () => {
  site.expectTrouble(/status of 401/);
  const page = await site.visit("/sign-in", { user: null });
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect(await alert.textContent()).toMatch(/password/i);
  await checkPage(page, "sign-in-wrong");
});

test("the sign-in page leads to no other site", async () => {
  const page = await site.visit("/sign-in?to=//elsewhere.example/", { user: null });
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(ADMIN_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  expect(page.url()).toBe(`${site.app.url}/`);
});

test("who signs out has to sign in again, and another browser stays", async () => {
  const other = await site.visit("/");
  const page = await site.visit("/");
  await page.getByRole("button", { name: "Signed in as admin" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await other.reload();
  await other.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
});

test("a session that ends elsewhere leads to the sign-in page and back", async () => {
  site.expectTrouble(/status of 401/);
  const page = await site.visit("/registries");
  await page.getByRole("heading", { name: "Registries", level: 1 }).waitFor();
  const ended = await site.app.admin.request("/api/v1/sessions/end", { method: "POST", body: {} });
  expect(ended.status).toBe(200);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});
