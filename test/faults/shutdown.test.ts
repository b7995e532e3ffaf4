import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ADMIN_PASSWORD,
  createFakeUpstream,
  hashesOf,
  httpRequest,
  loginAs,
  makePublishDocument,
  type FakeUpstream,
} from "@entrepot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openConnection, parseAnswer, type RawConnection } from "./raw-connection.ts";
import { makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";
import { until } from "./wait.ts";

/** More than the kernel's buffers between two sockets take. */
const LARGE_BYTES = 24 * 1024 * 1024;
const IDLE_CONNECTIONS = 20;
const SHUTDOWN_TIMEOUT_MS = 15_000;

let data: string;
let server: RunningServer;
let token: string;
let connections: RawConnection[];
let upstream: FakeUpstream;

beforeEach(async () => {
  data = await makeFolder();
  connections = [];
  upstream = await createFakeUpstream();
});

afterEach(async () => {
  for (const { socket } of connections) socket.destroy();
  await server.kill();
  await upstream.close();
  await removeFolder(data);
});

async function start(file?: string): Promise<void> {
  const path = join(data, "entrepot.yaml");
  if (file !== undefined) await writeFile(path, file);
  const env = file === undefined ? {} : { ENTREPOT_CONFIG: path };
  server = await startServer({ data, upstream: upstream.url, env });
  token = await loginAs(server.url, "admin", ADMIN_PASSWORD);
}

async function open(): Promise<RawConnection> {
  const connection = await openConnection(server.url);
  connections.push(connection);
  return connection;
}

/** Publishes a large package and gives the integrity of its tarball. */
async function publishLarge(): Promise<string> {
  const files = { "blob.bin": randomBytes(LARGE_BYTES) };
  const { body, tarball } = makePublishDocument({ name: "large", version: "1.0.0", files });
  const headers = { authorization: `Bearer ${token}` };
  expect((await httpRequest(server.url, "/npm/default/large", { method: "PUT", headers, body })).status).toBe(
    201,
  );
  return tarball.integrity;
}

function headOf(line: string, headers: Record<string, string> = {}): string {
  const all = { host: "127.0.0.1", authorization: `Bearer ${token}`, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** A download whose client reads a little and then nothing. */
async function startDownload(): Promise<RawConnection> {
  const download = await open();
  download.write(headOf("GET /npm/default/large/-/large-1.0.0.tgz"));
  await until("the first bytes", () => download.received().length > 0);
  download.socket.pause();
  return download;
}

async function isRefused(): Promise<boolean> {
  const probe = await openConnection(server.url).catch(() => null);
  probe?.socket.destroy();
  return probe === null;
}

test("SIGTERM lets what runs complete, refuses what is new, and ends with 0 in time", async () => {
  await start();
  const integrity = await publishLarge();
  const idle = await Promise.all(Array.from({ length: IDLE_CONNECTIONS }, open));
  for (const connection of idle) connection.write(headOf("GET /npm/default/-/ping"));
  await until("the pings", () => idle.every((connection) => parseAnswer(connection.received()) !== null));
  const untouched = await open();
  const download = await startDownload();
  const { body, tarball } = makePublishDocument({ name: "slow", version: "1.0.0" });
  const text = JSON.stringify(body);
  const upload = await open();
  const length = { "content-length": String(text.length), "content-type": "application/json" };
  upload.write(headOf("PUT /npm/default/slow", length));
  upload.write(text.slice(0, text.length / 2));
  // The upload has to have arrived at least in part.
  await httpRequest(server.url, "/npm/default/-/ping");

  const stoppedAt = performance.now();
  server.signal("SIGTERM");
  await until("new connections to be refused", isRefused);
  await Promise.all([...idle, untouched].map(({ closed }) => closed));
  expect(server.hasEnded()).toBe(false);

  upload.write(text.slice(text.length / 2));
  const uploaded = await until("the answer to the upload", () => parseAnswer(upload.received()));
  expect([uploaded.status, uploaded.body.toString()]).toEqual([201, expect.stringContaining("slow")]);
  download.socket.resume();
  const downloaded = await until("the rest of the download", () => parseAnswer(download.received()));
  expect(hashesOf(downloaded.body).integrity).toBe(integrity);

  expect(await server.exit).toEqual({ code: 0, signal: null });
  // Without waiting for the connections that stay open after their answers.
  expect(performance.now() - stoppedAt).toBeLessThan(SHUTDOWN_TIMEOUT_MS);
  expect(server.output()).toContain(`"msg":"stopped"`);

  server = await startServer({ data });
  const headers = { authorization: `Bearer ${token}` };
  const published = await httpRequest(server.url, "/npm/default/slow/-/slow-1.0.0.tgz", { headers });
  expect(hashesOf(published.bytes).integrity).toBe(tarball.integrity);
});

test("neither a client that never reads on nor an upstream that hangs holds it up for longer than configured", async () => {
  upstream.fault("*", { kind: "hang" });
  await start("limits:\n  shutdownTimeoutMs: 1000\n");
  await publishLarge();
  const download = await startDownload();
  const waiting = await open();
  waiting.write(headOf("GET /npm/default/left-pad"));
  await until("the request to the upstream", () => upstream.openRequests() > 0);
  server.signal("SIGTERM");
  await until("the end", () => server.hasEnded(), 10_000);
  expect(await server.exit).toEqual({ code: 0, signal: null });
  download.socket.destroy();
});

test("a second SIGTERM ends it at once", async () => {
  await start();
  await publishLarge();
  await startDownload();
  server.signal("SIGTERM");
  await until("new connections to be refused", isRefused);
  expect(server.hasEnded()).toBe(false);
  server.signal("SIGTERM");
  await until("the end", () => server.hasEnded(), 5000);
  expect(await server.exit).toEqual({ code: 1, signal: null });
});
