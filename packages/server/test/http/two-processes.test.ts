import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ADMIN_PASSWORD,
  createFakeUpstream,
  httpRequest,
  loginAs,
  makePublishDocument,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestRequest,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

let app: TestApp;
let other: ServerProcess;
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
  other = await startServerProcess(app.data);
});
afterAll(async () => {
  await other.stop();
  await app.close();
  await upstream.close();
});

interface Side {
  ask(path: string, request?: TestRequest): Promise<TestResponse>;
  askAs(token: string | null, path: string, request?: TestRequest): Promise<TestResponse>;
}

function sideAt(url: () => string): Side {
  const askAs: Side["askAs"] = (token, path, request = {}) =>
    httpRequest(url(), path, {
      ...request,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...request.headers },
    });
  return { askAs, ask: (path, request) => askAs(app.admin.token, path, request) };
}

const here = sideAt(() => app.url);
const there = sideAt(() => other.url);

const put = (body: unknown): TestRequest => ({ method: "PUT", body });
const publication = (name: string, version: string): TestRequest =>
  put(makePublishDocument({ name, version }).body);

async function versionsAt(side: Side, name: string): Promise<string[]> {
  const { status, json } = await side.ask(`/npm/default/${name}`);
  return status === 200 ? Object.keys(json["versions"] as object) : [];
}

describe.each([
  { where: "this process is served by the other", mark: "a", writer: here, reader: there },
  { where: "the other process is served by this", mark: "b", writer: there, reader: here },
])("what is written in $where at once:", ({ mark, writer, reader }) => {
  it("publishes, one after the other", async () => {
    const name = `published-${mark}`;
    expect((await reader.ask(`/npm/default/${name}`)).status).toBe(404);
    for (let patch = 0; patch < 20; patch += 1) {
      const { status } = await writer.ask(`/npm/default/${name}`, publication(name, `1.0.${patch}`));
      expect(status).toBe(201);
      expect(await versionsAt(reader, name)).toHaveLength(patch + 1);
      expect((await reader.ask(`/npm/default/${name}/-/${name}-1.0.${patch}.tgz`)).status).toBe(200);
    }
  });

  it("tags, deprecations, unpublishes", async () => {
    const name = `changed-${mark}`;
    await writer.ask(`/npm/default/${name}`, publication(name, "1.0.0"));
    await writer.ask(`/npm/default/${name}`, publication(name, "1.1.0"));
    const tags = `/npm/default/-/package/${name}/dist-tags`;
    for (const version of ["1.0.0", "1.1.0", "1.0.0"]) {
      await writer.ask(`${tags}/next`, put(JSON.stringify(version)));
      expect((await reader.ask(tags)).json).toEqual({ latest: "1.1.0", next: version });
      expect((await reader.ask(`/npm/default/${name}/next`)).json["version"]).toBe(version);
    }
    const document = (await reader.ask(`/npm/default/${name}?write=true`)).json;
    const versions = document["versions"] as Record<string, Record<string, unknown>>;
    (versions["1.0.0"] as Record<string, unknown>)["deprecated"] = "old";
    expect((await writer.ask(`/npm/default/${name}`, put(document))).status).toBe(201);
    expect((await reader.ask(`/npm/default/${name}/1.0.0`)).json["deprecated"]).toBe("old");
    const { _rev: rev } = (await reader.ask(`/npm/default/${name}`)).json;
    expect((await writer.ask(`/npm/default/${name}/-rev/${String(rev)}`, { method: "DELETE" })).status).toBe(
      201,
    );
    expect((await reader.ask(`/npm/default/${name}`)).status).toBe(404);
    expect((await reader.ask(`/npm/default/${name}/-/${name}-1.0.0.tgz`)).status).toBe(404);
  });

  it("blocks and their end, also of answers that are warm", async () => {
    const local = `blocked-${mark}`;
    const remote = `remote-${mark}`;
    await writer.ask(`/npm/default/${local}`, publication(local, "1.0.0"));
    upstream.publish({ name: remote, version: "1.0.0" });
    for (const name of [local, remote]) {
      const paths = [`/npm/default/${name}`, `/npm/default/${name}/-/${name}-1.0.0.tgz`];
      const statuses = async (): Promise<number[]> => {
        const answers: number[] = [];
        for (const path of [...paths, ...paths]) answers.push((await reader.ask(path)).status);
        return answers;
      };
      const status = `/api/v1/registries/default/packages/${name}/versions/1.0.0/status`;
      for (let round = 0; round < 3; round += 1) {
        expect(await statuses()).toEqual([200, 200, 200, 200]);
        await writer.ask(status, put({ status: "blocked", reason: "bad" }));
        expect(await statuses()).toEqual([403, 403, 403, 403]);
        await writer.ask(status, { method: "DELETE" });
      }
    }
  });

  it("revoked tokens and disabled users, also those that are warm", async () => {
    const made = await writer.ask("/api/v1/tokens", { method: "POST", body: { name: mark } });
    const token = String(made.json["token"]);
    for (let round = 0; round < 2; round += 1) {
      expect((await reader.askAs(token, "/npm/default/-/whoami")).json).toEqual({ username: "admin" });
    }
    expect((await writer.ask(`/npm/default/-/user/token/${token}`, { method: "DELETE" })).status).toBe(200);
    expect((await reader.askAs(token, "/npm/default/-/whoami")).status).toBe(401);

    const name = `user-${mark}`;
    await writer.ask("/api/v1/users", { method: "POST", body: { name, password: "a long password" } });
    const login = await loginAs(reader === here ? app.url : other.url, name, "a long password");
    expect((await reader.askAs(login, "/npm/default/-/whoami")).status).toBe(200);
    await writer.ask(`/api/v1/users/${name}`, { method: "PATCH", body: { role: "read-only" } });
    const refused = await reader.askAs(login, `/npm/default/by-${name}`, publication(`by-${name}`, "1.0.0"));
    expect(refused.status).toBe(403);
    await writer.ask(`/api/v1/users/${name}`, { method: "PATCH", body: { disabled: true } });
    expect((await reader.askAs(login, "/npm/default/-/whoami")).status).toBe(401);
  });

  it("registries: made, opened, closed, bound, hidden, deleted", async () => {
    const name = `registry-${mark}`;
    const host = `${name}.example`;
    const change = (body: object): Promise<TestResponse> =>
      writer.ask(`/api/v1/registries/${name}`, { method: "PATCH", body });
    const pingAtHost = async (): Promise<number> =>
      (await reader.ask("/-/ping", { headers: { host } })).status;
    expect((await reader.ask(`/npm/${name}/`)).status).toBe(404);
    await writer.ask("/api/v1/registries", { method: "POST", body: { name } });
    expect((await reader.ask(`/npm/${name}/`)).status).toBe(200);
    await writer.ask(`/npm/${name}/left`, publication("left", "1.0.0"));
    expect((await reader.askAs(null, `/npm/${name}/left`)).status).toBe(401);
    await change({ anonymousRead: true });
    for (let round = 0; round < 2; round += 1) {
      expect((await reader.askAs(null, `/npm/${name}/left`)).status).toBe(200);
    }
    await change({ anonymousRead: false });
    expect((await reader.askAs(null, `/npm/${name}/left`)).status).toBe(401);
    expect(await pingAtHost()).toBe(404);
    await change({ host });
    expect(await pingAtHost()).toBe(200);
    await change({ host: null });
    expect(await pingAtHost()).toBe(404);
    await change({ active: false });
    expect((await reader.ask(`/npm/${name}/left`)).status).toBe(404);
    await change({ active: true });
    expect((await reader.ask(`/npm/${name}/left`)).status).toBe(200);
    expect((await writer.ask(`/api/v1/registries/${name}`, { method: "DELETE" })).status).toBe(204);
    expect((await reader.ask(`/npm/${name}/left`)).status).toBe(404);
  });

  it("upstreams and claims", async () => {
    const registry = `wired-${mark}`;
    upstream.publish({ name: `wired-${mark}`, version: "1.0.0" });
    await writer.ask("/api/v1/registries", { method: "POST", body: { name: registry } });
    expect((await reader.ask(`/npm/${registry}/wired-${mark}`)).status).toBe(404);
    const upstreams = `/api/v1/registries/${registry}/upstreams`;
    expect((await writer.ask(upstreams, put({ upstreams: ["public"] }))).status).toBe(200);
    expect((await reader.ask(`/npm/${registry}/wired-${mark}`)).status).toBe(200);
    await writer.ask(`/api/v1/registries/${registry}/claims/wired-*`, { method: "PUT" });
    expect((await reader.ask(`/npm/${registry}/wired-${mark}`)).status).toBe(404);
    await writer.ask(`/api/v1/registries/${registry}/claims/wired-*`, { method: "DELETE" });
    expect((await reader.ask(`/npm/${registry}/wired-${mark}`)).status).toBe(200);
    await writer.ask(upstreams, put({ upstreams: [] }));
    expect((await reader.ask(`/npm/${registry}/wired-${mark}`)).status).toBe(404);
  });
});

describe("both at once", () => {
  it("publish versions of one package and lose none", async () => {
    const name = "together";
    const publishAll = (side: Side, minor: number): Promise<TestResponse[]> =>
      Promise.all(
        Array.from({ length: 15 }, (_, patch) =>
          side.ask(`/npm/default/${name}`, publication(name, `1.${minor}.${patch}`)),
        ),
      );
    const answers = (await Promise.all([publishAll(here, 0), publishAll(there, 1)])).flat();
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    expect(await versionsAt(here, name)).toHaveLength(30);
    expect(await versionsAt(there, name)).toHaveLength(30);
  });

  it("publish the same version: one wins", async () => {
    const name = "contended";
    const bodies = [here, there, here, there].map((side, index) => ({
      side,
      body: makePublishDocument({ name, version: "1.0.0", files: { "index.js": String(index) } }).body,
    }));
    const answers = await Promise.all(
      bodies.map(({ side, body }) => side.ask(`/npm/default/${name}`, put(body))),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 403, 403, 403]);
    const texts = await Promise.all(
      [here, there].map((side) => side.ask(`/npm/default/${name}/-/${name}-1.0.0.tgz`)),
    );
    expect(texts[0]?.bytes.equals(texts[1]?.bytes ?? Buffer.alloc(0))).toBe(true);
  });
});

describe("an empty data folder", () => {
  it("is taken by two processes that start on it at once", async () => {
    const data = await mkdtemp(join(tmpdir(), "entrepot-test-"));
    const env = { ENTREPOT_ADMIN_PASSWORD: ADMIN_PASSWORD, ENTREPOT_UPSTREAM: upstream.url };
    const processes = await Promise.all([startServerProcess(data, env), startServerProcess(data, env)]);
    try {
      const token = await loginAs(processes[0].url, "admin", ADMIN_PASSWORD);
      const headers = { authorization: `Bearer ${token}` };
      for (const { url } of processes) {
        const { json } = await httpRequest(url, "/api/v1/registries", { headers });
        expect(json["items"]).toMatchObject([{ name: "default", upstreams: ["public"] }]);
      }
      expect(await Promise.all(processes.map((one) => one.stop()))).toEqual([0, 0]);
    } finally {
      await Promise.all(processes.map((one) => one.stop()));
      await rm(data, { recursive: true, force: true });
    }
  });
});
