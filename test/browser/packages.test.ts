import { beforeAll, expect, test } from "vitest";
import { checkPage, useConsole } from "./console.ts";

const site = useConsole();

const HOSTILE = [
  "# @acme/widget",
  "Draws *widgets*. See [usage](#usage) and [the site](https://acme.example/).",
  "<script>window.hurt = 1</script>",
  '<img src=x onerror="window.hurt = 2">',
  '<a href="javascript:window.hurt=3">press me</a>',
  '<svg onload="window.hurt = 4"></svg>',
  '<details open ontoggle="window.hurt = 5">more</details>',
  "<style>main { display: none }</style>",
  '<h1 id="root" style="position: fixed">x</h1>',
  '<form action="https://evil.example/"><input name="password"></form>',
  "## Usage",
  "```js\nimport { draw } from '@acme/widget';\n```",
  "| part | what it does |\n| - | - |\n| draw | draws |",
].join("\n\n");

beforeAll(async () => {
  if (site.app === undefined) return;
  await site.app.admin.publish({
    name: "@acme/widget",
    version: "1.0.0",
    readme: HOSTILE,
    manifest: {
      description: "Draws widgets",
      keywords: ["drawing"],
      license: "MIT",
      dependencies: { "left-pad": "^1.0.0" },
      homepage: "https://acme.example/",
    },
  });
  await site.app.admin.publish({
    name: "@acme/widget",
    version: "1.1.0-beta.1",
    tag: "next",
    manifest: { license: "MIT", scripts: { postinstall: "node build.js" } },
  });
  for (const version of ["1.2.0", "1.3.0"]) {
    site.upstream.publish({ name: "left-pad", version, manifest: { description: "Pads on the left" } });
  }
  site.upstream.publish({ name: "leftover", version: "1.0.0", manifest: { description: "What remains" } });
  await site.app.admin.request("/npm/default/left-pad/-/left-pad-1.3.0.tgz");
});

test("a search finds what is here and what the upstream has, by origin", async () => {
  const page = await site.visit("/packages");
  await page
    .getByRole("row", { name: /@acme\/widget/ })
    .getByText("local")
    .waitFor();
  await page.getByRole("searchbox", { name: "Search" }).fill("left");
  await page.getByLabel("Registry").selectOption("default");
  await page
    .getByRole("row", { name: /leftover/ })
    .getByText("remote")
    .waitFor();
  await page
    .getByRole("row", { name: /left-pad/ })
    .getByText("cached")
    .waitFor();
  expect(new URL(page.url()).search).toBe("?text=left&registry=default");
  await checkPage(page, "packages-search");
  await page.getByLabel("Origin").selectOption("cached");
  await page.getByRole("row", { name: /leftover/ }).waitFor({ state: "detached" });
  await page.getByRole("searchbox", { name: "Search" }).fill("drawing");
  await page.getByLabel("Origin").selectOption("");
  await page.getByRole("link", { name: "@acme/widget" }).click();
  await page.getByRole("heading", { name: "@acme/widget", level: 1 }).first().waitFor();
});

test("a package that only the upstream has is cached once it was installed", async () => {
  const row = "/packages?registry=default&text=leftover";
  const page = await site.visit(row);
  await page
    .getByRole("row", { name: /leftover/ })
    .getByText("remote")
    .waitFor();
  const tarball = "leftover/-/leftover-1.0.0.tgz";
  expect(site.upstream.count(tarball)).toBe(0);
  expect((await site.app.admin.request(`/npm/default/${tarball}`)).status).toBe(200);
  await expect
    .poll(
      async () => {
        await page.reload();
        await page.getByRole("row", { name: /leftover/ }).waitFor();
        return await page
          .getByRole("row", { name: /leftover/ })
          .getByText("cached")
          .count();
      },
      { timeout: 25_000, interval: 1000 },
    )
    .toBe(1);
  expect(site.upstream.count(tarball)).toBe(1);
});

test("a README is shown, and nothing in it runs or changes the page", async () => {
  const page = await site.visit("/packages/default/@acme%2Fwidget?version=1.0.0");
  const readme = page.getByRole("region", { name: "README" });
  await readme.getByRole("heading", { name: "Usage" }).waitFor();
  await readme.getByText("press me").click();
  await readme.getByRole("link", { name: "usage" }).click();
  expect(await page.evaluate("window.hurt")).toBeUndefined();
  expect(await readme.getByRole("textbox").count()).toBe(0);
  expect(
    await page.evaluate(
      "document.querySelectorAll('.readme :is(script, style, img, svg, form, [style])').length",
    ),
  ).toBe(0);
  expect(new URL(page.url()).pathname).toBe("/packages/default/@acme%2Fwidget");
  await checkPage(page, "package-readme");
});

test("HTML that the API would let through is stopped by the page's security policy", async () => {
  site.expectTrouble(/Content Security Policy|violates/);
  const page = await site.visit("/packages");
  await page.getByRole("heading", { name: "Packages", level: 1 }).waitFor();
  await page.evaluate(
    `document.querySelector("main").innerHTML = '<button onclick="window.hurt = 1">after</button>'`,
  );
  await page.getByRole("button", { name: "after" }).click();
  expect(await page.evaluate("window.hurt")).toBeUndefined();
});

test("a package page tells how to install it, what it is, and how policy sees it", async () => {
  const page = await site.visit("/packages/default/@acme%2Fwidget");
  await page.getByRole("region", { name: "Compliance" }).getByText("Compliant").waitFor();
  await page.getByRole("button", { name: "pnpm", exact: true }).click();
  await page.getByRole("button", { name: "Copy pnpm" }).click();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(
    `pnpm add @acme/widget@1.0.0 --registry ${site.app.url}/npm/default/`,
  );
  const facts = page.getByRole("region", { name: "Facts" });
  await facts.getByText("MIT").waitFor();
  await facts.getByRole("link", { name: /acme\.example/ }).waitFor();
  await page.getByRole("link", { name: "Dependencies" }).click();
  await page
    .getByRole("row", { name: /left-pad/ })
    .getByText("^1.0.0")
    .waitFor();
  await checkPage(page, "package-dependencies");
  await page.getByRole("link", { name: "left-pad" }).click();
  await page.getByRole("heading", { name: "left-pad", level: 1 }).waitFor();
});

test("versions are listed with their tags, and found by number and by what policy says", async () => {
  const path = "/api/v1/registries/default/packages/left-pad/versions/1.2.0/status";
  await site.app.admin.request(path, { method: "PUT", body: { status: "blocked", reason: "it steals" } });
  const page = await site.visit("/packages/default/left-pad/versions");
  const blocked = page.getByRole("row", { name: /1\.2\.0/ });
  await blocked.getByText("refused").waitFor();
  await blocked.getByText("it steals").waitFor();
  expect(await blocked.getByRole("link", { name: "Explain 1.2.0" }).getAttribute("href")).toBe(
    "firewall/explain?registry=default&package=left-pad&range=1.2.0",
  );
  await page
    .getByRole("row", { name: /1\.3\.0/ })
    .getByText("latest")
    .waitFor();
  await checkPage(page, "package-versions");
  await page.getByLabel("What policy says").selectOption("refused");
  await page.getByRole("rowheader", { name: /1\.3\.0/ }).waitFor({ state: "detached" });
  await blocked.getByRole("link", { name: "1.2.0", exact: true }).click();
  const banner = page.getByRole("region", { name: "Compliance" });
  await banner.getByText("Noncompliant").first().waitFor();
  await banner.getByRole("list", { name: "Reasons" }).getByText("operator-status").waitFor();
  await checkPage(page, "package-noncompliant");
  await site.app.admin.request(path, { method: "DELETE" });
});

test("the banner and the API give the same reasons", async () => {
  const compliance = "/api/v1/registries/default/packages/@acme%2fwidget/versions/1.1.0-beta.1/compliance";
  const { json } = await site.app.admin.request(compliance);
  const told = (json["reasons"] as { rule: string }[]).map(({ rule }) => rule);
  const page = await site.visit("/packages/default/@acme%2Fwidget?version=1.1.0-beta.1");
  const banner = page.getByRole("region", { name: "Compliance" });
  await banner.getByText("1.1.0-beta.1").first().waitFor();
  const shown = await banner.getByRole("listitem").getByRole("code").allTextContents();
  expect(shown.length).toBe(told.length + (json["shadow"] as unknown[]).length);
  for (const rule of told) expect(shown).toContain(rule);
});

test("where there is nothing yet, the list says how packages come", async () => {
  await site.app.admin.request("/api/v1/registries", { method: "POST", body: { name: "fresh" } });
  const page = await site.visit("/packages?registry=fresh");
  await page.getByText("No packages yet").waitFor();
  await page.getByRole("button", { name: /Copy Publish/ }).click();
  expect(await page.evaluate("navigator.clipboard.readText()")).toContain(
    `npm publish --registry ${site.app.url}/npm/fresh/`,
  );
  await checkPage(page, "packages-empty");
});

test("the search of the console finds packages by their keywords", async () => {
  const page = await site.visit("/");
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await page.keyboard.press("/");
  await page.getByRole("combobox", { name: /search/i }).fill("drawing");
  await page.getByRole("option", { name: /@acme\/widget/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "@acme/widget", level: 1 }).first().waitFor();
});

test("who asks for a package that is not there is told so", async () => {
  site.expectTrouble(/status of 404/);
  const page = await site.visit("/packages/default/no-such-package");
  await page.getByRole("alert").waitFor();
  await checkPage(page, "package-missing");
});
