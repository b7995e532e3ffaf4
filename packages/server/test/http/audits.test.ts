import { gzipSync } from "node:zlib";
import {
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestRequest,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const BULK = "/-/npm/v1/security/advisories/bulk";
const QUICK = "/-/npm/v1/security/audits/quick";
const FULL = "/-/npm/v1/security/audits";
const ADVISORY = {
  id: 77,
  url: "https://advisories.example.test/77",
  title: "Risky is wrong",
  severity: "high",
  vulnerable_versions: "<2.0.0",
  cwe: ["CWE-79"],
  cvss: { score: 7.5, vectorString: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" },
};

/** As our answer has it. */
const TOLD = { ...ADVISORY, patched_versions: ">=2.0.0", cves: [], source: 'the upstream "public"' };

let upstream: FakeUpstream;
let app: TestApp;
let dev: Persona;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  upstream.advise("risky", ADVISORY);
  upstream.advise("@acme/own", ADVISORY);
  // Of versions that nobody has; some clients would believe it all the same.
  upstream.advise("fixed", ADVISORY);
  app = await startTestApp({ upstream: upstream.url });
  dev = await app.as("dev");
  await makeRegistry("bodies", { audit: "forward", auditUpstream: "public" });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

const change = async (registry: string, body: unknown): Promise<void> => {
  const { status, text } = await app.admin.request(`/api/v1/registries/${registry}`, {
    method: "PATCH",
    body,
  });
  if (status !== 200) throw new Error(text);
};

async function makeRegistry(name: string, settings: Record<string, unknown> = {}): Promise<string> {
  const made = await app.admin.request("/api/v1/registries", { method: "POST", body: { name, ...settings } });
  if (made.status !== 201) throw new Error(made.text);
  await app.admin.request(`/api/v1/registries/${name}/upstreams`, {
    method: "PUT",
    body: { upstreams: ["public"] },
  });
  return `/npm/${name}`;
}

const ask = (path: string, request: Omit<TestRequest, "method">): Promise<TestResponse> =>
  dev.request(path, { method: "POST", ...request });

describe("the body of an audit", () => {
  const gzip = { "content-encoding": "gzip" };

  it.each([
    ["is no JSON", BULK, {}, "{", 400, "not valid JSON"],
    ["is a list", BULK, {}, "[]", 400, "must be a JSON object"],
    ["is null", BULK, {}, "null", 400, "must be a JSON object"],
    ["is empty", BULK, {}, "", 400, "not valid JSON"],
    ["names what is no name", BULK, {}, `{"../../etc":["1.0.0"]}`, 400, "package name"],
    ["names __proto__", BULK, {}, `{"__proto__":["1.0.0"]}`, 400, "package name"],
    ["has a version that is no list", BULK, {}, `{"left":"1.0.0"}`, 400, "versions of left must be a list"],
    ["has a version that is no text", BULK, {}, `{"left":[1]}`, 400, "version of left is no text"],
    ["has a version that is too long", BULK, {}, `{"left":["${"1".repeat(300)}"]}`, 400, "at most 256"],
    [
      "has too many versions",
      BULK,
      {},
      JSON.stringify({ left: Array.from({ length: 1001 }, (_, at) => `1.0.${at}`) }),
      400,
      "at most 1000",
    ],
    [
      "names too many packages",
      BULK,
      {},
      JSON.stringify(Object.fromEntries(Array.from({ length: 20_001 }, (_, at) => [`a${at}`, []]))),
      400,
      "at most 20000 packages",
    ],
    ["is said to be gzip", BULK, gzip, "{}", 400, "not whole, valid gzip"],
    [
      "is torn gzip",
      BULK,
      gzip,
      gzipSync(JSON.stringify({ left: ["1.0.0"] })).subarray(0, 20),
      400,
      "not whole, valid gzip",
    ],
    ["is a bomb", BULK, gzip, gzipSync(Buffer.alloc(200_000_000, 32)), 413, "once it is decompressed"],
    ["is larger than audits are", BULK, {}, Buffer.alloc(3_000_000, 32), 413, "larger than"],
    ["is no tree", FULL, {}, `{"dependencies":[]}`, 400, "no dependency tree to audit"],
    [
      "is a tree of npm 10 that lost its packages",
      QUICK,
      {},
      `{"name":"app","version":"1.0.0","requires":{"left":"^1.0.0"},"metadata":{}}`,
      400,
      "what is required and not what is installed",
    ],
    ["is no JSON tree", QUICK, {}, "[", 400, "not valid JSON"],
    ["is no tree but a list", QUICK, {}, "[]", 400, "no dependency tree to audit"],
    ["is a tree of too much", FULL, {}, Buffer.alloc(9_000_000, 32), 413, "larger than"],
    ["is a large tree that is none", FULL, {}, Buffer.alloc(1_000_000, 32), 400, "not valid JSON"],
    [
      "is a tree of too many packages",
      FULL,
      {},
      JSON.stringify({
        dependencies: Object.fromEntries(
          Array.from({ length: 20_001 }, (_, at) => [`a${at}`, { version: "1.0.0" }]),
        ),
      }),
      400,
      "at most 20000 packages",
    ],
    ["comes in another encoding", BULK, { "content-encoding": "br" }, "{}", 400, 'comes as "br"'],
  ] as const)("is refused when it %s", async (...[, path, headers, body, status, text]) => {
    const response = await ask(`/npm/bodies${path}`, {
      headers: { "content-type": "application/json", ...headers },
      body: body as string,
    });
    expect([response.status, response.json]).toEqual([
      status,
      expect.objectContaining({
        statusCode: status,
        error: expect.stringContaining(text),
        message: expect.stringContaining(text),
      }),
    ]);
  });

  it("is refused with another method", async () => {
    expect((await dev.request(`/npm/default${BULK}`)).status).toBe(405);
  });
});

describe("audits that are switched off", () => {
  it("are 404 with a sentence, at every address of the registry", async () => {
    const path = await makeRegistry("silent", { audit: "off", host: "silent.example.test" });
    for (const [prefix, headers] of [
      [path, {}],
      [path.replace("/npm/", "/r/"), {}],
      ["", { host: "silent.example.test" }],
    ] as const) {
      for (const form of [BULK, QUICK, FULL]) {
        const { status, json } = await ask(`${prefix}${form}`, { headers, body: {} });
        expect([status, json.error]).toEqual([404, "Audits are switched off for the registry silent."]);
      }
    }
  });
});

describe("audits without any advisory data", () => {
  it("say so, and are no clean bill", async () => {
    const { status, json } = await ask(`/npm/default${BULK}`, { body: { left: ["1.0.0"] } });
    expect([status, json.error]).toEqual([404, expect.stringContaining("there are none yet")]);
  });
});

describe("audits that are forwarded", () => {
  it("bring what the upstream says of public names, which are all it hears", async () => {
    const path = await makeRegistry("forwarding", { audit: "forward", auditUpstream: "public" });
    await app.admin.request("/api/v1/registries/forwarding/claims/@acme%2f*", { method: "PUT" });
    await dev.publish({ name: "risky-twin", version: "1.0.0", registry: "forwarding" });
    upstream.advise("risky-twin", ADVISORY);
    const { status, json, headers } = await ask(`${path}${BULK}`, {
      headers: { "npm-command": "audit", "x-secret": "s", "cookie": "c=1" },
      body: {
        "risky": ["1.0.0"],
        "left": ["1.0.0"],
        "fixed": ["3.0.0"],
        "@acme/own": ["1.0.0"],
        "risky-twin": ["1.0.0"],
      },
    });
    expect([status, json]).toEqual([200, { risky: [TOLD] }]);
    expect(headers["entrepot-audit-source"]).toBe('the upstream "public"');
    expect(headers["npm-notice"]).toBe(
      'Audits of the registry forwarding are answered from the upstream "public".',
    );
    expect(upstream.audited.at(-1)).toEqual({ risky: ["1.0.0"], left: ["1.0.0"], fixed: ["3.0.0"] });
    const sent = upstream.requests.at(-1)?.headers ?? {};
    expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(["authorization"]));
    expect(sent).not.toHaveProperty("x-secret");
    expect(sent).not.toHaveProperty("cookie");
    expect(sent).not.toHaveProperty("npm-command");
  });

  it.each([QUICK, FULL])(
    "make a report of a tree for %s, from a bulk audit of its public packages",
    async (form) => {
      const body = {
        name: "secret-project",
        version: "1.0.0",
        requires: { "@acme/own": "^1.0.0" },
        dependencies: {
          "@acme/own": { version: "1.0.0", requires: { risky: "^1.0.0" } },
          "risky": { version: "1.5.0", dev: true },
          "from-git": { version: "git+ssh://git@git.example.test/own/project.git#abc" },
        },
        metadata: { node_version: "v20.0.0" },
      };
      const { status, json, headers } = await ask(`/npm/forwarding${form}`, { body });
      expect([status, json]).toEqual([
        200,
        {
          actions: [
            {
              action: "review",
              module: "risky",
              resolves: [{ id: 77, path: "@acme/own>risky", dev: true, optional: false, bundled: false }],
            },
          ],
          advisories: {
            77: expect.objectContaining({
              ...TOLD,
              module_name: "risky",
              findings: [
                { version: "1.5.0", paths: ["@acme/own>risky"], dev: true, optional: false, bundled: false },
              ],
            }),
          },
          muted: [],
          metadata: {
            vulnerabilities: { info: 0, low: 0, moderate: 0, high: 1, critical: 0 },
            dependencies: 1,
            devDependencies: 1,
            optionalDependencies: 0,
            totalDependencies: 2,
            source: 'the upstream "public"',
          },
        },
      ]);
      expect(headers["entrepot-audit-source"]).toBe('the upstream "public"');
      expect(upstream.audited.at(-1)).toEqual({ risky: ["1.5.0"] });
      expect(upstream.requests.at(-1)?.path).toBe(BULK);
    },
  );

  it("answer alike what is read in a thread because it is large", async () => {
    const many = Object.fromEntries(Array.from({ length: 6_000 }, (_, at) => [`many-${at}`, ["1.0.0"]]));
    const bulk = await ask(`/npm/forwarding${BULK}`, { body: { ...many, risky: ["1.0.0"] } });
    expect([bulk.status, bulk.json]).toEqual([200, { risky: [TOLD] }]);
    expect(Object.keys(upstream.audited.at(-1) ?? {})).toHaveLength(6_001);
    const dependencies = Object.fromEntries(
      [...Object.keys(many), "risky"].map((name) => [name, { version: "1.0.0" }]),
    );
    const tree = await ask(`/npm/forwarding${FULL}`, {
      headers: { "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify({ name: "app", dependencies })),
    });
    expect(tree.status).toBe(200);
    expect(Object.keys(tree.json["advisories"] ?? {})).toEqual(["77"]);
    expect(tree.json["metadata"]).toMatchObject({ totalDependencies: 6_001 });
  });

  it("ask nobody when all is our own", async () => {
    const before = upstream.audited.length;
    const { status, json } = await ask(`/npm/forwarding${BULK}`, { body: { "@acme/own": ["1.0.0"] } });
    expect([status, json]).toEqual([200, {}]);
    expect(upstream.audited.length).toBe(before);
  });

  it("go to a URL as well", async () => {
    const path = await makeRegistry("elsewhere", { audit: "forward", auditUrl: upstream.url });
    const { json, headers } = await ask(`${path}${BULK}`, { body: { risky: ["1.0.0"] } });
    expect([json, headers["entrepot-audit-source"]]).toEqual([
      { risky: [{ ...TOLD, source: upstream.url }] },
      upstream.url,
    ]);
    expect(headers).not.toHaveProperty("npm-notice");
  });

  it("name the source that fails", async () => {
    const path = await makeRegistry("failing", { audit: "forward", auditUrl: "http://127.0.0.1:9/" });
    const { status, json, headers } = await ask(`${path}${BULK}`, { body: { risky: ["1.0.0"] } });
    expect([status, json.error]).toEqual([
      503,
      expect.stringMatching(
        /^Audits of the registry failing are answered by http:\/\/127\.0\.0\.1:9\/, and that failed\. The upstream .* refuses connections\.$/,
      ),
    ]);
    expect(headers).not.toHaveProperty("retry-after");
    await change("failing", { audit: "forward", auditUpstream: "nobody" });
    const lost = await ask(`${path}${BULK}`, { body: { risky: ["1.0.0"] } });
    expect([lost.status, lost.json.error]).toEqual([503, expect.stringContaining('the upstream "nobody"')]);
  });

  it("do not go round in circles", async () => {
    const path = await makeRegistry("round", { audit: "forward", auditUrl: `${app.url}/npm/round/` });
    const { status, json } = await ask(`${path}${BULK}`, { body: { risky: ["1.0.0"] } });
    expect([status, json.error]).toEqual([503, expect.stringContaining("answers audits with 508")]);
  });
});

describe("who may ask for an audit", () => {
  it("is who may see the registry", async () => {
    const path = await makeRegistry("shut", { audit: "forward", auditUpstream: "public" });
    const stranger = (): Promise<TestResponse> =>
      app.request(`${path}${BULK}`, { method: "POST", body: { risky: ["1.0.0"] } });
    expect((await stranger()).status).toBe(401);
    await change("shut", { anonymousRead: true });
    expect((await stranger()).status).toBe(200);
  });
});

describe("where audits are answered from", () => {
  const api = (method: string, path: string, body: unknown): Promise<TestResponse> =>
    app.admin.request(`/api/v1${path}`, { method, body });

  it("is told where its audits are answered from, and warns of an upstream that is not its own", async () => {
    await api("POST", "/registries", { name: "audited" });
    const set = (body: unknown): Promise<TestResponse> => api("PATCH", "/registries/audited", body);
    const forwarded = await set({ audit: "forward", auditUpstream: "public" });
    expect(forwarded.json).toMatchObject({ audit: "forward", auditUpstream: "public", auditUrl: null });
    expect(forwarded.json.warnings).toEqual([expect.stringContaining('the upstream "public", which is not')]);
    const attached = await api("PUT", "/registries/audited/upstreams", { upstreams: ["public"] });
    expect(attached.json.warnings).toEqual([]);
    expect((await set({ auditUrl: "https://advice.example.test/npm" })).json).toMatchObject({
      auditUpstream: null,
      auditUrl: "https://advice.example.test/npm/",
    });
    expect((await set({ audit: "off" })).json).toMatchObject({ audit: "off", auditUrl: null });
    expect((await set({ audit: "forward" })).status).toBe(400);
    expect((await set({ audit: "sideways" })).status).toBe(400);
  });

  it("sends audits to a URL of their own only for who manages the whole workspace", async () => {
    await api("POST", "/registries", { name: "lent" });
    const made = await api("POST", "/tokens", {
      name: "manager",
      permissions: ["view", "manage-registry"],
      registries: ["lent"],
    });
    const manager = { authorization: `Bearer ${String(made.json["token"])}` };
    const set = (body: unknown): Promise<TestResponse> =>
      app.request("/api/v1/registries/lent", { method: "PATCH", headers: manager, body });
    const refused = await set({ audit: "forward", auditUrl: "http://127.0.0.1:1/" });
    expect([refused.status, refused.json.error]).toEqual([
      403,
      expect.stringContaining("auditUrl is set by"),
    ]);
    expect((await set({ audit: "off", auditUrl: null })).status).toBe(200);
  });
});
