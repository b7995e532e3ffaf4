import { DEEDS, PERMISSIONS, type Permission } from "@entrepot/core";
import {
  createFakeUpstream,
  explained,
  type FakeUpstream,
  startTestApp,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_ROUTES } from "../../src/http/index.ts";
import { startServerProcess } from "./server-process.ts";

let app: TestApp;
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

const api = (method: string, path: string, body?: unknown): Promise<TestResponse> =>
  app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });

const create = (body: unknown): Promise<TestResponse> => api("POST", "/registries", body);

describe("a registry", () => {
  it("is made closed, without upstreams, and shown as it is", async () => {
    const { status, json } = await create({ name: "Team-One", description: "Of team one" });
    expect(status).toBe(201);
    expect(json).toEqual({
      name: "team-one",
      description: "Of team one",
      url: `${app.url}/npm/team-one/`,
      anonymousRead: false,
      active: true,
      host: null,
      allowOverwrite: false,
      refusalStatus: 403,
      audit: "own",
      auditUpstream: null,
      auditUrl: null,
      kind: "standard",
      protected: false,
      frozen: false,
      frozenSince: null,
      filters: [],
      managed: false,
      upstreams: [],
      claims: [],
      groups: [],
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
      warnings: [],
      may: [...PERMISSIONS],
    });
    expect((await api("GET", "/registries/team-one")).json).toEqual(json);
    expect((await api("GET", "/registries/TEAM-ONE")).json).toEqual(json);
    expect((await app.request("/npm/team-one/")).status).toBe(401);
  });

  it("is changed in what is named, and in nothing else", async () => {
    await create({ name: "changed", description: "before" });
    expect((await api("PATCH", "/registries/changed", { anonymousRead: true })).json).toMatchObject({
      description: "before",
      anonymousRead: true,
    });
    expect((await app.request("/npm/changed/")).status).toBe(200);
    expect((await api("PATCH", "/registries/changed", {})).json).toMatchObject({
      description: "before",
      anonymousRead: true,
    });
  });

  it("warns whoever opens it while it has packages of its own", async () => {
    await create({ name: "opened" });
    expect((await api("PATCH", "/registries/opened", { anonymousRead: true })).json.warnings).toEqual([]);
    for (const name of ["one", "two"]) {
      await app.admin.publish({ name, version: "1.0.0", registry: "opened" });
    }
    expect((await api("PATCH", "/registries/opened", { description: "open" })).json.warnings).toEqual([
      expect.stringContaining("Anyone who reaches this server can read the 2 packages"),
    ]);
    expect((await api("PATCH", "/registries/opened", { anonymousRead: false })).json.warnings).toEqual([]);
  });

  it("hides when it is not active, and keeps its packages", async () => {
    await create({ name: "sleeping" });
    await app.admin.publish({ name: "left", version: "1.0.0", registry: "sleeping" });
    await api("PATCH", "/registries/sleeping", { active: false });
    expect((await app.admin.request("/npm/sleeping/left")).status).toBe(404);
    await api("PATCH", "/registries/sleeping", { active: true });
    expect((await app.admin.request("/npm/sleeping/left")).status).toBe(200);
  });

  it("is gone with its packages when it is deleted; a new one of the name is empty", async () => {
    await create({ name: "gone" });
    await app.admin.publish({ name: "left", version: "1.0.0", registry: "gone" });
    const path = "/registries/gone/packages/left/versions/1.0.0/status";
    await api("PUT", path, { status: "blocked" });
    expect((await api("DELETE", "/registries/gone")).status).toBe(204);
    for (const where of ["/npm/gone/", "/npm/gone/left", "/npm/gone/left/-/left-1.0.0.tgz"]) {
      expect((await app.admin.request(where)).status).toBe(404);
    }
    expect((await api("DELETE", "/registries/gone")).status).toBe(404);
    await create({ name: "gone" });
    expect((await app.admin.request("/npm/gone/left")).status).toBe(404);
    expect((await app.admin.publish({ name: "left", version: "1.0.0", registry: "gone" })).status).toBe(201);
  });

  it("holds packages of its own", async () => {
    await create({ name: "one" });
    await create({ name: "two" });
    await app.admin.publish({ name: "same", version: "1.0.0", registry: "one" });
    await app.admin.publish({ name: "same", version: "2.0.0", registry: "two" });
    const versions = async (registry: string): Promise<string[]> =>
      Object.keys((await app.admin.request(`/npm/${registry}/same`)).json["versions"] as object);
    expect([await versions("one"), await versions("two")]).toEqual([["1.0.0"], ["2.0.0"]]);
  });
});

describe("names of registries", () => {
  it.each([
    ["", "A registry needs a name."],
    ["two words", 'A registry\'s name cannot hold a space; write "two-words".'],
    ["a/b", 'A registry\'s name cannot hold "/"; it takes a-z, 0-9, ".", "_" and "-".'],
    ["übung", 'A registry\'s name cannot hold "ü"; it takes a-z, 0-9, ".", "_" and "-".'],
    ["..", "A registry's name starts with a letter or a digit."],
    ["-dash", "A registry's name starts with a letter or a digit."],
    ["n".repeat(51), "A registry's name has at most 50 characters."],
  ])("%j is refused with what is wrong", async (name, error) => {
    const { status, json } = await create({ name });
    expect([status, json.error]).toEqual([400, error]);
  });

  it.each(["n".repeat(50), "a.b_c-d", "0", "npm", "constructor", "tostring"])("%j is taken", async (name) => {
    expect((await create({ name })).status).toBe(201);
    expect((await app.admin.request(`/npm/${name}/-/ping`)).status).toBe(200);
  });

  it("are taken once, whatever their case", async () => {
    await create({ name: "once" });
    for (const name of ["once", "ONCE"]) {
      const { status, json } = await create({ name });
      expect([status, json.error]).toEqual([409, 'The registry "once" exists already.']);
    }
  });

  it("are taken once also by many at once", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create({ name: "contested" })));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      201, 409, 409, 409, 409, 409, 409, 409,
    ]);
  });
});

describe("host names", () => {
  it("belong to one registry", async () => {
    await create({ name: "first-host", host: "npm.first.example" });
    const { status, json } = await create({ name: "second-host", host: "NPM.first.example" });
    expect([status, json.error]).toEqual([409, 'The host "npm.first.example" exists already.']);
    await create({ name: "third-host" });
    expect((await api("PATCH", "/registries/third-host", { host: "npm.first.example" })).status).toBe(409);
    expect((await api("PATCH", "/registries/first-host", { host: "npm.first.example" })).status).toBe(200);
    await api("PATCH", "/registries/first-host", { host: null });
    expect((await api("PATCH", "/registries/third-host", { host: "npm.first.example" })).status).toBe(200);
  });

  it("are set by who manages the workspace, not by who manages the registry alone", async () => {
    await create({ name: "hers" });
    const ada = await app.as("ada");
    const rule = { subject: "user", name: "ada", permissions: ["manage-registry"], registry: "hers" };
    const made = await api("POST", "/access-rules", rule);
    const change = async (body: object): Promise<unknown[]> => {
      const { status, json } = await ada.request("/api/v1/registries/hers", { method: "PATCH", body });
      return [status, json.error];
    };
    expect(await change({ description: "Hers" })).toEqual([200, undefined]);
    for (const host of ["hers.example", null]) {
      expect(await change({ description: "Hers", host })).toEqual([
        403,
        explained(
          "A registry's host name is set by who has the permission manage-registry on the workspace.",
        ),
      ]);
    }
    expect((await api("PATCH", "/registries/hers", { host: "hers.example" })).status).toBe(200);
    await api("DELETE", `/access-rules/${String(made.json["id"])}`);
  });

  it.each([
    "http://npm.example",
    "npm.example:8080",
    "npm.example/path",
    "two words",
    "-a.example",
    "",
    "a".repeat(255),
  ])("%j is none", async (host) => {
    const { status, json } = await api("PATCH", "/registries/default", { host });
    expect([status, typeof json.error]).toEqual([400, "string"]);
  });
});

describe("two hundred registries", () => {
  it("are made, listed in pages and each answers its own packages", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `many-${String(index).padStart(3, "0")}`);
    for (const name of names) expect((await create({ name })).status).toBe(201);
    const listed: string[] = [];
    let cursor = "";
    for (let pages = 0; pages < 100; pages += 1) {
      const query = `?limit=37${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
      const { items, next } = (await api("GET", `/registries${query}`)).json as {
        items: { name: string }[];
        next: string | null;
      };
      expect(items.length).toBeLessThanOrEqual(37);
      listed.push(...items.map(({ name }) => name));
      if (next === null) break;
      cursor = next;
    }
    expect(listed).toEqual([...new Set(listed)].sort());
    expect(listed).toEqual(expect.arrayContaining(names));
    for (const name of [names[0], names[99], names[199]] as string[]) {
      await app.admin.publish({ name: `only-${name}`, version: "1.0.0", registry: name });
      expect((await app.admin.request(`/npm/${name}/only-${name}`)).status).toBe(200);
      expect((await app.admin.request(`/npm/default/only-${name}?write=true`)).status).toBe(404);
    }
  });

  it("list their packages in pages, by part of a name too", async () => {
    await create({ name: "paged" });
    for (const name of ["alpha", "beta", "beta_x", "gamma%".replace("%", "")]) {
      for (const version of ["1.0.0", "1.1.0"]) await app.admin.publish({ name, version, registry: "paged" });
    }
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = `?limit=3&cursor=${encodeURIComponent(cursor)}`;
      const page = (await api("GET", `/registries/paged/versions${query}`)).json as {
        items: { name: string; version: string }[];
        next: string | null;
      };
      seen.push(...page.items.map(({ name, version }) => `${name}@${version}`));
      cursor = page.next;
    }
    const all = ["alpha", "beta", "beta_x", "gamma"].flatMap((name) => [`${name}@1.0.0`, `${name}@1.1.0`]);
    expect(seen).toEqual(all);
    const found = (await api("GET", "/registries/paged/versions?text=a_x")).json["items"] as {
      name: string;
    }[];
    expect(found.map(({ name }) => name)).toEqual(["beta_x", "beta_x"]);
    expect((await api("GET", "/registries/paged/versions?text=%25")).json["items"]).toEqual([]);
  });
});

describe("the API's manners", () => {
  const target = (path: string): string => `/api/v1${path.replace(/:(\w+)/g, "x")}`;
  const guarded = API_ROUTES.filter(({ permission }) => permission !== "none");

  it.each(guarded.map(({ id, method, path }) => [id, method, target(path)] as const))(
    "%s needs a credential and says so",
    async (_id, method, path) => {
      const body = method === "GET" ? {} : { body: { name: "x" } };
      for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: "Basic d3Jvbmc=" }]) {
        const response = await app.request(path, { method, headers, ...body });
        expect(response.status).toBe(401);
        expect(response.headers["www-authenticate"]).toBe('Bearer realm="Entrepot", Basic realm="Entrepot"');
        expect(typeof response.json.error).toBe("string");
      }
    },
  );

  it.each(
    guarded
      .filter(({ permission }) => permission === "administer" || permission === "manage-registry")
      .map(({ id, method, path, permission }) => [id, { method, path: target(path), permission }] as const),
  )("%s is for administrators, with tokens that may write", async (_id, { method, path, permission }) => {
    const ada = await app.as("ada");
    const refused = await ada.request(path, { method, ...(method === "GET" ? {} : { body: {} }) });
    expect([refused.status, refused.json.error]).toEqual([
      403,
      explained(`ada is developer and may not ${DEEDS[permission as Permission]}; ask an administrator.`),
    ]);
    const { token } = (await api("POST", "/tokens", { name: "reader", readonly: true })).json;
    const headers = { authorization: `Bearer ${String(token)}` };
    const byToken = await app.request(path, { method, headers, ...(method === "GET" ? {} : { body: {} }) });
    expect(byToken.status).toBe(403);
  });

  it.each<[what: string, target: string, body: unknown]>([
    ["unknown fields", "POST /registries", { name: "strict", colour: "red" }],
    ["wrong types", "POST /registries", { name: 5 }],
    ["a missing name", "POST /registries", {}],
    ["a list", "POST /registries", []],
    ["text", "POST /registries", '"text"'],
    ["broken JSON", "POST /registries", "{"],
    ["prototype keys", "POST /registries", '{"name":"proto","__proto__":{"anonymousRead":true}}'],
    ["constructor keys", "POST /registries", '{"name":"proto","constructor":{"prototype":{"x":1}}}'],
    ["an unknown field of a change", "PATCH /registries/default", { name: "renamed" }],
    ["an unknown status", "PUT /registries/default/packages/x/versions/1.0.0/status", { status: "maybe" }],
    ["a page limit of 0", "GET /registries?limit=0", undefined],
    ["a page limit of 501", "GET /registries?limit=501", undefined],
    ["a page limit that is none", "GET /registries?limit=ten", undefined],
  ])("%s are refused with a JSON error", async (_what, target, body) => {
    const [method = "", path = ""] = target.split(" ");
    const { status, json, headers } = await api(method, path, body);
    expect([status, typeof json.error]).toEqual([400, "string"]);
    expect(headers["content-type"]).toContain("application/json");
    expect((await api("GET", "/registries/proto")).status).toBe(404);
  });

  it("a body that is too large is 413, another content type 4xx", async () => {
    const large = await api("POST", "/registries", { name: "large", description: "d".repeat(300_000) });
    expect([large.status, typeof large.json.error]).toEqual([413, "string"]);
    const xml = await app.admin.request("/api/v1/registries", {
      method: "POST",
      headers: { "content-type": "application/xml" },
      body: "<name/>",
    });
    expect(xml.status).toBeGreaterThanOrEqual(400);
    expect(xml.status).toBeLessThan(500);
  });

  it.each(["/api/v1/nothing", "/api/v1/registries/nope", "/api/v1", "/api", "/nothing", "/npm", "/npm/"])(
    "%s is 404 with a JSON error",
    async (path) => {
      const { status, json } = await app.admin.request(path);
      expect([path, status, typeof json.error]).toEqual([path, 404, "string"]);
    },
  );
});

describe("what the configuration file declares", () => {
  it("is there at the start, shown as managed and refused to be changed", async () => {
    const declared = await startTestApp({
      file: `
upstreams:
  - { name: central, url: "${upstream.url}", token: declared-secret }
registries:
  - { name: declared, description: From the file, upstreams: [central], claims: ["@acme/*"], anonymousRead: true }
`,
    });
    try {
      const { json } = await declared.admin.request("/api/v1/registries/declared");
      expect(json).toMatchObject({
        managed: true,
        upstreams: ["central"],
        claims: ["@acme/*"],
        anonymousRead: true,
      });
      for (const [method, path, body] of [
        ["PATCH", "/registries/declared", { description: "mine" }],
        ["DELETE", "/registries/declared", undefined],
        ["PUT", "/registries/declared/upstreams", { upstreams: [] }],
        ["PATCH", "/upstreams/central", { freshSeconds: 1 }],
        ["DELETE", "/upstreams/central", undefined],
      ] as const) {
        const refused = await declared.admin.request(`/api/v1${path}`, {
          method,
          ...(body === undefined ? {} : { body }),
        });
        expect([path, refused.status, refused.json.error]).toEqual([
          path,
          403,
          expect.stringContaining("is managed by configuration; change entrepot.yaml and restart."),
        ]);
      }
    } finally {
      await declared.close();
    }
  });
});

describe("a server that is told to stop", () => {
  it("ends with 0 and leaves nothing that the next start waits for", async () => {
    const first = await startServerProcess(app.data);
    expect(await first.stop()).toBe(0);
    const second = await startServerProcess(app.data);
    expect(await second.stop()).toBe(0);
  });
});
