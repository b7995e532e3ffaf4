import { generateKeyPairSync, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRefusingApp, type RefusingApp } from "./refused-publish.ts";

let server: RefusingApp;

beforeAll(async () => {
  server = await startRefusingApp();
});
afterAll(() => server.close());

const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const pem = key.export({ type: "pkcs8", format: "pem" }) as string;
const token = `npm_${randomBytes(18).toString("hex")}`;

async function publish(
  name: string,
  files: Record<string, string>,
): Promise<{ status: number; error: string; text: string }> {
  const { status, json, text } = await server.app.admin.publish({ name, version: "1.0.0", files });
  return { status, error: String(json.error), text };
}

async function change(method: string, path: string, body: unknown): Promise<void> {
  const { status, json } = await server.app.admin.request(`/api/v1${path}`, { method, body });
  expect(status, String(json.error)).toBeLessThan(300);
}

it("a private key is refused with its file and line, and without a letter of it", async () => {
  const { status, error, text } = await publish("with-key", { "certs/server.pem": `# mine\n${pem}` });
  expect(status).toBe(403);
  expect(error).toContain(
    "with-key@1.0.0 is blocked in the registry default: The tarball has a private key in certs/server.pem, line 2 " +
      "(rule published-secret). Take it out, replace it where it is in use, and publish again; " +
      "or ask an administrator of this registry to allow it.",
  );
  expect(text).not.toContain(pem.split("\n")[1]);
  await server.expectUntouched("with-key");
});

it("so are tokens and credentials, in whichever file", async () => {
  const files = {
    "README.md": "Set npm_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx first.\n",
    "dist/index.js": `const a = 1;\n\nfetch(url, "${token}");\n`,
    "z/.npmrc": `//registry.test/:_authToken=${token}\n`,
  };
  const { status, error, text } = await publish("with-token", files);
  expect(status).toBe(403);
  expect(error).toContain(
    "an npm token in dist/index.js, line 3; a registry's credentials in z/.npmrc, line 1 (rule",
  );
  expect(text).not.toContain(token);
  await server.expectUntouched("with-token");
});

it("a file of more than what is kept at once is looked at too", async () => {
  const long = `${randomBytes(1024 ** 2).toString("base64")}\n${token}\n`;
  expect((await publish("with-long-file", { "a.js": long })).error).toContain("an npm token in a.js, line 2");
});

it("an exception lets a test key pass, for the packages that it names", async () => {
  const exception = {
    packages: "test-key",
    range: "^1",
    rules: ["published-secret"],
    reason: "test",
    days: 1,
  };
  await change("POST", "/exceptions", { ...exception, registry: "default" });
  expect((await publish("test-key", { "test.pem": pem })).status).toBe(201);
  expect((await publish("test-key-2", { "test.pem": pem })).status).toBe(403);
  expect((await server.app.admin.request("/npm/default/test-key")).json).toMatchObject({
    versions: { "1.0.0": { name: "test-key" } },
  });
});

it("can be switched off for a pattern of names", async () => {
  const choice = { packages: "@keys/*", mode: "off" };
  await change("PUT", "/registries/default/policy/rules/published-secret", choice);
  expect((await publish("@keys/one", { "test.pem": pem })).status).toBe(201);
  expect((await publish("@locks/one", { "test.pem": pem })).status).toBe(403);
});
