import { ADMIN_PASSWORD, httpRequest, loginAs, startTestApp, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/index.ts";

const CLIENT = "npm/11.6.2 node/v20";
const AGENT = { "user-agent": CLIENT };

const RULE = { subject: "everyone", permissions: ["view"], registry: "default" };

interface Event {
  seq: number;
  at: string;
  kind: string;
  actor: string;
  credential: string | null;
  address: string | null;
  client: string | null;
  registry: string | null;
  package: string | null;
  result: string;
  detail: Record<string, unknown>;
}

async function eventsOf(app: TestApp, query = ""): Promise<Event[]> {
  const { json, status } = await app.admin.request(`/api/v1/audit?limit=500${query}`);
  expect(status).toBe(200);
  return (json["items"] as Event[]).reverse();
}

async function eventually<T>(read: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = await read();
    if (isThere(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come");
}

async function newest(app: TestApp): Promise<number> {
  return (await eventsOf(app)).at(-1)?.seq ?? 0;
}

async function idOfToken(app: TestApp): Promise<string> {
  const { json } = await app.admin.request("/api/v1/tokens");
  return (json["items"] as Array<{ id: string }>)[0]?.id ?? "";
}

describe("every write", () => {
  let app: TestApp;
  let credential: string;
  let rev = "";
  const widget = "/npm/default/widget";

  beforeAll(async () => {
    app = await startTestApp();
    credential = await idOfToken(app);
    await app.as("ada");
    await eventually(
      () => eventsOf(app, "&kind=signed-in"),
      (found) => found.length === 2,
    );
  });
  afterAll(() => app.close());

  type Write = [kind: string, method: string, path: () => string, body?: () => unknown];
  const status = "/api/v1/registries/default/packages/left-pad/versions/1.0.0/status";
  const WRITES: Write[] = [
    ["tag-set", "PUT", () => "/npm/default/-/package/widget/dist-tags/next", () => '"1.0.0"'],
    ["tag-removed", "DELETE", () => "/npm/default/-/package/widget/dist-tags/next"],
    ["package-changed", "PUT", () => "/npm/default/-/package/widget/owners", () => ({ user: "ada" })],
    ["status-changed", "PUT", () => status, () => ({ status: "blocked", reason: "bad" })],
    ["status-changed", "DELETE", () => status],
    ["registry-changed", "POST", () => "/api/v1/registries", () => ({ name: "other" })],
    ["registry-changed", "PATCH", () => "/api/v1/registries/other", () => ({ description: "x" })],
    ["registry-changed", "DELETE", () => "/api/v1/registries/other"],
    ["upstream-changed", "POST", () => "/api/v1/upstreams", () => ({ name: "u", url: "http://192.0.2.9/" })],
    ["upstream-changed", "DELETE", () => "/api/v1/upstreams/u"],
    ["user-changed", "POST", () => "/api/v1/users", () => ({ name: "eve", password: "long enough of eve" })],
    ["user-changed", "PATCH", () => "/api/v1/users/eve", () => ({ role: "read-only" })],
    ["token-changed", "POST", () => "/api/v1/tokens", () => ({ name: "one" })],
    ["access-changed", "POST", () => "/api/v1/access-rules", () => RULE],
    ["package-removed", "DELETE", () => `${widget}/-rev/${rev}`],
  ];

  it("of a publish leaves one event with actor, credential, address and client", async () => {
    const before = await newest(app);
    await app.admin.publish({ name: "widget", version: "1.0.0" });
    const events = (await eventsOf(app)).filter(({ seq }) => seq > before);
    expect(events).toMatchObject([
      {
        kind: "version-published",
        actor: "admin",
        credential,
        address: "127.0.0.1",
        registry: "default",
        package: "widget",
        result: "done",
        detail: { version: "1.0.0", tags: ["latest"] },
      },
    ]);
  });

  it.each(WRITES)("leaves one event: %s by %s", async (...[kind, method, path, body]) => {
    rev = String((await app.admin.request(widget)).json["_rev"]);
    const before = await newest(app);
    const sent = body?.();
    const answer = await app.admin.request(path(), {
      method,
      headers: AGENT,
      ...(sent === undefined ? {} : { body: sent as object }),
    });
    expect(answer.status).toBeLessThan(300);
    const events = (await eventsOf(app)).filter(({ seq }) => seq > before);
    expect(events).toMatchObject([
      { kind, actor: "admin", credential, address: "127.0.0.1", client: CLIENT, result: "done" },
    ]);
    const isAboutPackage = /package|tag-|status/.test(kind);
    expect(events[0]?.registry).toBe(registryOf(kind, path()));
    expect(events[0]?.package === null).toBe(!isAboutPackage);
  });
});

function registryOf(kind: string, path: string): string | null {
  if (kind === "registry-changed") return "other";
  if (kind === "access-changed") return "default";
  return path.includes("default") ? "default" : null;
}

describe("what is no write", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    await app.as("ada", "read-only");
  });
  afterAll(() => app.close());

  async function login(user: string, password: string): Promise<number> {
    const body = { user, password };
    return (await httpRequest(app.url, "/api/v1/login", { method: "POST", body, headers: AGENT })).status;
  }

  it("records sign-ins, by npm and by the API, and the end of one", async () => {
    const token = await loginAs(app.url, "ada", "the password of ada");
    expect(await login("ada", "the password of ada")).toBe(200);
    await app.request(`/npm/default/-/user/token/${token}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}`, ...AGENT },
    });
    const events = await eventually(
      () => eventsOf(app, "&actor=ada"),
      (found) => found.some(({ kind }) => kind === "signed-out"),
    );
    const signedIn = events.filter(({ kind }) => kind === "signed-in");
    expect(signedIn.length).toBe(3);
    expect(signedIn.at(-1)).toMatchObject({ credential: "password", address: "127.0.0.1", client: CLIENT });
    const out = events.find(({ kind }) => kind === "signed-out");
    expect(out).toMatchObject({ actor: "ada", credential: signedIn[1]?.detail["tokenId"], client: CLIENT });
    expect(JSON.stringify(await eventsOf(app))).not.toContain(token);
  });

  it("records wrong passwords under the user's name, and what is no user's name under none", async () => {
    expect(await login("ada", "wrong")).toBe(401);
    expect(await login("my secret password", "wrong")).toBe(401);
    const basic = `Basic ${Buffer.from("admin:wrong too").toString("base64")}`;
    for (let index = 0; index < 5; index += 1) {
      await app.request("/npm/default/widget", { headers: { authorization: basic } });
    }
    const right = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString("base64")}`;
    await app.request("/npm/default/widget", { headers: { authorization: right } });
    const events = await eventually(
      () => eventsOf(app, "&kind=sign-in-failed"),
      (found) => found.length >= 3,
    );
    expect(events).toMatchObject([
      { actor: "ada", result: "failed", client: CLIENT, detail: { reason: "password-wrong", by: "login" } },
      { actor: "anonymous", detail: { reason: "user-unknown", by: "login" } },
      { actor: "admin", client: null, detail: { reason: "password-wrong", by: "request" } },
    ]);
    expect(JSON.stringify(await eventsOf(app))).not.toMatch(/my secret password|wrong too/);
  });

  it("records once that an address is limited", async () => {
    let limited = 0;
    for (let index = 0; index < 20; index += 1) {
      if ((await login("ada", `wrong ${index}`)) === 429) limited += 1;
    }
    expect(limited).toBeGreaterThan(1);
    const events = await eventually(
      () => eventsOf(app, "&kind=sign-in-limited"),
      (found) => found.length > 0,
    );
    expect(events).toMatchObject([{ actor: "ada", address: "127.0.0.1", result: "refused" }]);
  });

  it("records refused writes, and no refused reads", async () => {
    const ada = await app.as("ada");
    await ada.publish({ name: "@acme/widget", version: "1.0.0" });
    await ada.request("/api/v1/users", { method: "POST", body: { name: "x" }, headers: AGENT });
    await ada.request("/api/v1/users");
    await app.request("/npm/default/widget");
    await app.request("/npm/default/widget", { method: "PUT", body: {}, headers: AGENT });
    await app.request("/api/v1/registries/default", { method: "DELETE", headers: AGENT });
    const events = await eventually(
      () => eventsOf(app, "&kind=request-refused"),
      (found) => found.length >= 4,
    );
    const code = { denied: "permission-denied", missing: "credential-missing" };
    expect(events).toMatchObject([
      {
        actor: "ada",
        registry: "default",
        package: "@acme/widget",
        detail: { route: "put-package", code: code.denied },
      },
      { actor: "ada", registry: null, client: CLIENT, detail: { route: "create-user", code: code.denied } },
      { actor: "anonymous", credential: null, package: "widget", detail: { code: code.missing } },
      { actor: "anonymous", registry: "default", detail: { route: "delete-registry", code: code.missing } },
    ]);
    expect(events[0]?.credential).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(events.map(({ result }) => result))).toEqual(new Set(["refused"]));
  });

  it("never holds a secret", async () => {
    const ada = await app.as("ada");
    const { text } = await app.admin.request("/api/v1/audit/export");
    for (const secret of [ada.token, app.admin.token, ADMIN_PASSWORD, "the password of"]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("the lists", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    for (let index = 0; index < 7; index += 1) {
      await app.admin.publish({ name: `p${index % 2}`, version: `1.0.${index}` });
    }
  });
  afterAll(() => app.close());

  it("are for administrators", async () => {
    const ada = await app.as("ada");
    for (const path of ["/api/v1/audit", "/api/v1/audit/export"]) {
      expect((await ada.request(path)).status).toBe(403);
      expect((await app.request(path)).status).toBe(401);
    }
  });

  it("show the newest first, page by page", async () => {
    const whole = await eventsOf(app);
    const pages: Event[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const path = `/api/v1/audit?limit=3${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const { json } = await app.admin.request(path);
      pages.push(...(json["items"] as Event[]));
      cursor = json["next"] as string | null;
    }
    expect(pages.map(({ seq }) => seq)).toEqual(whole.map(({ seq }) => seq).reverse());
  });

  it("filter by every column", async () => {
    const published = await eventsOf(app, "&kind=version-published");
    expect(published).toHaveLength(7);
    expect(await eventsOf(app, "&package=p1")).toHaveLength(3);
    expect(await eventsOf(app, "&registry=Default&package=p0")).toHaveLength(4);
    expect(await eventsOf(app, "&registry=other")).toEqual([]);
    expect(await eventsOf(app, "&actor=admin&kind=version-published")).toHaveLength(7);
    expect(await eventsOf(app, `&credential=${published[0]?.credential}&package=p1`)).toHaveLength(3);
    expect(await eventsOf(app, "&result=refused&package=p1")).toEqual([]);
    const from = published[3]?.at ?? "";
    expect(await eventsOf(app, `&kind=version-published&from=${from}`)).toEqual(
      published.filter(({ at }) => at >= from),
    );
    expect(await eventsOf(app, `&kind=version-published&to=${from}`)).toEqual(
      published.filter(({ at }) => at < from),
    );
    expect(await eventsOf(app, "&from=2000-01-01&kind=version-published")).toHaveLength(7);
    expect(await eventsOf(app, "&to=2000-01-01T00:00:00%2B02:00")).toEqual([]);
  });

  it("refuse what cannot be meant", async () => {
    for (const query of ["from=yesterday", "to=2026-13-45", "result=good", "cursor=-1", "limit=0"]) {
      expect((await app.admin.request(`/api/v1/audit?${query}`)).status).toBe(400);
    }
    expect((await app.admin.request("/api/v1/audit/export?from=x")).status).toBe(400);
  });

  it("are exported in order, a JSON object per line", async () => {
    const answer = await app.admin.request("/api/v1/audit/export?kind=version-published");
    expect(answer.headers["content-type"]).toBe("application/x-ndjson");
    const lines = answer.text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as Event)).toMatchObject(
      (await eventsOf(app, "&kind=version-published")).map(({ seq }) => ({ seq })),
    );
  });
});

it("is sealed by the time the server has stopped", async () => {
  const app = await startTestApp();
  await app.admin.publish({ name: "widget", version: "1.0.0" });
  await app.app.close();
  const db = await openDatabase({ url: `sqlite:${app.data}/entrepot.db` });
  const open = await db.read.selectFrom("audit_events").select("seq").where("hash", "is", null).execute();
  await db.close();
  await app.close();
  expect(open).toEqual([]);
});
