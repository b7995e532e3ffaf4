/** Takes pictures of the console's pages, for the tour in docs/guide/console.md. Needs Chromium on this machine. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const SIZES = { wide: { width: 1280, height: 860 }, narrow: { width: 360, height: 740 } };
const THEMES = ["light", "dark"];

/** What is in the tour, by the name of its picture. */
export const TOUR = {
  "overview": "/",
  "registries": "/registries",
  "registry": "/registries/default",
  "set-up": "/registries/default/set-up",
  "upstreams": "/registries/default/upstreams",
  "packages": "/packages",
  "package": "/packages/default/@acme%2Fui-button",
  "package-versions": "/packages/default/@acme%2Fui-button/versions",
  "firewall": "/firewall",
  "explain": "/firewall/explain",
  "issues": "/firewall/issues",
  "exceptions": "/firewall/exceptions",
  "exposure": "/firewall/exposure",
  "advisories": "/firewall/advisories",
  "decisions": "/firewall/decisions",
  "people": "/people",
  "user": "/people/users/amara",
  "add-somebody": "/people/users/new",
  "organization": "/people/organizations/acme",
  "team": "/people/organizations/acme/teams/web",
  "permissions": "/people/permissions",
  "rule": "/people/permissions/new",
  "keys": "/people/keys",
  "audit": "/people/audit",
  "settings": "/settings",
  "tokens": "/settings/tokens",
  "new-token": "/settings/tokens/new",
  "jobs": "/settings/jobs",
  "server": "/settings/server",
};

/** Takes each page in both themes and two widths; gives how many pictures there are. Throws where there is no browser. */
export async function takePictures({ url, password, folder }) {
  const executablePath = CHROMIUM.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("Pictures need a browser: apt-get install chromium");
  await mkdir(folder, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const signedIn = await context.request.post(`${url}/api/v1/session`, {
      data: { user: "admin", password },
    });
    if (!signedIn.ok()) throw new Error(`Nobody could sign in: ${await signedIn.text()}`);
    const page = await context.newPage();
    for (const [name, path] of Object.entries(TOUR)) await takePage(page, { name, url: url + path, folder });
  } finally {
    await browser.close();
  }
  return Object.keys(TOUR).length * THEMES.length * Object.keys(SIZES).length;
}

async function takePage(page, { name, url, folder }) {
  await page.goto(url, { waitUntil: "networkidle" });
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const [width, size] of Object.entries(SIZES)) {
      await page.setViewportSize(size);
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });
    }
  }
}
