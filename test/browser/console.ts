/**
 * What the browser tests share: a server, a real Chromium, people who are signed in, and what must hold on every page.
 * Pages are used as people use them, by role and name.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createFakeUpstream, startTestApp, type FakeUpstream, type TestApp } from "@entrepot/testkit";
import { ADMIN_PASSWORD } from "@entrepot/testkit";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";

/** Where pictures of all pages are left to be looked at; not committed. */
const PICTURES = fileURLToPath(new URL("../../coverage/screenshots/", import.meta.url));
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
const WAIT_MS = 30_000;
const WIDE = { width: 1280, height: 860 };
const NARROW = { width: 360, height: 740 };
const THEMES = ["light", "dark"] as const;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A server with its console, and a browser. */
export interface Console {
  readonly app: TestApp;
  readonly upstream: FakeUpstream;
  /** Opens a page in a browser of its own, signed in as the administrator unless `user` is null. */
  visit(path: string, options?: VisitOptions): Promise<Page>;
  /** Says that errors of this kind are what the test is about. */
  expectTrouble(pattern: RegExp): void;
}

/** Who looks at the page. */
export interface VisitOptions {
  /** Null for nobody. Developers are made at first sight. */
  user?: string | null;
}

/** Starts what a file of browser tests needs, and stops it after the last. Without a browser its tests are skipped. */
export function useConsole(options: Parameters<typeof startTestApp>[0] = {}): Console {
  let browser: Browser;
  let app: TestApp;
  let upstream: FakeUpstream;
  let trouble: string[] = [];
  let expected: RegExp[] = [];
  let contexts: BrowserContext[] = [];

  beforeAll(async () => {
    if (CHROMIUM === undefined) return;
    upstream = await createFakeUpstream();
    app = await startTestApp({ upstream: upstream.url, ...options });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  });

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await upstream?.close();
  });

  beforeEach((context) => {
    context.skip(CHROMIUM === undefined, "needs a browser: apt-get install chromium");
    trouble = [];
    expected = [];
    contexts = [];
  });

  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    expect(trouble.filter((text) => !expected.some((pattern) => pattern.test(text)))).toEqual([]);
  });

  return {
    get app() {
      return app;
    },
    get upstream() {
      return upstream;
    },
    expectTrouble: (pattern) => void expected.push(pattern),
    async visit(path, { user = "admin" } = {}) {
      const context = await browser.newContext({ viewport: WIDE, colorScheme: "light" });
      context.setDefaultTimeout(WAIT_MS);
      await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: app.url });
      contexts.push(context);
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error") trouble.push(`${message.text()} (${message.location().url})`);
      });
      page.on("pageerror", (error) => trouble.push(String(error)));
      if (user !== null) await signIn(app, { context, user });
      await page.goto(app.url + path);
      return page;
    },
  };
}

// By the API, as the sign-in page does; the page itself has its own test.
async function signIn(
  app: TestApp,
  { context, user }: { context: BrowserContext; user: string },
): Promise<void> {
  if (user !== "admin") await app.as(user);
  const password = user === "admin" ? ADMIN_PASSWORD : `the password of ${user}`;
  const answer = await context.request.post(`${app.url}/api/v1/session`, { data: { user, password } });
  if (!answer.ok()) throw new Error(`${user} cannot sign in: ${await answer.text()}`);
}

interface AxeResult {
  violations: Array<{ id: string; impact: string; nodes: Array<{ html: string; failureSummary: string }> }>;
}

/**
 * Checks what every page must hold as it stands now, in both themes: nothing serious for people who use it with other
 * means than eyes and mouse, and no sideways scrolling on a narrow screen. Leaves pictures named `name`.
 */
export async function checkPage(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  for (const theme of THEMES) {
    await page.setViewportSize(WIDE);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    expect(await seriousProblems(page), `${name}, ${theme}`).toEqual([]);
    await page.screenshot({ path: join(PICTURES, `${name}-${theme}.png`) });
    await page.setViewportSize(NARROW);
    const width = await page.evaluate("document.documentElement.scrollWidth");
    expect(width, `${name} at ${NARROW.width} px`).toBeLessThanOrEqual(NARROW.width);
    expect(await seriousProblems(page), `${name}, ${theme}, narrow`).toEqual([]);
    await page.screenshot({ path: join(PICTURES, `${name}-${theme}-narrow.png`) });
  }
  await page.setViewportSize(WIDE);
}

async function seriousProblems(page: Page): Promise<string[]> {
  // The browser takes a new theme or size in with its next picture.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  // Evaluated, not added as a script: the page's security policy lets no foreign script in.
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResult;
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.failureSummary}: ${node.html}`).join(" ")}`,
    );
}
