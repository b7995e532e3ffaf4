import { expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const site = useConsole({ hasOneTimePassword: true });

test("the one-time password of the first start leads to setting one's own, which signs in", async () => {
  site.expectTrouble(/status of 40[13]/);
  const oneTime = site.app.app.firstAdmin?.oneTimePassword ?? "";
  expect(oneTime).not.toBe("");
  const own = "a password of my own";
  const page = await site.visit("/registries", { user: null });
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(oneTime);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Set a password of your own" }).waitFor();
  expect(await page.getByLabel("User name").inputValue()).toBe("admin");
  await page.getByLabel("Password you have now").fill(oneTime);
  await page.getByLabel("New password", { exact: true }).fill(own);
  await page.getByLabel("New password again").fill("something else");
  await page.getByText("This is not the same as above.").waitFor();
  await checkPage(page, "password");
  await page.getByLabel("New password again").fill(own);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("heading", { name: "Registries", level: 1 }).waitFor();
  await page.getByText("Your password is set, and you are signed in.").waitFor();
});
