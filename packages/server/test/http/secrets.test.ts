import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestRequest,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { API_ROUTES, NPM_ROUTES } from "../../src/http/index.ts";
import { createAccessLog, createLog, type AccessLog, type Output } from "../../src/telemetry/index.ts";
import { requestFor } from "./route-requests.ts";

/*
 * Feeds secrets through every route, in every place where clients put them, and then looks for them: in the log, in the
 * answers, in what the upstream was sent, and in every file of the data folder.
 */

const PASSWORD = "SECRET-of-a-password-Qm7";
const WRONG_PASSWORD = "SECRET-of-a-guess-Xk2";
const TYPED_KEY = "SECRETofakeyR5";
const UPSTREAM_TOKEN = "SECRET-for-the-upstream-Zp9";
const ONE_TIME = "SECRET-otp-481516";
const TARGET = { name: "left", spelling: "left", version: "1.0.0" };

let app: TestApp;
let upstream: FakeUpstream;
const written: string[] = [];
let accessLog: AccessLog;
const answers: string[] = [];
/** Everything that must be nowhere. */
const secrets = [PASSWORD, WRONG_PASSWORD, TYPED_KEY, UPSTREAM_TOKEN, ONE_TIME];

beforeAll(async () => {
  const output: Output = {
    write: (text) => written.push(text) > 0,
    flush: () => Promise.resolve(),
    flushSync: () => undefined,
  };
  upstream = await createFakeUpstream();
  upstream.publish({ name: "public", version: "1.0.0" });
  accessLog = createAccessLog(output);
  app = await startTestApp({
    upstream: upstream.url,
    file: "typedKeys: true",
    now: createTestClock().now,
    log: createLog({ output, now: Date.now }, "debug"),
    accessLog,
  });
  await app.admin.publish(TARGET);
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

async function ask(path: string, request: TestRequest = {}): Promise<Record<string, unknown>> {
  const { text, headers } = await app.request(path, request);
  // What is made is shown to its maker, once; that very answer is not looked at.
  let shown: Record<string, unknown> = {};
  try {
    shown = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Not every answer is JSON.
  }
  const isOfMaking = typeof shown["token"] === "string";
  answers.push(`${path.startsWith("/") ? "" : path} ${isOfMaking ? "" : text} ${JSON.stringify(headers)}`);
  return shown;
}

const asAdmin = (path: string, request: TestRequest = {}): Promise<Record<string, unknown>> =>
  ask(path, { ...request, headers: { authorization: `Bearer ${app.admin.token}`, ...request.headers } });

async function makeSecrets(): Promise<string> {
  secrets.push(app.admin.token);
  await asAdmin("/api/v1/users", {
    method: "POST",
    body: { name: "keeper", password: PASSWORD, role: "developer" },
  });
  const login = await ask("/npm/default/-/user/org.couchdb.user:keeper", {
    method: "PUT",
    body: { name: "keeper", password: PASSWORD },
  });
  const token = String(login["token"]);
  const key = await asAdmin("/api/v1/keys", {
    method: "POST",
    body: { kind: "system", name: "made", readonly: false },
  });
  secrets.push(token, String(key["token"]));
  await asAdmin("/api/v1/keys", {
    method: "POST",
    body: { kind: "feed", name: "typed", registries: ["default"], value: TYPED_KEY },
  });
  await asAdmin("/api/v1/upstreams/public", { method: "PATCH", body: { token: UPSTREAM_TOKEN } });
  return token;
}

/** Every place where a client puts a credential. */
function shownIn(token: string): TestRequest[] {
  const otp = { "npm-otp": ONE_TIME };
  return [
    { headers: { authorization: `Bearer ${token}`, ...otp } },
    { headers: { authorization: basic(`api:${token}`) } },
    { headers: { authorization: basic(`keeper:${PASSWORD}`), ...otp } },
    { headers: { authorization: basic(`keeper:${WRONG_PASSWORD}`) } },
    { headers: { authorization: `Bearer ${token.slice(0, -1)}_` } },
    { headers: { "x-apikey": TYPED_KEY } },
    { headers: { "x-apikey": `${TYPED_KEY}-not` } },
    { headers: { cookie: `entrepot=${token}; other=${TYPED_KEY}` } },
  ];
}

async function feedEveryRoute(token: string): Promise<void> {
  for (const shown of shownIn(token)) {
    for (const { id } of NPM_ROUTES) {
      const { path, ...request } = requestFor(id, TARGET);
      await ask(`/npm/default${path}`, { ...request, ...shown });
    }
    for (const { method, path } of API_ROUTES) {
      const url = `/api/v1${path.replaceAll(/:(\w+)/g, "x")}`;
      const body = {
        user: "keeper",
        name: "keeper",
        password: WRONG_PASSWORD,
        API_Key: TYPED_KEY,
        value: TYPED_KEY,
      };
      await ask(url, { method, ...shown, ...(method === "GET" ? {} : { body }) });
    }
  }
  for (const path of [
    `/npm/default/left?key=${TYPED_KEY}`,
    `/npm/default/left?token=${token}`,
    `/npm/default/-/user/token/${token.slice(0, -2)}`,
    `/npm/default/-/npm/v1/tokens/token/${token.slice(0, -2)}`,
    `/api/v1/registries?key=${token}`,
    `/nothing?password=${PASSWORD}`,
  ]) {
    await ask(path, { method: path.includes("/token/") ? "DELETE" : "GET" });
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

it("secrets are in no log, no answer, no request to an upstream and no file", async () => {
  const token = await makeSecrets();
  await feedEveryRoute(token);
  await asAdmin("/npm/default/public");
  for (const path of [
    "/api/v1/tokens",
    "/api/v1/keys",
    "/api/v1/users",
    "/api/v1/upstreams",
    "/api/v1/audit?limit=500",
  ]) {
    await asAdmin(path);
  }
  // The upstream's own credential goes to it, and only there.
  const sent = JSON.stringify(upstream.requests).replaceAll(UPSTREAM_TOKEN, "");
  expect(JSON.stringify(upstream.requests)).toContain(UPSTREAM_TOKEN);
  await app.app.close();
  await accessLog.close();
  const lines = written.join("").split("\n");
  const files = await filesBelow(app.data);
  expect(files.length).toBeGreaterThan(2);
  const kept = await Promise.all(files.map(async (file) => (await readFile(file)).toString("latin1")));
  expect(lines.length).toBeGreaterThan(500);
  expect(lines.filter((line) => line.includes("[secret]")).length).toBeGreaterThan(10);
  expect(answers.length).toBeGreaterThan(500);
  for (const secret of secrets) {
    const found = {
      log: lines.filter((line) => line.includes(secret)),
      answers: answers.filter((answer) => answer.includes(secret)),
      upstream: sent.includes(secret),
      files: files.filter((_file, index) => kept[index]?.includes(secret) === true),
    };
    expect({ secret, ...found }).toEqual({ secret, log: [], answers: [], upstream: false, files: [] });
    // Nor in the form in which a header carries it.
    const encoded = Buffer.from(`keeper:${secret}`).toString("base64");
    expect(lines.filter((line) => line.includes(encoded))).toEqual([]);
  }
}, 120_000);
