import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createFakeUpstream,
  makePublishDocument,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestRequest,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/index.ts";

const PASSWORD = "a password of the other one";
const FILE = `
publicUrl: http://main.example
workspaces:
  - { name: other, host: other.example, adminPassword: "${PASSWORD}" }
  - { name: third, host: third.example, adminPassword: "${PASSWORD}" }
`;

let app: TestApp;
let upstream: FakeUpstream;
/** Of the administrator of the other workspace. */
let token: string;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  upstream.publish({ name: "public", version: "1.0.0" });
  app = await startTestApp({ upstream: upstream.url, file: FILE });
  token = await login("admin", PASSWORD);
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

/** Asks the other workspace. */
async function ask(path: string, { headers, ...request }: TestRequest = {}): Promise<TestResponse> {
  return await app.request(path, { ...request, headers: { host: "other.example", ...headers } });
}

async function asAdmin(path: string, request: TestRequest = {}): Promise<TestResponse> {
  return await ask(path, { ...request, headers: { authorization: `Bearer ${token}` } });
}

async function login(name: string, password: string): Promise<string> {
  const { json } = await ask(`/npm/default/-/user/org.couchdb.user:${name}`, {
    method: "PUT",
    body: { name, password },
  });
  return String(json["token"]);
}

/** As a registry was bound before there were rules about host names. */
async function bindInDatabase(name: string, host: string): Promise<void> {
  const db = await openDatabase({ url: `sqlite:${app.data}/entrepot.db` });
  try {
    await db.write(async (trx) => {
      await trx.updateTable("registries").set({ host }).where("name", "=", name).execute();
    });
  } finally {
    await db.close();
  }
}

async function publishThere(input: { name: string; version: string; manifest?: object }): Promise<number> {
  const { body } = makePublishDocument(input as never);
  return (await asAdmin(`/npm/default/${input.name}`, { method: "PUT", body })).status;
}

describe("a workspace with a host of its own", () => {
  it("has a registry of the same name with other packages", async () => {
    await app.admin.publish({ name: "thing", version: "1.0.0", manifest: { description: "here" } });
    expect(await publishThere({ name: "thing", version: "1.0.0", manifest: { description: "there" } })).toBe(
      201,
    );
    const here = await app.admin.request("/npm/default/thing/1.0.0");
    const there = await asAdmin("/npm/default/thing/1.0.0");
    expect([here.json["description"], there.json["description"]]).toEqual(["here", "there"]);
    const { tarball } = there.json["dist"] as { tarball: string };
    expect(tarball).toBe("http://other.example/npm/default/thing/-/thing-1.0.0.tgz");
    for (const spelling of ["OTHER.example", "other.example:4873", "other.example:80"]) {
      const { json } = await ask("/npm/default/thing/1.0.0", {
        headers: { host: spelling, authorization: `Bearer ${token}` },
      });
      expect(json["description"]).toBe("there");
    }
  });

  it("gives 401 for tokens and passwords of another", async () => {
    for (const path of ["/npm/default/thing", "/npm/default/thing/-/thing-1.0.0.tgz", "/api/v1/registries"]) {
      const strange = { authorization: `Bearer ${app.admin.token}` };
      // Warm, both ways round.
      for (let round = 0; round < 3; round += 1) {
        expect((await app.admin.request(path)).status).toBe(200);
        expect((await ask(path, { headers: strange })).status).toBe(401);
        expect((await asAdmin(path)).status).toBe(200);
        expect((await app.request(path, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
      }
    }
    expect(await login("admin", "correct horse battery staple")).toBe("undefined");
  });

  it("has people, rules and audit trail of its own", async () => {
    await app.as("ada");
    const body = { name: "bob", password: "a long enough one", role: "developer" };
    expect((await asAdmin("/api/v1/users", { method: "POST", body })).status).toBe(201);
    const names = async (response: Promise<TestResponse>): Promise<unknown[]> =>
      ((await response).json["items"] as { name: string }[]).map(({ name }) => name);
    expect(await names(asAdmin("/api/v1/users"))).toEqual(["admin", "bob"]);
    expect(await names(app.admin.request("/api/v1/users"))).toEqual(["ada", "admin"]);

    const rule = { subject: "everyone", effect: "restrict", permissions: ["publish"] };
    expect((await asAdmin("/api/v1/access-rules", { method: "POST", body: rule })).status).toBe(201);
    expect(await publishThere({ name: "late", version: "1.0.0" })).toBe(403);
    expect((await app.admin.publish({ name: "late", version: "1.0.0" })).status).toBe(201);

    const actors = async (response: Promise<TestResponse>): Promise<string> => (await response).text;
    expect(await actors(asAdmin("/api/v1/audit?kind=user-changed"))).not.toContain("ada");
    expect(await actors(app.admin.request("/api/v1/audit?kind=user-changed"))).not.toContain("bob");
  });

  it("keeps to itself what its operators say of versions", async () => {
    const status = "/api/v1/registries/*/packages/public/versions/1.0.0/status";
    const body = { status: "blocked", reason: "not here" };
    expect((await asAdmin(status, { method: "PUT", body })).status).toBe(200);
    expect((await asAdmin("/npm/default/public/1.0.0")).status).toBe(403);
    expect((await app.admin.request("/npm/default/public/1.0.0")).status).toBe(200);
  });

  it("has no jobs, which are the whole server's", async () => {
    expect((await asAdmin("/api/v1/jobs")).status).toBe(404);
    expect((await app.admin.request("/api/v1/jobs")).status).toBe(200);
  });

  it("has registries with hosts of their own", async () => {
    const body = { name: "bound", host: "bound.other.example" };
    expect((await asAdmin("/api/v1/registries", { method: "POST", body })).status).toBe(201);
    const headers = { host: "bound.other.example", authorization: `Bearer ${token}` };
    expect((await app.request("/", { headers })).json).toMatchObject({ db_name: "bound" });
    const strange = { ...headers, authorization: `Bearer ${app.admin.token}` };
    expect((await app.request("/", { headers: strange })).status).toBe(401);
  });

  it.each([
    "main.example",
    "third.example",
    "x.third.example",
    "other.example",
    "evil-other.example",
    "127.0.0.1",
    "localhost",
  ])("binds no registry to %s, and answers nothing there that was bound before", async (host) => {
    const name = `rogue-${host}`;
    const refused = await asAdmin("/api/v1/registries", { method: "POST", body: { name, host } });
    const text =
      `A registry of this workspace cannot be bound to "${host}"; take a name below other.example, ` +
      "such as npm.other.example, that the server does not use otherwise.";
    expect([refused.status, refused.json.error]).toEqual([400, text]);
    expect((await asAdmin("/api/v1/registries", { method: "POST", body: { name } })).status).toBe(201);
    const path = `/api/v1/registries/${name}`;
    expect((await asAdmin(path, { method: "PATCH", body: { host } })).status).toBe(400);

    await bindInDatabase(name, host);
    const { json } = await asAdmin(path, { method: "PATCH", body: { description: "known to all" } });
    expect(json).toMatchObject({ host, warnings: [text] });
    const headers = { host, authorization: `Bearer ${token}` };
    expect((await app.request("/", { headers })).text).not.toContain(name);
    expect((await asAdmin(path, { method: "DELETE" })).status).toBe(204);
  });

  it.each(["other.example", "x.other.example", "127.0.0.1", "localhost"])(
    "leaves %s unbound in the main one, too",
    async (host) => {
      const body = { name: "rogue", host };
      const { status, json } = await app.admin.request("/api/v1/registries", { method: "POST", body });
      expect([status, json.error]).toEqual([
        400,
        `A registry cannot be bound to "${host}"; take a name that is no address, not localhost, ` +
          "and not that of a workspace or below it.",
      ]);
    },
  );

  it("is the main one for every other host, and for none", async () => {
    for (const host of ["elsewhere.example", "127.0.0.1", "other.example.evil.example"]) {
      const headers = { host, authorization: `Bearer ${app.admin.token}` };
      expect((await app.request("/npm/default/thing", { headers })).status).toBe(200);
    }
    expect((await app.request("/npm/default/thing", { headers: { host: "a b" } })).status).toBe(400);
  });
});

it("a workspace is there again at the next start, and answers nobody once it is declared no longer", async () => {
  const data = await mkdtemp(join(tmpdir(), "entrepot-workspaces-"));
  try {
    const first = await startTestApp({ data, file: FILE });
    const body = { name: "admin", password: PASSWORD };
    const path = "/npm/default/-/user/org.couchdb.user:admin";
    const headers = { host: "other.example" };
    const made = await first.request(path, { method: "PUT", headers, body });
    const authorization = `Bearer ${String(made.json["token"])}`;
    await first.close();

    const second = await startTestApp({ data, file: FILE });
    const whoami = { headers: { ...headers, authorization } };
    expect((await second.request("/npm/default/-/whoami", whoami)).status).toBe(200);
    await second.close();

    const third = await startTestApp({ data });
    expect((await third.request("/npm/default/-/whoami", whoami)).status).toBe(401);
    await third.close();
  } finally {
    await rm(data, { recursive: true });
  }
});

it.each([
  [
    "the main one's name",
    '[{ name: default, host: x.example, adminPassword: "long enough" }]',
    "every other host",
  ],
  ["a host twice", "[{ name: a, host: X.example }, { name: b, host: x.example }]", "is there twice"],
  ["no host", "[{ name: a }]", "host"],
])("the configuration refuses %s", async (_what, workspaces, text) => {
  await expect(startTestApp({ file: `workspaces: ${workspaces}` })).rejects.toThrow(text);
});

it("a new workspace without a configured password has a one-time one, told once", async () => {
  const data = await mkdtemp(join(tmpdir(), "entrepot-workspaces-"));
  const file = "workspaces: [{ name: other, host: other.example }]";
  try {
    const first = await startTestApp({ data, file });
    const [made] = first.app.newWorkspaces;
    expect(made).toEqual({ name: "other", host: "other.example", oneTimePassword: expect.any(String) });
    const refused = await first.request("/npm/default/-/user/org.couchdb.user:admin", {
      method: "PUT",
      headers: { host: "other.example" },
      body: { name: "admin", password: made?.oneTimePassword },
    });
    expect([refused.status, refused.json["helpCode"]]).toEqual([403, "password-must-change"]);
    await first.close();
    const second = await startTestApp({ data, file });
    expect(second.app.newWorkspaces).toEqual([]);
    await second.close();
  } finally {
    await rm(data, { recursive: true });
  }
});
