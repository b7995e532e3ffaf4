import { startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADMIN_PASSWORD } from "@entrepot/testkit";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ file: "trustedProxies: [loopback]\n" });
});
afterAll(() => app.close());

const goTo = (path: string, headers: Record<string, string> = {}): Promise<TestResponse> =>
  app.request(path, { headers: { accept: BROWSER, ...headers } });

/** URL of the console's program, as its page names it. */
async function programPath(): Promise<string> {
  const path = /<script type="module"[^>]* src="\.(\/assets\/[^"]+)"/.exec((await goTo("/")).text)?.[1];
  if (path === undefined) throw new Error("The page names no program.");
  return path;
}

describe("the console's page", () => {
  it.each(["/", "/registries", "/registries/default/set-up", "/nothing/like/this"])(
    "is what a browser gets at %s",
    async (path) => {
      const { status, headers, text } = await goTo(path);
      expect(status).toBe(200);
      expect(headers["content-type"]).toBe("text/html; charset=utf-8");
      expect(text).toContain('<div id="root">');
    },
  );

  it("allows nothing but this server's own files, in nobody's frame, and tells nobody where one was", async () => {
    const { headers } = await goTo("/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers).toMatchObject({
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-store",
    });
  });

  it("has no script and no style in it, and names no other server", async () => {
    const { text } = await goTo("/");
    expect(text).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son[a-z]+=/i);
    expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it("says whether the browser has a session, so that nothing is asked in vain", async () => {
    expect((await goTo("/")).text).toContain('name="entrepot-session" content="none"');
    const signedIn = await app.request("/api/v1/session", {
      method: "POST",
      body: { user: "admin", password: ADMIN_PASSWORD },
    });
    const cookie = String(signedIn.headers["set-cookie"]).split(";")[0] ?? "";
    expect((await goTo("/", { cookie })).text).toContain('content="present"');
    expect((await goTo("/", { cookie: `${cookie}x` })).text).toContain('content="none"');
  });

  it("finds its files below the path that a proxy strips", async () => {
    const { text } = await goTo("/registries", { "x-forwarded-prefix": "/tools/npm" });
    expect(text).toContain('<base href="/tools/npm/"');
    const hostile = await goTo("/registries", { "x-forwarded-prefix": '/"><script>' });
    expect(hostile.text).toContain('<base href="/"');
  });

  it.each([
    { what: "programs at the root", path: "/", accept: "*/*", status: 200 },
    { what: "programs elsewhere", path: "/registries", accept: "application/json", status: 404 },
    { what: "the npm protocol", path: "/npm/nowhere/x", accept: BROWSER, status: 404 },
    { what: "reserved paths", path: "/-/nothing", accept: BROWSER, status: 404 },
    { what: "the API", path: "/api/v1/nothing", accept: BROWSER, status: 404 },
    { what: "operations", path: "/health/nothing", accept: BROWSER, status: 404 },
  ])("is not for $what", async ({ path, accept, status }) => {
    const answer = await app.request(path, { headers: { accept } });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('<div id="root">');
  });

  it("is read, never written", async () => {
    const { status } = await app.request("/registries", { method: "POST", headers: { accept: BROWSER } });
    expect(status).toBe(404);
    const { text } = await app.request("/registries", { method: "HEAD", headers: { accept: BROWSER } });
    expect(text).toBe("");
  });
});

describe("a file of the console", () => {
  it.each([
    { accepts: "gzip, deflate, br, zstd", encoding: "br" },
    { accepts: "gzip", encoding: "gzip" },
    { accepts: "br;q=0, gzip;q=0", encoding: undefined },
  ])("comes as $encoding to who accepts $accepts, for ever", async ({ accepts, encoding }) => {
    const { status, headers } = await app.request(await programPath(), {
      headers: { "accept-encoding": accepts },
    });
    expect(status).toBe(200);
    expect(headers["content-encoding"]).toBe(encoding);
    expect(headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      "vary": "accept-encoding",
      "x-content-type-options": "nosniff",
    });
  });

  it.each([
    "/assets/nothing.js",
    "/assets/../index.html",
    "/assets/..%2findex.html",
    "/assets/",
    "/assets/stamp.txt",
  ])("is not there at %s", async (path) => {
    expect((await app.request(path)).status).toBe(404);
  });
});

it("offers no login window of the browser's own to a page that was refused", async () => {
  const body = { user: "admin", password: "wrong" };
  const ask = (headers: Record<string, string>): Promise<TestResponse> =>
    app.request("/api/v1/session", { method: "POST", body, headers });
  expect((await ask({})).headers["www-authenticate"]).toMatch(/Basic/);
  const { status, headers } = await ask({ "x-entrepot-client": "console" });
  expect(status).toBe(401);
  expect(headers["www-authenticate"]).toBe('Session realm="Entrepot"');
});
