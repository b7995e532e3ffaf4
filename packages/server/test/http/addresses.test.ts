import { startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NPM_ROUTES } from "../../src/http/index.ts";
import { exchange, statusesIn } from "./raw-socket.ts";
import { BUNDLE, requestFor } from "./route-requests.ts";

const SPELLINGS = ["@acme%2fleft", "@acme%2Fleft", "%40acme%2fleft", "%40acme/left", "@acme/left"];
const TARBALL_PATH = "@acme/left/-/left-1.0.0.tgz";

function tarballUrl(response: TestResponse, version = "1.0.0"): string {
  const versions = response.json["versions"] as Record<string, { dist: { tarball: string } }>;
  return versions[version]?.dist.tarball ?? "";
}

describe("a scoped name in a path", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    await app.admin.publish({ name: "@acme/left", version: "1.0.0", bundle: BUNDLE });
  });
  afterAll(() => app.close());

  const withPackage = NPM_ROUTES.filter(({ id, path }) => path.includes(":package") || id === "attestations");

  it.each(withPackage.map(({ id }) => id))("means the same in every spelling: %s", async (id) => {
    const answers: unknown[] = [];
    for (const spelling of SPELLINGS) {
      const { path, ...request } = requestFor(id, { name: "@acme/left", spelling, version: "1.0.0" });
      const { status, headers, text } = await app.admin.request(`/npm/default${path}`, request);
      expect([spelling, status]).not.toEqual([spelling, 404]);
      answers.push({ status, etag: headers.etag, text: status === 201 ? null : text });
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it.each(SPELLINGS)("is published, tagged and taken back as %s", async (spelling) => {
    const name = "@acme/left";
    const version = `2.0.${SPELLINGS.indexOf(spelling)}`;
    const ask = async (id: string, rev?: string): Promise<TestResponse> => {
      const { path, ...request } = requestFor(id, {
        name,
        spelling,
        version,
        ...(rev === undefined ? {} : { rev }),
      });
      return await app.admin.request(`/npm/default${path}`, request);
    };
    expect((await ask("put-package")).status).toBe(201);
    expect((await ask("put-tag")).status).toBe(201);
    expect((await ask("get-manifest")).json["version"]).toBe(version);
    expect((await ask("get-tarball")).status).toBe(200);
    expect((await ask("delete-tarball")).status).toBe(409);
    const { _rev: rev } = (await ask("get-packument")).json;
    expect((await ask("delete-tarball", String(rev))).status).toBe(201);
    expect((await ask("get-tarball")).status).toBe(404);
  });

  it("may be doubled in a tarball's path, as clients write it", async () => {
    for (const path of ["@acme/left/-/@acme/left-1.0.0.tgz", "@acme%2fleft/-/@acme%2fleft-1.0.0.tgz"]) {
      expect((await app.admin.request(`/npm/default/${path}`)).status).toBe(200);
    }
  });

  it("is not decoded twice", async () => {
    for (const path of ["@acme%252fleft", "left%252f1.0.0"]) {
      expect([path, (await app.admin.request(`/npm/default/${path}`)).status]).not.toEqual([path, 200]);
    }
  });
});

describe("a registry's URL", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    await app.admin.publish({ name: "@acme/left", version: "1.0.0" });
  });
  afterAll(() => app.close());

  it.each(["/npm/default", "/r/default"])(
    "%s is one of two equal prefixes, and tarballs keep it",
    async (prefix) => {
      const packument = await app.admin.request(`${prefix}/@acme%2fleft`);
      expect(tarballUrl(packument)).toBe(`${app.url}${prefix}/${TARBALL_PATH}`);
      expect((await app.admin.request(`${prefix}/${TARBALL_PATH}`)).status).toBe(200);
      expect((await app.admin.request(`${prefix}/-/ping`)).status).toBe(200);
    },
  );

  it("answers at its root with and without a slash and never redirects", async () => {
    for (const path of ["/npm/default", "/npm/default/", "/r/default", "/r/default/", "/npm/default/?x=1"]) {
      const { status, json } = await app.admin.request(path);
      expect([path, status]).toEqual([path, 200]);
      const prefix = path.slice(0, path.indexOf("/", 1));
      expect(json).toMatchObject({
        db_name: "default",
        url: `${app.url}${prefix}/default/`,
        update_seq: expect.any(Number),
      });
    }
  });

  it("takes other case for the same registry and shows the true name", async () => {
    const packument = await app.admin.request("/npm/DeFault/@acme%2fleft/");
    expect(packument.status).toBe(200);
    expect(tarballUrl(packument)).toBe(`${app.url}/npm/default/${TARBALL_PATH}`);
  });

  it("may be percent-encoded like any path", async () => {
    expect((await app.admin.request("/%6epm/%64efault/%40acme%2Fleft")).status).toBe(200);
    expect((await app.admin.request("/npm%2fdefault%2f@acme%2fleft")).status).toBe(200);
  });

  it("leaves a trailing slash without effect", async () => {
    for (const path of [
      "@acme%2fleft/",
      "@acme/left/1.0.0/",
      `${TARBALL_PATH}/`,
      "-/package/@acme%2fleft/dist-tags/",
    ]) {
      expect([path, (await app.admin.request(`/npm/default/${path}`)).status]).toEqual([path, 200]);
    }
  });

  it.each([
    "/-/nothing",
    "/-/npm/v1/nothing",
    "/-/left",
    "/-/package/left/nothing",
    "/-",
    "/-/",
    "/-/all/too/deep",
  ])("%s below the reserved path is 404 at once", async (path) => {
    const { status, json } = await app.admin.request(`/npm/default${path}`);
    expect(status).toBe(404);
    expect(json.error).toBe("There is nothing at this URL.");
  });

  it("is 404 with a text when there is no such registry", async () => {
    const { status, json } = await app.admin.request("/npm/nowhere/left");
    expect(status).toBe(404);
    expect(json.error).toBe('There is no registry "nowhere" on this server.');
  });

  it("names the methods that a URL takes", async () => {
    const { status, headers } = await app.admin.request("/npm/default/left", { method: "DELETE" });
    expect(status).toBe(405);
    expect(headers.allow).toBe("GET, PUT");
  });
});

describe("a registry bound to a host name", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startTestApp();
    const made = await app.admin.request("/api/v1/registries", {
      method: "POST",
      body: { name: "team", host: "Npm.Team.Example" },
    });
    expect(made.status).toBe(201);
    await app.admin.publish({ name: "@acme/left", version: "1.0.0", registry: "team" });
  });
  afterEach(() => app.close());

  const onHost = (path: string, host = "npm.team.example", headers = {}): Promise<TestResponse> =>
    app.admin.request(path, { headers: { host, ...headers } });

  it("is served at that host's root, tarballs included", async () => {
    const packument = await onHost("/@acme%2fleft", "npm.team.example:8080");
    expect(tarballUrl(packument)).toBe(`http://npm.team.example:8080/${TARBALL_PATH}`);
    expect((await onHost(`/${TARBALL_PATH}`)).status).toBe(200);
    expect((await onHost("/-/ping")).status).toBe(200);
    expect((await onHost("/")).json["db_name"]).toBe("team");
    expect((await onHost("/@acme/left/1.0.0", "NPM.TEAM.EXAMPLE")).status).toBe(200);
  });

  it("is served by its path there and elsewhere too", async () => {
    expect((await onHost("/npm/team/@acme%2fleft")).status).toBe(200);
    expect((await app.admin.request("/npm/team/@acme%2fleft")).status).toBe(200);
  });

  it("leaves operations and the API where they are", async () => {
    expect((await onHost("/health/live")).text).toBe("OK");
    expect((await onHost("/api/v1/registries")).json["items"]).toHaveLength(2);
  });

  it("may hold packages that are named like operations", async () => {
    for (const name of ["api", "health", "metrics"]) {
      await app.admin.publish({ name, version: "1.0.0", registry: "team" });
      expect((await onHost(`/${name}`)).json["name"]).toBe(name);
    }
  });

  it("stays closed", async () => {
    const { status } = await app.request("/@acme%2fleft", { headers: { host: "npm.team.example" } });
    expect(status).toBe(401);
  });

  it("is found right after any registry changed", async () => {
    for (let round = 0; round < 3; round += 1) {
      const change = { method: "PATCH", body: { description: `changed ${round}` } };
      await app.admin.request("/api/v1/registries/default", change);
      expect((await onHost("/-/ping")).status).toBe(200);
    }
  });

  it.each([
    "GET /@acme%2fleft HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: two hosts\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: npm.team.example\r\nHost: other.example\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
  ])("does not fall over a host that is none: %j", async (text) => {
    expect(statusesIn(await exchange(app.url, text))).toEqual([400]);
    expect((await onHost("/-/ping")).status).toBe(200);
  });
});

describe("behind a reverse proxy", () => {
  let app: TestApp;
  afterEach(() => app.close());

  const FORWARDED = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": "npm.example",
    "x-forwarded-prefix": "/packages/",
    "x-forwarded-for": "192.0.2.7",
  };

  async function open(file: string): Promise<void> {
    app = await startTestApp({ file });
    await app.admin.publish({ name: "@acme/left", version: "1.0.0" });
  }

  it("believes X-Forwarded-* of a trusted proxy, prefix included", async () => {
    await open("trustedProxies: [loopback]\n");
    const packument = await app.admin.request("/npm/default/@acme%2fleft", { headers: FORWARDED });
    expect(tarballUrl(packument)).toBe(`https://npm.example/packages/npm/default/${TARBALL_PATH}`);
    const plain = await app.admin.request("/npm/default/@acme%2fleft");
    expect(tarballUrl(plain)).toBe(`${app.url}/npm/default/${TARBALL_PATH}`);
    expect(plain.headers.etag).not.toBe(packument.headers.etag);
  });

  it("takes the first of several forwarded hosts and refuses what is no host", async () => {
    await open("trustedProxies: [127.0.0.0/8]\n");
    const ask = (headers: Record<string, string>): Promise<TestResponse> =>
      app.admin.request("/npm/default/@acme%2fleft", { headers });
    const chained = await ask({
      "x-forwarded-host": "npm.example, inner.example",
      "x-forwarded-proto": "https, http",
    });
    expect(tarballUrl(chained)).toBe(`https://npm.example/npm/default/${TARBALL_PATH}`);
    expect((await ask({ "x-forwarded-host": "evil.example/path" })).status).toBe(400);
    const prefixed = await ask({ "x-forwarded-prefix": '/a b"><script>' });
    expect(tarballUrl(prefixed)).toBe(`${app.url}/npm/default/${TARBALL_PATH}`);
  });

  it("believes nothing of anybody else", async () => {
    await open("trustedProxies: [192.0.2.0/24]\n");
    const packument = await app.admin.request("/npm/default/@acme%2fleft", { headers: FORWARDED });
    expect(tarballUrl(packument)).toBe(`${app.url}/npm/default/${TARBALL_PATH}`);
  });

  it("never mixes up what a warm answer was made for", async () => {
    await open("trustedProxies: [loopback]\n");
    for (let round = 0; round < 3; round += 1) {
      const plain = await app.admin.request("/npm/default/@acme%2fleft");
      const proxied = await app.admin.request("/npm/default/@acme%2fleft", { headers: FORWARDED });
      const other = await app.admin.request("/npm/default/@acme%2fleft", {
        headers: { host: "other.example" },
      });
      expect([plain, proxied, other].map((one) => tarballUrl(one))).toEqual([
        `${app.url}/npm/default/${TARBALL_PATH}`,
        `https://npm.example/packages/npm/default/${TARBALL_PATH}`,
        `http://other.example/npm/default/${TARBALL_PATH}`,
      ]);
    }
  });

  it("writes publicUrl wherever it is set", async () => {
    await open("publicUrl: https://packages.example/entrepot/\n");
    for (const headers of [{}, { host: "other.example" }, FORWARDED]) {
      const packument = await app.admin.request("/npm/default/@acme%2fleft", { headers });
      expect(tarballUrl(packument)).toBe(`https://packages.example/entrepot/npm/default/${TARBALL_PATH}`);
    }
  });

  it("serves a bound host by the forwarded name", async () => {
    await open("trustedProxies: [loopback]\n");
    await app.admin.request("/api/v1/registries/default", { method: "PATCH", body: { host: "npm.example" } });
    const packument = await app.admin.request("/@acme%2fleft", { headers: FORWARDED });
    expect(tarballUrl(packument)).toBe(`https://npm.example/packages/${TARBALL_PATH}`);
  });
});
