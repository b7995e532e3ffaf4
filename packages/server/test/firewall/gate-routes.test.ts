import {
  createFakeUpstream,
  type FakeUpstream,
  startTestApp,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NPM_ROUTES } from "../../src/http/index.ts";
import { BUNDLE, requestFor } from "../http/route-requests.ts";

const ABBREVIATED = "application/vnd.npm.install-v1+json";
const REASON = "miner in postinstall";
const BLOCKED = "1.2.0";

let app: TestApp;
let upstream: FakeUpstream;

/** What a view shows, whatever its form. */
interface ShownPackument {
  "versions": Record<string, unknown>;
  "time": Record<string, string>;
  "dist-tags": Record<string, string>;
  "_policy"?: unknown;
}

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
  for (const version of ["1.0.0", "1.1.0", "1.2.0", "1.3.0-beta.1"]) {
    const tag = version.includes("-") ? "beta" : "latest";
    await app.admin.publish({ name: "@acme/local", version, tag, bundle: BUNDLE });
    upstream.publish({ name: "@pub/remote", version, tag });
    // Packages of which every version will be blocked, so that nothing of them may be seen.
    await app.admin.publish({ name: "local-all", version, tag, bundle: BUNDLE });
    upstream.publish({ name: "remote-all", version, tag });
  }
  await restoreTags();
  upstream.setTag("@pub/remote", "next", BLOCKED);
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

async function restoreTags(): Promise<void> {
  const body = { latest: BLOCKED, beta: "1.3.0-beta.1", next: BLOCKED };
  const path = "/npm/default/-/package/@acme%2flocal/dist-tags";
  expect((await app.admin.request(path, { method: "PUT", body })).status).toBe(201);
}

const at = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<TestResponse> =>
  app.admin.request(`/npm/default${path}`, { headers, method });

async function block(name: string, version: string, reason = REASON): Promise<void> {
  const path = `/api/v1/registries/default/packages/${encodeURIComponent(name)}/versions/${version}/status`;
  const { status } = await app.admin.request(path, { method: "PUT", body: { status: "blocked", reason } });
  expect(status).toBe(200);
}

async function unblock(name: string, version: string): Promise<void> {
  const path = `/api/v1/registries/default/packages/${encodeURIComponent(name)}/versions/${version}/status`;
  expect((await app.admin.request(path, { method: "DELETE" })).status).toBe(204);
}

// What would work instead depends on the versions that are there; each test that knows says so itself.
function textFor(name: string, version: string): RegExp {
  const what = `${name}@${version} is blocked in the registry default: ${REASON} (rule operator-status, set by admin). `;
  const whole = `Every version of ${escaped(name)} is refused\\. `;
  return new RegExp(`^(${whole})?${escaped(what)}(Use [0-9.]+|Choose another (version|package))[, ]`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function expectDenied(response: TestResponse, name: string, version = BLOCKED): void {
  expect(response.status).toBe(403);
  expect(response.json.error).toMatch(textFor(name, version));
  expect(response.headers["npm-notice"]).toMatch(textFor(name, version));
  expect(response.json).toMatchObject({
    code: "version-denied",
    rule: "operator-status",
    reason: REASON,
    version,
  });
}

/**
 * What each route does with a version that policy denies: refuse it, show what is left, or have nothing to do
 * with versions. Routes that write are listed with what they must not do.
 */
const EXPECTED: Readonly<Record<string, "refuses" | "hides" | "is not about versions" | "writes">> = {
  "registry-info": "is not about versions",
  "search": "hides",
  "help": "is not about versions",
  "ping": "is not about versions",
  "whoami": "is not about versions",
  "login-again": "is not about versions",
  "profile": "is not about versions",
  "set-profile": "is not about versions",
  "web-login": "is not about versions",
  "web-login-done": "is not about versions",
  "web-login-page": "is not about versions",
  "web-login-approve": "is not about versions",
  "login": "is not about versions",
  "get-user": "is not about versions",
  "logout": "is not about versions",
  "list-tokens": "is not about versions",
  "create-token": "is not about versions",
  "revoke-token": "is not about versions",
  "visibility": "is not about versions",
  "list-members": "is not about versions",
  "set-member": "is not about versions",
  "remove-member": "is not about versions",
  "list-teams": "is not about versions",
  "create-team": "is not about versions",
  "remove-team": "is not about versions",
  "list-team-members": "is not about versions",
  "add-team-member": "is not about versions",
  "remove-team-member": "is not about versions",
  "list-organization-packages": "is not about versions",
  "list-team-packages": "is not about versions",
  "list-user-packages": "is not about versions",
  "grant-team-package": "is not about versions",
  "revoke-team-package": "is not about versions",
  "get-access": "is not about versions",
  "set-access": "is not about versions",
  "list-collaborators": "is not about versions",
  "keys": "is not about versions",
  "audit-bulk": "is not about versions",
  "audit-quick": "is not about versions",
  "audit-full": "is not about versions",
  "get-tags": "hides",
  "get-packument": "hides",
  "get-manifest": "refuses",
  "get-tarball": "refuses",
  "attestations": "refuses",
  "put-package": "refuses",
  "set-tags": "writes",
  "add-tags": "writes",
  "put-tag": "writes",
  "post-tag": "writes",
  "remove-tag": "writes",
  "put-owner": "writes",
  "delete-owner": "writes",
  "put-revision": "writes",
  "delete-package": "writes",
  "delete-tarball": "writes",
};

describe("a denied version", () => {
  beforeAll(async () => {
    // Warm: every answer has been given before the version is blocked.
    for (const name of ["@acme/local", "@pub/remote"]) {
      for (const path of [`/${name}`, `/${name}/${BLOCKED}`, tarballPath(name)]) {
        expect((await at(path)).status).toBe(200);
      }
    }
    await block("@acme/local", BLOCKED);
    await block("@pub/remote", BLOCKED);
  });

  const names = ["@acme/local", "@pub/remote"];

  describe.each(NPM_ROUTES.map(({ id }) => id))("on the route %s", (id) => {
    const expected = EXPECTED[id];
    if (expected === "writes") afterAll(restoreTags);

    it("is dealt with in the table of this test", () => {
      expect(expected, `say in EXPECTED what ${id} does with a denied version`).toBeDefined();
    });

    it.each(names)("is neither shown nor served: %s", async (name) => {
      for (const spelling of [name, name.replace("/", "%2f"), name.replace("@", "%40")]) {
        const { path, ...request } = requestFor(id, { name, spelling, version: BLOCKED });
        const response = await app.admin.request(`/npm/default${path}`, request);
        // Writes concern what was published here.
        const isElsewhere = name === "@pub/remote" && request.method !== "GET";
        if (expected === "refuses" && !isElsewhere) expectDenied(response, name);
        if (expected === "hides") expect([response.status, shows(response)]).toEqual([200, false]);
        if (expected === "is not about versions" || expected === "writes") {
          expect(shows(response)).toBe(false);
        }
      }
    });
  });

  it.each(names)("is in neither form of the packument: %s", async (name) => {
    for (const headers of [{}, { accept: ABBREVIATED }, { "accept-encoding": "gzip" }]) {
      const shown = (await at(`/${name}`, headers)).json as unknown as ShownPackument;
      expect(Object.keys(shown.versions)).toEqual(["1.0.0", "1.1.0", "1.3.0-beta.1"]);
      expect(Object.keys(shown.time)).not.toContain(BLOCKED);
      expect(shown["dist-tags"]).toEqual({ latest: "1.1.0", beta: "1.3.0-beta.1" });
      expect(shown._policy).toEqual({
        hidden: { [BLOCKED]: { rule: "operator-status", reason: REASON, until: null } },
        droppedTags: { next: BLOCKED },
        movedTags: { latest: { from: BLOCKED, to: "1.1.0" } },
      });
    }
  });

  it.each(names)("leaves ranges and tags to what is allowed: %s", async (name) => {
    for (const selector of ["latest", "^1.0.0", "1.x", ">=1.0.0", "*"]) {
      expect((await at(`/${name}/${encodeURIComponent(selector)}`)).json["version"]).toBe("1.1.0");
    }
    expect((await at(`/-/package/${name}/dist-tags`)).json).toEqual({
      latest: "1.1.0",
      beta: "1.3.0-beta.1",
    });
  });

  it.each(names)("is 403, not 404, where nothing else fits: %s", async (name) => {
    for (const selector of [BLOCKED, `${BLOCKED}+build`, "next", "1.2.x", "~1.2.0", ">1.1.0 <1.3.0"]) {
      expectDenied(await at(`/${name}/${encodeURIComponent(selector)}`), name);
      expectDenied(await at(`/${name}/${encodeURIComponent(selector)}`, { accept: ABBREVIATED }), name);
    }
    expect((await at(`/${name}/9.9.9`)).status).toBe(404);
  });

  it.each(names)("is not downloaded, whole, in part or by its head, under any spelling: %s", async (name) => {
    const base = name.slice(name.indexOf("/") + 1);
    const paths = [
      `/${name}/-/${base}-${BLOCKED}.tgz`,
      `/${name.replace("/", "%2f")}/-/${base}-${BLOCKED}.tgz`,
      `/${name.replace("@", "%40").replace("/", "%2F")}/-/${base}-${BLOCKED}.tgz`,
      `/${name}/-/${name}-${BLOCKED}.tgz`,
      `/${name}/-/${base}-${BLOCKED}+build.tgz`,
      `/${name}/-/${base}-${BLOCKED}%2Bbuild.tgz`,
    ];
    for (const path of paths) {
      expectDenied(await at(path), name);
      expectDenied(await at(path, { range: "bytes=0-9" }), name);
      expectDenied(await at(path, { "if-none-match": "*" }), name);
      const head = await at(path, {}, "HEAD");
      expect([head.status, head.headers["content-type"]]).toEqual([403, "application/json; charset=utf-8"]);
    }
  });

  it("is not brought back by publishing its bytes again", async () => {
    const again = await app.admin.publish({ name: "@acme/local", version: BLOCKED, bundle: BUNDLE });
    expectDenied(again, "@acme/local");
  });

  it("is not shown by a tag that somebody points at it", async () => {
    const put = { method: "PUT", body: `"${BLOCKED}"` };
    await app.admin.request("/npm/default/-/package/@acme%2flocal/dist-tags/pointed", put);
    expect((await at("/-/package/@acme%2flocal/dist-tags")).json).not.toHaveProperty("pointed");
    expectDenied(await at("/@acme/local/pointed"), "@acme/local");
    await app.admin.request("/npm/default/-/package/@acme%2flocal/dist-tags/pointed", { method: "DELETE" });
  });

  it("is not there for other registries of the same name to be refused", async () => {
    await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "other" } });
    await app.admin.publish({ name: "@acme/local", version: BLOCKED, registry: "other" });
    expect((await app.admin.request(`/npm/other/@acme/local/${BLOCKED}`)).status).toBe(200);
  });
});

describe("a package of which every version is denied", () => {
  beforeAll(() => Promise.all([block("local-all", "*"), block("remote-all", "*")]));

  it.each(["local-all", "remote-all"])("is 403 on every route: %s", async (name) => {
    for (const headers of [{}, { accept: ABBREVIATED }]) {
      const packument = await at(`/${name}`, headers);
      expect(packument.status).toBe(403);
      expect(packument.json.error).toContain(`is blocked in the registry default: ${REASON}`);
      expect((await at(`/${name}/latest`, headers)).status).toBe(403);
    }
    for (const path of [
      `/${name}/1.0.0`,
      `/${name}/^1`,
      `/-/package/${name}/dist-tags`,
      `/${name}/-/${name}-1.0.0.tgz`,
    ]) {
      expect([path, (await at(path)).status]).toEqual([path, 403]);
    }
  });

  it("refuses a new version of it too", async () => {
    const { status } = await app.admin.publish({ name: "local-all", version: "2.0.0" });
    expect(status).toBe(403);
  });

  it("shows what is allowed by name in spite of it", async () => {
    const path = "/api/v1/registries/default/packages/remote-all/versions/1.1.0/status";
    await app.admin.request(path, { method: "PUT", body: { status: "allowed", reason: "reviewed" } });
    const shown = (await at("/remote-all")).json as unknown as ShownPackument;
    expect(Object.keys(shown.versions)).toEqual(["1.1.0"]);
    expect(shown["dist-tags"]).toEqual({ latest: "1.1.0" });
  });
});

describe("a decision", () => {
  it.each(["@acme/turned", "@pub/turned"])("holds at once, and so does taking it back: %s", async (name) => {
    const input = { name, version: "1.0.0" };
    if (name === "@acme/turned") await app.admin.publish(input);
    else upstream.publish(input);
    const paths = [`/${name}`, `/${name}/1.0.0`, tarballPath(name, "1.0.0")];
    for (let round = 0; round < 3; round += 1) {
      // Each twice, so that the second comes from where warm answers are kept.
      for (const path of [...paths, ...paths]) expect([path, (await at(path)).status]).toEqual([path, 200]);
      await block(name, "1.0.0");
      for (const path of [...paths, ...paths]) expectDenied(await at(path), name, "1.0.0");
      await unblock(name, "1.0.0");
    }
  });

  it.each(["etag-local", "etag-remote"])("changes what is shown, not what is there: %s", async (name) => {
    for (const version of ["1.0.0", "1.1.0"]) {
      if (name === "etag-local") await app.admin.publish({ name, version });
      else upstream.publish({ name, version });
    }
    const before = await at(`/${name}`);
    await block(name, "1.1.0");
    const after = await at(`/${name}`, { "if-none-match": String(before.headers.etag) });
    expect([after.status, after.json["dist-tags"]]).toEqual([200, { latest: "1.0.0" }]);
    await unblock(name, "1.1.0");
    expect((await at(`/${name}`)).text).toBe(before.text);
    expect((await at(`/${name}`, { "if-none-match": String(before.headers.etag) })).status).toBe(304);
  });

  it("about every registry holds in each, and a registry's own word beats it", async () => {
    upstream.publish({ name: "everywhere", version: "1.0.0" });
    const path = (registry: string): string =>
      `/api/v1/registries/${registry}/packages/everywhere/versions/1.0.0/status`;
    await app.admin.request(path("*"), { method: "PUT", body: { status: "blocked", reason: REASON } });
    expect((await at("/everywhere")).status).toBe(403);
    await app.admin.request(path("default"), { method: "PUT", body: { status: "allowed" } });
    expect((await at("/everywhere")).status).toBe(200);
    const { items } = (await app.admin.request("/api/v1/statuses")).json as {
      items: { registry: string; name: string }[];
    };
    expect(items.filter(({ name }) => name === "everywhere").map(({ registry }) => registry)).toEqual([
      "*",
      "default",
    ]);
  });

  it("may hold of a version that is not there yet", async () => {
    await block("future", "1.0.0");
    expectDenied(await app.admin.publish({ name: "future", version: "1.0.0" }), "future", "1.0.0");
    expect((await app.admin.publish({ name: "future", version: "1.0.1" })).status).toBe(201);
  });

  it("has a text of one line, whatever the reason holds", async () => {
    await app.admin.publish({ name: "lines", version: "1.0.0" });
    await block("lines", "1.0.0", 'first\r\nset-cookie: evil=1\n\u0000\u001b[31m "quoted" ünïcödé');
    const { status, headers, json } = await at("/lines/-/lines-1.0.0.tgz");
    expect(status).toBe(403);
    expect(headers["set-cookie"]).toBeUndefined();
    expect(json.error).not.toMatch(/[\r\n\0]/);
    expect(headers["npm-notice"]).toMatch(/^[\x20-\x7e]+$/);
  });

  it.each(["not-a-version", "^1.0.0", "latest", "__proto__", ""])(
    "names a version or all of them, not %j",
    async (version) => {
      const path = `/api/v1/registries/default/packages/left/versions/${encodeURIComponent(version)}/status`;
      const { status, json } = await app.admin.request(path, { method: "PUT", body: { status: "blocked" } });
      expect([400, 404]).toContain(status);
      expect(typeof json.error).toBe("string");
    },
  );
});

function tarballPath(name: string, version = BLOCKED): string {
  return `/${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;
}

/** True when an answer offers the denied version: as a version, a tag's target, a time or bytes. */
function shows(response: TestResponse): boolean {
  if (response.headers["content-type"] === "application/octet-stream") return true;
  if (!response.text.startsWith("{")) return false;
  const explanations = new Set(["_policy", "policyRestrictions", "error", "message"]);
  const offered = Object.entries(response.json).filter(([member]) => !explanations.has(member));
  return JSON.stringify(offered).includes(BLOCKED);
}
