import {
  createFakeUpstream,
  makePublishDocument,
  startTestApp,
  type FakeUpstream,
  type TestApp,
} from "@entrepot/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { exchange, openSocket, statusesIn } from "./raw-socket.ts";

let app: TestApp;
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
  await app.admin.publish({ name: "left", version: "1.0.0" });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

// Whatever a test sent: the server lives, and what is there is still there.
afterEach(async () => {
  expect((await app.admin.request("/npm/default/left")).json["dist-tags"]).toEqual({ latest: "1.0.0" });
});

/** Sends a request whose target goes out byte by byte as it is written. */
async function raw(
  target: string,
  headers = "",
  method = "GET",
): Promise<{ status: number; body: string; head: string }> {
  const answer = await exchange(
    app.url,
    Buffer.from(
      `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${app.admin.token}\r\n` +
        `Connection: close\r\n${headers}\r\n`,
      "latin1",
    ),
  );
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  return { status: statusesIn(answer)[0] ?? 0, body: rest.join("\r\n\r\n"), head };
}

function errorIn(body: string): unknown {
  return (JSON.parse(body) as { error?: unknown }).error;
}

describe("a path that is none", () => {
  it.each([
    "/npm/default/%",
    "/npm/default/%zz",
    "/npm/default/%c3%28",
    "/npm/default/%ff%fe",
    "/npm/default/left%00",
    "/npm/default/left%0d%0aset-cookie:%20evil=1",
    "/npm/default/left%0a",
    "/npm/default/left%5c..%5c..%5cetc",
    "/npm/default/..%2f..%2f..%2fetc%2fpasswd",
    "/npm/default/%2e%2e/%2e%2e/etc/passwd",
    "/npm/default/../../etc/passwd",
    "/npm/default/./left",
    "/npm/default//left",
    "/npm/default/left//1.0.0",
    "/npm/default/left/-/../../../../etc/passwd",
    "/npm/default/left/-/..%2f..%2fleft-1.0.0.tgz",
    "/npm/default/@acme%2f..%2fleft",
    "/npm/default/@acme/../left",
    "/npm/default/@..%2fleft",
    "/npm/default/@acme%2f.hidden",
    "/npm/default/.env",
    "/npm/default/_private",
    "/npm/default/node_modules",
    "/npm/default/favicon.ico",
    "/npm/default/a%20b",
    "/npm/default/%3Cscript%3E",
    "/npm/default/l%C3%A9ft",
    "/npm/default/%E2%80%AEleft",
    `/npm/default/${"a".repeat(600)}`,
    `/npm/default/${"a".repeat(5000)}`,
    `/npm/default/@${"a".repeat(600)}%2fx`,
    "/npm/../api/v1/users",
    "/npm/%2e%2e/api/v1/users",
    "/npm/default/-/package/..%2f../dist-tags",
    "/npm/default/-/package/%00/dist-tags/latest",
    "/npm/default/-/npm/v1/attestations/..%2f..@1.0.0",
    "/npm/default/-/npm/v1/attestations/nothing",
    "/npm/default/-/npm/v1/attestations/@@@",
    "/npm/default/__proto__",
    "/npm/default/left/__proto__",
    "/npm/default/left/constructor",
    "/npm/default/left/hasOwnProperty",
    "/npm/default/left/-/left-__proto__.tgz",
    "/npm/__proto__/left",
    "/npm/constructor/left",
    "/npm/toString",
  ])("is 4xx with a text: %s", async (target) => {
    const { status, body, head } = await raw(target);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(typeof errorIn(body)).toBe("string");
    expect(head.toLowerCase()).not.toContain("set-cookie");
  });

  it("is never asked upstream", () => {
    const asked = upstream.requests.map(({ path }) => path).filter((path) => path !== "/constructor");
    expect(asked).toEqual([]);
  });

  it.each([
    "http://other.example/npm/default/left",
    "//other.example/npm/default/left",
    "npm/default/left",
    "*",
    "/npm/default/left#fragment",
    "/npm\\default\\left",
  ])("is not served in another form: %s", async (target) => {
    const { status } = await raw(target);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it("may carry any query without effect", async () => {
    for (const query of [
      "?",
      "?write=true",
      "?%zz",
      "?a=%00",
      `?${"q=1&".repeat(500)}`,
      "?__proto__[x]=1",
      "?write=true&write=false",
    ]) {
      expect([query, (await raw(`/npm/default/left${query}`)).status]).toEqual([query, 200]);
    }
  });
});

describe("headers that are none", () => {
  it.each([
    ["two lengths", "PUT", "Content-Length: 5\r\nContent-Length: 6\r\n"],
    ["a length and chunks", "PUT", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
    ["chunks twice", "PUT", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"],
    ["another transfer coding", "PUT", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n"],
    ["a coding in disguise", "PUT", "Transfer-Encoding: xchunked\r\n"],
    ["a negative length", "PUT", "Content-Length: -1\r\n"],
    ["a length that is none", "PUT", "Content-Length: 5a\r\n"],
    ["a folded line", "GET", "X-Folded: one\r\n two\r\nX: \r\n"],
    ["a space before the colon", "GET", "X-Space : one\r\n"],
    ["a bare line feed in a value", "GET", "X-Feed: one\u0000two\r\n"],
    ["no name", "GET", ": value\r\n"],
    ["no colon", "GET", "nonsense\r\n"],
    ["20 KB of one", "GET", `X-Long: ${"x".repeat(20_000)}\r\n`],
  ])("are 4xx and the connection closes: %s", async (_what, method, headers) => {
    const { status } = await raw("/npm/default/left", headers, method);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it("smuggle no second request past a proxy", async () => {
    const smuggled = "GET /npm/default/left HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const answer = await exchange(
      app.url,
      `POST /npm/default/-/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${smuggled.length}\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    );
    expect(statusesIn(answer)).toEqual([400]);
  });

  it.each([
    "Host: localhost\r\nHost: evil.example\r\n",
    "Host: localhost, evil.example\r\n",
    "Host: evil.example/path\r\n",
    "Host: user@evil.example\r\n",
    "Host: evil.example:99999999\r\n",
    "Host: <script>\r\n",
    "Host: \r\n",
    "",
  ])("name one host, or it is 400: %j", async (host) => {
    const authorization = `Authorization: Bearer ${app.admin.token}\r\n`;
    const answer = await exchange(
      app.url,
      `GET /npm/default/left HTTP/1.1\r\n${host}${authorization}Connection: close\r\n\r\n`,
    );
    expect(statusesIn(answer)).toEqual([400]);
    expect(answer).not.toContain("evil.example/npm");
  });

  it("bring a broken chunk: 400", async () => {
    const head = `PUT /npm/default/broken HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${app.admin.token}\r\n`;
    for (const chunks of [
      "zz\r\nabc\r\n0\r\n\r\n",
      "-5\r\nabc\r\n0\r\n\r\n",
      "5\r\nabcdefgh\r\n0\r\n\r\n",
      "fffffffffffffffff\r\n",
    ]) {
      const answer = await exchange(app.url, `${head}Transfer-Encoding: chunked\r\n\r\n${chunks}`);
      expect([chunks, statusesIn(answer).at(-1)]).toEqual([chunks, 400]);
    }
  });

  it("are not echoed into the answer", async () => {
    const { head, body } = await raw("/npm/default/left/-/left-1.0.0%22%3Cb%3E.tgz", "X-Evil: <script>\r\n");
    expect(head).not.toContain("script");
    expect(head.toLowerCase()).toContain("content-type: application/json");
    expect(errorIn(body)).toContain("is not a tarball of left");
  });

  it.each(["TRACE", "CONNECT", "OPTIONS", "PATCH", "PROPFIND", "MERGE"])(
    "ask for %s: 4xx",
    async (method) => {
      const target = method === "CONNECT" ? "localhost:443" : "/npm/default/left";
      const answer = await exchange(
        app.url,
        `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${app.admin.token}\r\nConnection: close\r\n\r\n`,
      );
      for (const status of statusesIn(answer)) {
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }
      expect(answer).not.toContain(app.admin.token);
    },
  );

  it.each([
    "GET / HTTP/9.9\r\n\r\n",
    "GET\r\n\r\n",
    "\u0016\u0003\u0001\u0002",
    "hello\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ])("are no HTTP at all: %j", async (text) => {
    const answer = await exchange(app.url, text.endsWith("\n") ? text : `${text}\r\n\r\n`);
    for (const status of statusesIn(answer)) expect(status).toBe(400);
  });
});

describe("bodies with prototype keys", () => {
  it.each([
    ["a version", (text: string) => text.replaceAll('"1.0.0":', '"__proto__":')],
    ["a tag", (text: string) => text.replaceAll('"latest":', '"__proto__":')],
    ["an attachment", (text: string) => text.replaceAll('"proto-1.0.0.tgz":', '"__proto__":')],
  ])("are refused as %s, or are but a name", async (_what, change) => {
    const body = change(JSON.stringify(makePublishDocument({ name: "proto", version: "1.0.0" }).body));
    const { status } = await app.admin.request("/npm/default/proto", { method: "PUT", body });
    expect([201, 400]).toContain(status);
    expect(({} as Record<string, unknown>)["latest"]).toBeUndefined();
    if (status === 201) expect((await app.admin.request("/npm/default/proto")).json["name"]).toBe("proto");
  });

  it("change no object of the server's", async () => {
    const text = JSON.stringify(makePublishDocument({ name: "polluted", version: "1.0.0" }).body);
    const evil =
      '"__proto__":{"polluted":true,"anonymousRead":true,"role":"admin"},"constructor":{"prototype":{"polluted":true}}';
    const body = `{${evil},${text.slice(1).replace('"versions":{"1.0.0":{', `"versions":{"1.0.0":{${evil},`)}`;
    const { status } = await app.admin.request("/npm/default/polluted", { method: "PUT", body });
    expect([201, 400]).toContain(status);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect((await app.request("/npm/default/left")).status).toBe(401);
  });
});

describe("a body that nobody may send", () => {
  const head = (path: string, more: string): string =>
    `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${more}\r\n`;
  const PATHS = [
    "/npm/default/left",
    "/npm/default/-/package/left/dist-tags/x",
    "/api/v1/registries/default/upstreams",
  ];

  it.each(PATHS)("is refused before it is asked for: %s", async (path) => {
    const socket = await openSocket(app.url);
    socket.send(head(path, "Content-Length: 100000000\r\nExpect: 100-continue\r\n"));
    const answer = await socket.closed();
    expect(statusesIn(answer)).toEqual([401]);
    expect(answer).not.toContain("100 Continue");
  });

  it.each(PATHS)("is refused before it is read: %s", async (path) => {
    const socket = await openSocket(app.url);
    socket.send(head(path, "Content-Length: 100000000\r\n"));
    const answer = await socket.until((received) => received.includes("}"));
    expect(statusesIn(answer)).toEqual([401]);
    // Whoever goes on sending all the same is cut off, not listened to.
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    let sent = 0;
    while (!socket.socket.destroyed && sent < 100_000_000) {
      if (!socket.socket.write(chunk)) {
        await Promise.race([new Promise((resolve) => socket.socket.once("drain", resolve)), socket.closed()]);
      }
      sent += chunk.length;
    }
    await socket.closed();
    expect(sent).toBeLessThan(50_000_000);
  });

  it("is taken when it is asked for rightly, after 100 Continue", async () => {
    const publish = JSON.stringify(makePublishDocument({ name: "expected", version: "1.0.0" }).body);
    const change = JSON.stringify({ description: "expected" });
    for (const [method, path, body, status] of [
      ["PUT", "/npm/default/expected", publish, 201],
      ["PATCH", "/api/v1/registries/default", change, 200],
    ] as const) {
      const socket = await openSocket(app.url);
      socket.send(
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${app.admin.token}\r\nConnection: close\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nExpect: 100-continue\r\n\r\n`,
      );
      await socket.until((received) => received.startsWith("HTTP/1.1 100 Continue\r\n\r\n"));
      socket.send(body);
      expect(statusesIn(await socket.closed())).toEqual([100, status]);
    }
  });
});
