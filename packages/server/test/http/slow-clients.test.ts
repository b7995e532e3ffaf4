import { readdirSync, readlinkSync } from "node:fs";
import { startTestApp, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSocket, statusesIn, type RawSocket } from "./raw-socket.ts";

const LIMITS = `
limits:
  headersTimeoutMs: 300
  bodyIdleTimeoutMs: 300
  requestTimeoutMs: 1500
  idleTimeoutMs: 300
`;

let quick: TestApp;
let patient: TestApp;

beforeAll(async () => {
  [quick, patient] = await Promise.all([startTestApp({ file: LIMITS }), startTestApp()]);
});
afterAll(() => Promise.all([quick.close(), patient.close()]));

const authorized = (app: TestApp): string =>
  `Host: localhost\r\nAuthorization: Bearer ${app.admin.token}\r\n`;

/** Sends a byte at a time until the server has had enough. */
async function dribble(socket: RawSocket, text: string): Promise<string> {
  for (const character of text) {
    if (socket.socket.destroyed) break;
    socket.send(character);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return await socket.closed();
}

// Side by side: the server looks for them every five seconds.
describe.concurrent("a slow client", () => {
  it("is closed when its headers do not end", async () => {
    const silent = await openSocket(quick.url);
    const half = await openSocket(quick.url);
    half.send("GET /npm/default/left HTTP/1.1\r\nHost: loc");
    const slow = await openSocket(quick.url);
    const answers = await Promise.all([
      silent.closed(),
      half.closed(),
      dribble(slow, `GET / HTTP/1.1\r\nX: ${"x".repeat(400)}`),
    ]);
    for (const answer of answers) expect([[], [408]]).toContainEqual(statusesIn(answer));
  });

  it("is closed when its body stops", async () => {
    const socket = await openSocket(quick.url);
    socket.send(
      `PUT /npm/default/slow HTTP/1.1\r\n${authorized(quick)}Content-Length: 5000\r\n\r\n{"name":"slow",`,
    );
    const answer = await socket.closed();
    expect([[], [408]]).toContainEqual(statusesIn(answer));
    expect((await quick.admin.request("/npm/default/slow")).status).toBe(404);
  });

  it("is closed when its body never ends, however steadily it comes", async () => {
    const socket = await openSocket(quick.url);
    socket.send(`PUT /npm/default/steady HTTP/1.1\r\n${authorized(quick)}Content-Length: 500000\r\n\r\n`);
    const answer = await dribble(socket, `{"name":"${"s".repeat(2000)}`);
    expect([[], [408]]).toContainEqual(statusesIn(answer));
  });

  it("is closed on the JSON API as well", async () => {
    const socket = await openSocket(quick.url);
    socket.send(
      `POST /api/v1/registries HTTP/1.1\r\n${authorized(quick)}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"name":`,
    );
    const answer = await socket.closed();
    expect([[], [408]]).toContainEqual(statusesIn(answer));
  });

  it("is closed when it is idle after an answer", async () => {
    const socket = await openSocket(quick.url);
    socket.send(`GET /npm/default/-/ping HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(statusesIn(await socket.closed())).toEqual([200]);
  });
});

describe("five hundred idle connections", () => {
  it("keep nobody from being answered, and free their descriptors when they go", async () => {
    const before = descriptors();
    const sockets = await Promise.all(Array.from({ length: 500 }, () => openSocket(patient.url)));
    // Half of them have asked once and stay.
    for (const socket of sockets.slice(0, 250)) {
      socket.send("GET /npm/default/-/ping HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    await Promise.all(
      sockets.slice(0, 250).map((socket) => socket.until((received) => received.endsWith("{}"))),
    );
    const { status } = await patient.admin.publish({ name: "meanwhile", version: "1.0.0" });
    expect(status).toBe(201);
    expect((await patient.admin.request("/npm/default/meanwhile")).status).toBe(200);
    for (const socket of sockets) socket.end();
    await expect.poll(() => descriptors().sockets, { timeout: 5000 }).toBeLessThanOrEqual(before.sockets + 5);
  });
});

describe("a download that breaks off", () => {
  it("frees its descriptors", async () => {
    const files = { "big.bin": noise(8 * 1024 * 1024) };
    expect((await patient.admin.publish({ name: "big", version: "1.0.0", files })).status).toBe(201);
    const before = descriptors();
    for (let round = 0; round < 3; round += 1) {
      const sockets = await Promise.all(Array.from({ length: 10 }, () => openSocket(patient.url)));
      for (const socket of sockets) {
        socket.send(`GET /npm/default/big/-/big-1.0.0.tgz HTTP/1.1\r\n${authorized(patient)}\r\n`);
        // Does not take what comes, so that the server cannot have sent it all.
        void socket.until((received) => received.length > 1000).then(() => socket.socket.pause());
      }
      await Promise.all(sockets.map((socket) => socket.until((received) => received.length > 1000)));
      for (const socket of sockets) socket.end();
    }
    await expect.poll(() => descriptors().blobs, { timeout: 5000 }).toBe(before.blobs);
    await expect.poll(() => descriptors().sockets, { timeout: 5000 }).toBeLessThanOrEqual(before.sockets + 5);
    expect((await patient.admin.request("/npm/default/big/-/big-1.0.0.tgz")).status).toBe(200);
  });

  it("costs nothing when it is one of HEAD, of a range or of what the client has", async () => {
    const { etag } = (await patient.admin.request("/npm/default/big/-/big-1.0.0.tgz", { method: "HEAD" }))
      .headers;
    // What was asked for before is closed behind its answer.
    await expect.poll(() => descriptors().blobs).toBe(0);
    const path = "/npm/default/big/-/big-1.0.0.tgz";
    for (let round = 0; round < 20; round += 1) {
      await patient.admin.request(path, { method: "HEAD" });
      await patient.admin.request(path, { headers: { range: "bytes=0-9" } });
      await patient.admin.request(path, { headers: { "if-none-match": String(etag) } });
    }
    await expect.poll(() => descriptors().blobs).toBe(0);
  });
});

/** Open descriptors of this process, which is the server's too. */
function descriptors(): { sockets: number; blobs: number } {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // Closed between the two calls: the directory's own, for one.
      return "";
    }
  });
  return {
    sockets: targets.filter((target) => target.startsWith("socket:")).length,
    blobs: targets.filter((target) => target.includes("/blobs/")).length,
  };
}

/** Bytes that hardly compress. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let seed = 7;
  for (let index = 0; index < length; index += 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    bytes[index] = seed >> 8;
  }
  return bytes;
}
