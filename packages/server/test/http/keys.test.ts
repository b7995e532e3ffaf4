import { startTestApp, type TestApp, type TestRequest, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const VALUE = "apikey12345";
/** What a manual of another server prints for `api:apikey12345`. */
const PAIR = "YXBpOmFwaWtleTEyMzQ1";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ file: "typedKeys: true" });
  await app.admin.publish({ name: "left", version: "1.0.0" });
  await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "other" } });
});
afterAll(() => app.close());

async function makeKey(body: Record<string, unknown>): Promise<TestResponse> {
  return await app.admin.request("/api/v1/keys", { method: "POST", body: { name: "key", ...body } });
}

async function keyOf(body: Record<string, unknown>): Promise<string> {
  const { status, json } = await makeKey(body);
  expect(status).toBe(201);
  return String(json["token"]);
}

const feedKey = (more: Record<string, unknown> = {}): Promise<string> =>
  keyOf({ kind: "feed", registries: ["default"], ...more });

describe("a key is shown", () => {
  const path = "/api/v1/registries/default/claims/@acme%2f%2a";

  it.each<[string, (key: string) => [path: string, request: TestRequest]]>([
    ["in the header X-ApiKey", (key) => [path, { headers: { "x-apikey": key } }]],
    ["as key in the query", (key) => [`${path}?key=${key}`, {}]],
    [
      "as the password of api",
      (key) => [path, { headers: { authorization: `Basic ${btoa(`api:${key}`)}` } }],
    ],
    ["as API_Key in JSON", (key) => [path, { body: { API_Key: key } }]],
    [
      "as key in a form",
      (key) => [
        path,
        { headers: { "content-type": "application/x-www-form-urlencoded" }, body: `key=${key}` },
      ],
    ],
  ])("%s", async (_how, ask) => {
    const right = await keyOf({ kind: "system", readonly: false });
    const [url, request] = ask(right);
    expect((await app.request(url, { method: "PUT", ...request })).status).toBe(204);
    const [wrongUrl, wrong] = ask(`${right.slice(0, -1)}_`);
    expect((await app.request(wrongUrl, { method: "PUT", ...wrong })).status).toBe(401);
    const [weakUrl, weak] = ask(await feedKey());
    expect((await app.request(weakUrl, { method: "PUT", ...weak })).status).toBe(403);
  });

  it("to the npm endpoint in three of these ways", async () => {
    const key = await feedKey();
    const ways: [string, TestRequest][] = [
      ["/npm/default/left", { headers: { "x-apikey": key } }],
      [`/npm/default/left?key=${key}`, {}],
      ["/npm/default/left", { headers: { authorization: `Basic ${btoa(`api:${key}`)}` } }],
    ];
    // Each twice: the second answer comes from where warm ones are kept.
    for (const [path, request] of [...ways, ...ways]) {
      expect((await app.request(path, request)).status).toBe(200);
    }
  });

  it("never counts as no credential when it is wrong", async () => {
    await app.admin.request("/api/v1/registries", {
      method: "POST",
      body: { name: "open", anonymousRead: true },
    });
    await app.admin.publish({ name: "left", version: "1.0.0", registry: "open" });
    for (let round = 0; round < 3; round += 1) {
      expect((await app.request("/npm/open/left")).status).toBe(200);
      expect((await app.request("/npm/open/left", { headers: { "x-apikey": "ent_wrong" } })).status).toBe(
        401,
      );
      expect((await app.request("/npm/open/left", { headers: { "x-apikey": "" } })).status).toBe(401);
      expect((await app.request("/npm/open/left?key=")).status).toBe(401);
    }
  });

  it("in no body that is long or that nobody asked for", async () => {
    const key = await keyOf({ kind: "system", readonly: false });
    const padded = { API_Key: key, padding: "x".repeat(20_000) };
    expect((await app.request(path, { method: "PUT", body: padded })).status).toBe(401);
  });
});

describe("a feed key", () => {
  it("needs registries or groups", async () => {
    expect((await makeKey({ kind: "feed" })).status).toBe(400);
    expect((await makeKey({ kind: "feed", registries: ["absent"] })).status).toBe(404);
  });

  it("is for its registries only, and for the groups that they are in", async () => {
    await app.admin.publish({ name: "left", version: "1.0.0", registry: "other" });
    const key = await feedKey({ registries: undefined, groups: ["production"] });
    const warnings = async (): Promise<unknown> =>
      (await makeKey({ kind: "feed", groups: ["production"] })).json["warnings"];
    expect(await warnings()).toEqual([expect.stringContaining('No registry is in the group "production"')]);
    const read = async (registry: string): Promise<number> =>
      (await app.request(`/npm/${registry}/left`, { headers: { "x-apikey": key } })).status;
    expect([await read("default"), await read("other")]).toEqual([403, 403]);
    const group = (groups: string[]): Promise<TestResponse> =>
      app.admin.request("/api/v1/registries/other/groups", { method: "PUT", body: { groups } });
    expect((await group(["production"])).json["groups"]).toEqual(["production"]);
    expect([await read("default"), await read("other"), await warnings()]).toEqual([403, 200, undefined]);
    await group([]);
    expect(await read("other")).toBe(403);
    expect((await group(["Not A Name"])).status).toBe(400);
  });

  it("publishes under its own name when it belongs to nobody", async () => {
    const key = await feedKey({ name: "pipeline", permissions: ["view", "publish"] });
    const document = await app.admin.publish({ name: "template", version: "1.0.0" });
    const body = JSON.parse(
      JSON.stringify(document.document.body).replaceAll("template", "by-key"),
    ) as unknown;
    const { status } = await app.request("/npm/default/by-key", {
      method: "PUT",
      headers: { "x-apikey": key },
      body,
    });
    // Its tarball holds another name, so it is refused for that, and not for want of a right.
    expect(status).toBe(400);
    const whoami = await app.request("/npm/default/-/whoami", { headers: { "x-apikey": key } });
    expect(whoami.json).toEqual({ username: "key pipeline" });
  });

  it("that is tied to a user may do no more than the user", async () => {
    await app.as("viewer", "read-only");
    const key = await feedKey({ user: "viewer", readonly: false });
    const headers = { "x-apikey": key };
    expect((await app.request("/npm/default/left", { headers })).status).toBe(200);
    expect((await app.request("/npm/default/left/-/left-1.0.0.tgz", { headers })).status).toBe(403);
    expect((await makeKey({ kind: "feed", registries: ["default"], user: "nobody-here" })).status).toBe(404);
  });
});

describe("the log of a key", () => {
  interface Use {
    actor: string;
    credential: string;
    result: string;
    detail: Record<string, unknown>;
  }

  async function usesOf(keyId: unknown): Promise<Use[]> {
    const { json } = await app.admin.request(`/api/v1/audit?kind=key-used&credential=${String(keyId)}`);
    return (json["items"] as Use[]).toReversed();
  }

  async function use(logLevel: string): Promise<{ id: unknown; key: string; uses: () => Promise<Use[]> }> {
    const made = await makeKey({
      kind: "feed",
      name: `of ${logLevel}`,
      registries: ["default"],
      permissions: ["view", "manage-registry"],
      logLevel,
    });
    const key = String(made.json["token"]);
    const headers = { "x-apikey": key };
    const status = "/api/v1/registries/default/packages/logged/versions/1.0.0/status";
    await app.request("/npm/default/left", { headers: { ...headers, "accept-encoding": "gzip" } });
    await app.request(`/npm/default/left/-/left-1.0.0.tgz?key=${key}`);
    await app.request(status, { method: "PUT", headers, body: { status: "blocked", reason: "miner" } });
    return { id: made.json["id"], key, uses: () => usesOf(made.json["id"]) };
  }

  it("has each request with the key's name, and no body that was not wanted", async () => {
    const reply = expect.stringContaining('"status":"blocked"');
    const bodies: Record<string, object> = {
      request: { request: '{"status":"blocked","reason":"miner"}' },
      response: { response: reply },
      both: { request: '{"status":"blocked","reason":"miner"}', response: reply },
    };
    for (const [level, kept] of Object.entries(bodies)) {
      const { id, key, uses } = await use(level);
      await expect.poll(async () => (await uses()).length, { timeout: 5000 }).toBe(3);
      const found = await uses();
      const name = `of ${level}`;
      expect(
        found.map(({ actor, credential, result, detail }) => ({ actor, credential, result, detail })),
      ).toEqual([
        {
          actor: `key ${name}`,
          credential: id,
          result: "done",
          detail: { key: name, method: "GET", path: "/npm/default/left", status: 200 },
        },
        {
          actor: `key ${name}`,
          credential: id,
          result: "refused",
          detail: {
            key: name,
            method: "GET",
            path: "/npm/default/left/-/left-1.0.0.tgz?key=[secret]",
            status: 403,
          },
        },
        {
          actor: `key ${name}`,
          credential: id,
          result: "done",
          detail: {
            key: name,
            method: "PUT",
            path: expect.stringContaining("/status"),
            status: 200,
            ...kept,
          },
        },
      ]);
      expect(JSON.stringify(found)).not.toContain(key);
    }
  });

  it("is empty unless it is wanted", async () => {
    const { uses } = await use("none");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await uses()).toEqual([]);
  });
});

describe("a key whose value was typed in", () => {
  it("works in every form, the one that manuals print among them", async () => {
    await app.as("dev");
    await app.admin.request("/api/v1/access-rules", {
      method: "POST",
      body: { effect: "restrict", subject: "user", name: "dev", permissions: ["publish"] },
    });
    const made = await makeKey({
      kind: "feed",
      registries: ["default"],
      user: "dev",
      readonly: false,
      value: VALUE,
    });
    expect([made.status, made.json["token"], made.json["hint"]]).toEqual([201, VALUE, "45"]);
    for (const headers of [
      { authorization: `Basic ${PAIR}` },
      { "x-apikey": VALUE },
      { authorization: `Bearer ${VALUE}` },
    ] as Record<string, string>[]) {
      expect((await app.request("/npm/default/left", { headers })).status).toBe(200);
      const put = { method: "PUT", headers, body: {} };
      expect((await app.request("/npm/default/left", put)).status).not.toBe(401);
    }
    const publish = await app.request("/npm/default/new-one", {
      method: "PUT",
      headers: { authorization: `Basic ${PAIR}` },
      body: {
        _id: "new-one",
        name: "new-one",
        versions: {},
        _attachments: { "new-one-1.0.0.tgz": { data: "" } },
      },
    });
    expect(publish.status).toBe(403);
  });

  it.each(["short", "with a space", `ent_${"x".repeat(20)}`, "ünïcödé-key"])(
    "is refused as %j",
    async (value) => {
      expect((await makeKey({ kind: "system", value })).status).toBe(400);
    },
  );

  it("is refused where the server is not set to take it", async () => {
    const strict = await startTestApp();
    try {
      const { status, json } = await strict.admin.request("/api/v1/keys", {
        method: "POST",
        body: { kind: "system", name: "x", value: VALUE },
      });
      expect([status, json.error]).toEqual([400, expect.stringContaining("typedKeys")]);
      const shown = await strict.request("/npm/default/left", {
        headers: { authorization: `Bearer ${VALUE}` },
      });
      expect([shown.status, shown.json["helpCode"]]).toEqual([401, "token-foreign"]);
    } finally {
      await strict.close();
    }
  });

  it("cannot be guessed quickly, and a client with a wrong one is not guessing", async () => {
    const guess = async (value: string): Promise<number> =>
      (await app.request("/npm/default/left", { headers: { "x-apikey": value } })).status;
    const same = await Promise.all(Array.from({ length: 50 }, () => guess("of-another-server")));
    expect(new Set(same)).toEqual(new Set([401]));
    const statuses: number[] = [];
    for (let index = 0; index < 20; index += 1) statuses.push(await guess(`guess-number-${index}`));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(5);
    // Whoever shows a token of ours is not kept waiting for it.
    expect((await app.admin.request("/npm/default/left")).status).toBe(200);
  });
});

describe("rotating", () => {
  it("gives another secret with the same rights, and the old one some time", async () => {
    const dev = await app.as("rotator");
    const made = await dev.request("/api/v1/tokens", { method: "POST", body: { name: "ci", kind: "ci" } });
    const rotated = await dev.request(`/api/v1/tokens/${String(made.json["id"])}/rotate`, {
      method: "POST",
      body: { overlapMinutes: 60 },
    });
    expect(rotated.status).toBe(201);
    expect(rotated.json).toMatchObject({ name: "ci", kind: "ci", readonly: true });
    const works = async (token: unknown): Promise<number> =>
      (await app.request("/npm/default/left", { headers: { authorization: `Bearer ${String(token)}` } }))
        .status;
    expect([await works(made.json["token"]), await works(rotated.json["token"])]).toEqual([200, 200]);
    const at = await dev.request(`/api/v1/tokens/${String(rotated.json["id"])}/rotate`, {
      method: "POST",
      body: { overlapMinutes: 0 },
    });
    expect([await works(rotated.json["token"]), await works(at.json["token"])]).toEqual([401, 200]);
    const other = await app.as("someone");
    const path = `/api/v1/tokens/${String(at.json["id"])}/rotate`;
    expect((await other.request(path, { method: "POST", body: {} })).status).toBe(404);
  });
});
