import { setTimeout as delay } from "node:timers/promises";
import {
  ADMIN_PASSWORD,
  hasPostgres,
  hashesOf,
  loginAs,
  makePublishDocument,
  startPostgres,
  type TestPostgres,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, type Client, type Received } from "./client.ts";
import { makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";

/** How long a process on PostgreSQL may take to hear of what another one wrote. */
const NOTICE_MS = 1000;
/** Longer than a process on SQLite stays alert after a write. */
const QUIET_MS = 3200;

interface Engine {
  title: string;
  rounds: number;
  /** Prepares the database; gives the environment that names it. */
  open(): Promise<Record<string, string>>;
  close(): Promise<void>;
  /** How long to look until something is seen; 0: it must be seen at once. */
  noticeMs: number;
}

const sqlite: Engine = {
  title: "SQLite",
  rounds: 50,
  open: async () => ({}),
  close: async () => undefined,
  noticeMs: 0,
};

let postgresServer: TestPostgres | null = null;
const postgres: Engine = {
  title: "PostgreSQL",
  rounds: 8,
  async open() {
    postgresServer = await startPostgres({ flavour: "npm" });
    return { ENTREPOT_DATABASE_URL: postgresServer.url };
  },
  close: async () => await postgresServer?.stop(),
  noticeMs: NOTICE_MS,
};

describe("two processes on SQLite", () => suite(sqlite));
describe.skipIf(!hasPostgres("npm"))("two processes on PostgreSQL", () => suite(postgres));

function suite(engine: Engine): void {
  let data: string;
  let servers: RunningServer[];
  let token: string;
  let one: Client;
  let other: Client;

  beforeAll(async () => {
    data = await makeFolder();
    const env = await engine.open();
    // At the same time, on an empty folder.
    servers = await Promise.all([startServer({ data, env }), startServer({ data, env })]);
    const [first, second] = servers as [RunningServer, RunningServer];
    token = await loginAs(first.url, "admin", ADMIN_PASSWORD);
    one = createClient(first.url, { token });
    other = createClient(second.url, { token });
  });

  afterAll(async () => {
    one.close();
    other.close();
    for (const server of servers) expect((await server.stop()).code).toBe(0);
    await engine.close();
    await removeFolder(data);
  });

  /** Asks until what came is what is expected: once on SQLite, within a second on PostgreSQL. */
  async function seen<T>(ask: () => Promise<T>, expected: T): Promise<void> {
    const giveUpAt = performance.now() + engine.noticeMs;
    for (;;) {
      const value = await ask();
      if (JSON.stringify(value) === JSON.stringify(expected)) return;
      if (performance.now() >= giveUpAt) return expect(value).toEqual(expected);
      await delay(5);
    }
  }

  test("both know the one administrator and the one default registry", async () => {
    for (const client of [one, other]) {
      expect((await client.request("/npm/default/-/whoami")).json()).toEqual({ username: "admin" });
      const { items } = (await client.request("/api/v1/registries")).json<{ items: { name: string }[] }>();
      expect(items.map(({ name }) => name)).toEqual(["default"]);
    }
  });

  test("each serves the other's writes in its next answer", async () => {
    for (let round = 0; round < engine.rounds; round += 1) {
      // Both ways in turn, so that each is the reader as often as the writer.
      const [writer, reader] = round % 2 === 0 ? [one, other] : [other, one];
      await writeAndRead({ writer, reader, round }, seen);
    }
  });

  test("registries that one makes and deletes are there and gone for the other", async () => {
    for (let round = 0; round < engine.rounds; round += 1) {
      const name = `team-${round}`;
      const path = `/npm/${name}/-/ping`;
      await one.request("/api/v1/registries", { method: "POST", body: { name } });
      await seen(async () => (await other.request(path)).status, 200);
      expect((await publish(other, { name: "inside", version: "1.0.0" }, name)).status).toBe(201);
      await seen(async () => (await one.request(`/npm/${name}/inside`)).status, 200);
      const opened = { method: "PATCH", body: { anonymousRead: true } };
      expect((await other.request(`/api/v1/registries/${name}`, opened)).status).toBe(200);
      await seen(() => anonymousStatus(one.url, `/npm/${name}/inside`), 200);
      expect((await other.request(`/api/v1/registries/${name}`, { method: "DELETE" })).status).toBe(204);
      await seen(async () => (await one.request(`/npm/${name}/inside`)).status, 404);
    }
  });

  test("a token made by one works at the other until either revokes it, and so does a user", async () => {
    for (let round = 0; round < engine.rounds; round += 1) {
      const made = await one.request("/api/v1/tokens", { method: "POST", body: { name: `t${round}` } });
      const { id, token: secret } = made.json<{ id: string; token: string }>();
      const holder = createClient(other.url, { token: secret });
      await seen(async () => (await holder.request("/npm/default/-/whoami")).status, 200);
      expect((await one.request(`/api/v1/tokens/${id}`, { method: "DELETE" })).status).toBe(204);
      await seen(async () => (await holder.request("/npm/default/-/whoami")).status, 401);
      holder.close();
    }
  });

  if (engine.noticeMs === 0) {
    test("a process that was left alone for long sees the next write at once", async () => {
      for (let round = 0; round < 2; round += 1) {
        const version = `1.0.${round}`;
        await other.request("/npm/default/quiet");
        await delay(QUIET_MS);
        await publish(one, { name: "quiet", version });
        expect(await latestOf(other, "quiet")).toBe(version);
      }
    });
  }

  test("of publishes of one version at once one wins; equal bytes are success, other bytes are 403", async () => {
    for (let round = 0; round < engine.rounds; round += 1) {
      const version = `1.0.${round}`;
      const files = ["a", "b"].map((content) => ({ "index.js": content }));
      const attempts = [one, other, one, other].map((client, index) => {
        const input = { name: "contested", version, files: files[index < 2 ? index : 0] ?? {} };
        return { input, answer: publish(client, input) };
      });
      const statuses = await Promise.all(attempts.map(async ({ answer }) => (await answer).status));
      await seen(async () => (await tarballOf(one, "contested", version)).status, 200);
      const bytes = (await tarballOf(one, "contested", version)).bytes;
      expect(hashesOf((await tarballOf(other, "contested", version)).bytes)).toEqual(hashesOf(bytes));
      const expected = attempts.map(({ input }) =>
        makePublishDocument(input).tarball.digest === hashesOf(bytes).digest ? 201 : 403,
      );
      expect(statuses).toEqual(expected);
    }
  });

  test("a hundred versions published at once through both are all there, and the tags are right", async () => {
    const clients = [one, other].map(({ url }) => createClient(url, { token, connections: 25 }));
    const versions = Array.from({ length: 100 }, (_, index) => `1.0.${index}`);
    const answers = await Promise.all(
      versions.map((version, index) =>
        publish(clients[index % 2] as Client, { name: "many", version, tag: `tag-${index}` }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const last = await publish(one, { name: "many", version: "2.0.0" });
    expect(last.status).toBe(201);
    const tags = Object.fromEntries(versions.map((version, index) => [`tag-${index}`, version]));
    for (const client of [one, other]) {
      await seen(async () => {
        const { "versions": there, "dist-tags": named } = (
          await client.request("/npm/default/many")
        ).json<Packument>();
        return [Object.keys(there).length, sorted(named)];
      }, [101, sorted({ latest: "2.0.0", ...tags })]);
    }
    for (const client of clients) client.close();
  });
}

interface Packument {
  "_rev": string;
  "versions": Record<string, { deprecated?: string; dist: { integrity: string } }>;
  "dist-tags": Record<string, string>;
}

type Seen = <T>(ask: () => Promise<T>, expected: T) => Promise<void>;

/** One round of everything that can be done to a package: done at `writer`, looked at through `reader`. */
async function writeAndRead(
  { writer, reader, round }: { writer: Client; reader: Client; round: number },
  seen: Seen,
): Promise<void> {
  const name = `package-${round % 4}`;
  const version = `1.${round}.0`;
  const url = `/npm/default/${name}`;
  // Empty as long as the reader has not heard of the package.
  const document = async (): Promise<Packument> => {
    const found = (await reader.request(url)).json<Partial<Packument>>();
    return { "_rev": "", "versions": {}, "dist-tags": {}, ...found };
  };
  const tarball = async (): Promise<number> => (await tarballOf(reader, name, version)).status;

  // The reader has an answer ready that is about to be wrong.
  await reader.request(url);
  const published = await publish(writer, { name, version });
  expect(published.status).toBe(201);
  await seen(async () => (await document()).versions[version]?.dist.integrity, published.integrity);
  expect(hashesOf((await tarballOf(reader, name, version)).bytes).integrity).toBe(published.integrity);

  const tagged = { method: "PUT", body: JSON.stringify(version) };
  expect((await writer.request(`/npm/default/-/package/${name}/dist-tags/next`, tagged)).status).toBe(201);
  await seen(async () => (await document())["dist-tags"]["next"], version);

  const before = (await writer.request(`${url}?write=true`)).json<Packument>();
  const manifest = before.versions[version];
  const body = { ...before, versions: { ...before.versions, [version]: { ...manifest, deprecated: "old" } } };
  expect((await writer.request(url, { method: "PUT", body })).status).toBe(201);
  await seen(async () => (await document()).versions[version]?.deprecated, "old");

  const status = `/api/v1/registries/default/packages/${name}/versions/${version}/status`;
  const blocked = { method: "PUT", body: { status: "blocked", reason: "a test" } };
  expect((await writer.request(status, blocked)).status).toBe(200);
  await seen(tarball, 403);
  await seen(async () => (await reader.request(`${url}/${version}`)).status, 403);
  expect((await writer.request(status, { method: "DELETE" })).status).toBe(204);
  await seen(tarball, 200);

  // Every second version goes, and with it its tag.
  if (round % 2 === 0 || round < 4) return;
  const current = (await writer.request(`${url}?write=true`)).json<Packument>();
  const { [version]: _gone, ...kept } = current.versions;
  const left = { method: "PUT", body: { ...current, versions: kept } };
  expect((await writer.request(`${url}/-rev/${current["_rev"]}`, left)).status).toBe(201);
  await seen(tarball, 404);
  await seen(async () => (await document())["dist-tags"]["next"], undefined);
}

async function publish(
  client: Client,
  input: { name: string; version: string; tag?: string; files?: Record<string, string> },
  registry = "default",
): Promise<Received & { integrity: string }> {
  const { body, tarball } = makePublishDocument(input);
  const answer = await client.request(`/npm/${registry}/${input.name}`, { method: "PUT", body });
  return Object.assign(answer, { integrity: tarball.integrity });
}

async function tarballOf(client: Client, name: string, version: string): Promise<Received> {
  return await client.request(`/npm/default/${name}/-/${name}-${version}.tgz`);
}

async function latestOf(client: Client, name: string): Promise<string | undefined> {
  return (await client.request(`/npm/default/${name}`)).json<Packument>()["dist-tags"]["latest"];
}

async function anonymousStatus(url: string, path: string): Promise<number> {
  const client = createClient(url);
  const { status } = await client.request(path);
  client.close();
  return status;
}

function sorted(tags: Record<string, string>): [string, string][] {
  return Object.entries(tags).sort(([left], [right]) => (left < right ? -1 : 1));
}
