import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type PublishInput,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const HOUR = 3_600_000;

let app: TestApp;
let upstream: FakeUpstream;
let clock: TestClock;
let ada: Persona;
const integrity = new Map<string, string>();

function publish(name: string, version: string, more: Partial<PublishInput> & { hours?: number } = {}): void {
  const { hours = 9000, ...input } = more;
  const made = upstream.publish({ name, version, time: clock.now() - hours * HOUR, ...input });
  integrity.set(`${name}@${version}`, made.integrity);
}

beforeAll(async () => {
  upstream = await createFakeUpstream();
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  ada = await app.as("ada");
  publish("left", "1.0.0", { hours: 9001 });
  publish("left", "1.1.0");
  publish("left", "1.2.0", { hours: 12 });
  publish("young", "0.9.0", { hours: 9000 });
  publish("young", "1.0.0", { hours: 10 });
  publish("young", "1.1.0", { hours: 1 });
  publish("bad", "1.0.0");
  publish("parent", "1.0.0", { manifest: { dependencies: { young: "^1.0.0", left: "^1.0.0" } } });
  publish("silent", "1.0.0");
  await admin("PUT /registries/default/policy/rules/age", {
    mode: "enforce",
    options: { firstReleaseHours: 72 },
  });
  await admin("PUT /registries/default/packages/bad/versions/1.0.0/status", {
    status: "blocked",
    reason: "miner",
  });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});
beforeEach(() => upstream.fault("silent", { kind: "status", status: 500 }));

async function admin(wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  const response = await app.admin.request(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  expect(response.status, response.text).toBeLessThan(300);
  return response;
}

async function preflight(body: unknown, { who = app.admin, query = "" } = {}): Promise<TestResponse> {
  return await who.request(`/api/v1/registries/default/preflight${query}`, { method: "POST", body });
}

/** A lockfile of npm that pins some versions; `name@version` or with another host. */
function lockfile(
  ...pins: (string | { pin: string; resolved?: string; integrity?: string; inBundle?: true })[]
): string {
  const packages = pins.map((item) => {
    const { pin, ...known } = typeof item === "string" ? { pin: item } : item;
    const at = pin.lastIndexOf("@");
    const [name, version] = [pin.slice(0, at), pin.slice(at + 1)];
    return [`node_modules/${name}`, { version, integrity: integrity.get(pin), ...known }];
  });
  return JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(packages) as object });
}

describe("of a lockfile", () => {
  it("says that nothing stands in the way", async () => {
    const { json, status } = await preflight({
      fileName: "package-lock.json",
      content: lockfile("left@1.0.0", "left@1.1.0"),
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      format: "npm-v3",
      isInstallable: true,
      exceptions: [],
      refused: [],
      missing: [],
    });
  });

  it("tells what is refused, missing, changed and not checked, and what would unblock it", async () => {
    const { json } = await preflight({
      content: lockfile(
        "young@1.1.0",
        "bad@1.0.0",
        "gone@1.0.0",
        { pin: "parent@1.0.0", integrity: `sha512-${"A".repeat(86)}==` },
        { pin: "silent@1.0.0" },
        { pin: "left@1.1.0", resolved: "https://one.test/left/-/left-1.1.0.tgz" },
        { pin: "@other/x@1.0.0", resolved: "https://two.test/@other/x/-/x-1.0.0.tgz" },
        { pin: "inside@1.0.0", inBundle: true },
      ),
    });
    expect(json).toMatchObject({
      isInstallable: false,
      bundled: 1,
      refused: [
        { name: "bad", version: "1.0.0", rule: "operator-status", liftedBy: null },
        { name: "young", version: "1.1.0", rule: "age", liftedBy: ["age"] },
      ],
      stuck: [{ what: "bad@1.0.0" }],
      changed: [{ name: "parent", version: "1.0.0" }],
      missing: [{ what: "gone@1.0.0" }],
      hosts: [
        { host: "one.test", entries: 1, isChecked: true },
        { host: "two.test", entries: 1, isChecked: false },
      ],
      exceptions: [{ registry: "default", packages: "young", range: "1.1.0", rules: ["age"], days: 3 }],
    });
    const { notChecked } = json as { notChecked: { what: string; why: string }[] };
    expect(notChecked.map(({ what }) => what)).toEqual(["silent@1.0.0", "@other/x@1.0.0"]);
    expect(notChecked[1]?.why).toBe("it comes from two.test");
  });

  it("proposes exceptions that the API takes and that unblock it", async () => {
    const content = lockfile("young@1.0.0", "left@1.2.0");
    const before = await preflight({ content });
    expect(before.json).toMatchObject({ isInstallable: false });
    const { exceptions } = before.json as { exceptions: unknown[] };
    expect(exceptions.length).toBe(2);
    const ids = [];
    for (const body of exceptions) ids.push(String((await admin("POST /exceptions", body)).json["id"]));
    expect((await preflight({ content })).json).toMatchObject({ isInstallable: true, exceptions: [] });
    for (const id of ids) await admin(`POST /exceptions/${id}/revoke`, {});
    expect((await preflight({ content })).json).toMatchObject({ isInstallable: false });
  });

  it("counts hosts as the registry's that somebody names, and its upstream's own", async () => {
    const host = new URL(upstream.url).host;
    const content = lockfile(
      { pin: "left@1.0.0", resolved: "https://one.test/left/-/left-1.0.0.tgz" },
      { pin: "parent@1.0.0", resolved: "https://one.test/parent/-/parent-1.0.0.tgz" },
      { pin: "young@1.0.0", resolved: "https://two.test/young/-/young-1.0.0.tgz" },
      { pin: "bad@1.0.0", resolved: `http://${host}/bad/-/bad-1.0.0.tgz` },
    );
    const checked = async (hosts?: string[]): Promise<unknown> =>
      (await preflight({ content, hosts })).json["checked"];
    expect(await checked()).toBe(3);
    expect(await checked(["two.test"])).toBe(4);
  });
});

describe("of a manifest", () => {
  it("finds the range far down that has no version, and the mildest exception", async () => {
    const { json } = await preflight({ content: JSON.stringify({ dependencies: { parent: "^1.0.0" } }) });
    expect(json).toMatchObject({
      format: "manifest",
      isInstallable: false,
      blocked: [
        {
          name: "young",
          range: "^1.0.0",
          path: ["parent@1.0.0"],
          candidates: [
            { version: "1.1.0", outcome: "hold" },
            { version: "1.0.0", outcome: "hold" },
          ],
        },
      ],
      stuck: [],
      exceptions: [{ packages: "young", range: "1.0.0", rules: ["age"] }],
    });
    const { exceptions } = json as { exceptions: unknown[] };
    const id = String((await admin("POST /exceptions", exceptions[0])).json["id"]);
    expect(
      (await preflight({ content: JSON.stringify({ dependencies: { parent: "*" } }) })).json,
    ).toMatchObject({
      isInstallable: true,
      checked: 3,
    });
    await admin(`POST /exceptions/${id}/revoke`, {});
  });
});

it("takes the file itself, as JSON or as text", async () => {
  expect((await preflight({ dependencies: { left: "^1.0.0" } })).json).toMatchObject({
    format: "manifest",
    checked: 1,
  });
  const raw = await app.admin.request("/api/v1/registries/default/preflight?fileName=yarn.lock", {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: '# yarn lockfile v1\n\nleft@^1.0.0:\n  version "1.0.0"\n',
  });
  expect(raw.json).toMatchObject({ format: "yarn-v1", checked: 1, isInstallable: true });
});

it("tells how far it is, and ends with the report", async () => {
  const { text, headers } = await preflight({ content: lockfile("left@1.0.0") }, { query: "?progress=true" });
  expect(headers["content-type"]).toContain("application/x-ndjson");
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.at(-1)).toMatchObject({ report: { isInstallable: true } });
});

it("says what is wrong with a file", async () => {
  const wrong = await preflight({
    fileName: "pnpm-lock.yaml",
    content: "lockfileVersion: '9.0'\npackages:\n  a: [",
  });
  expect(wrong.status).toBe(400);
  expect(wrong.json["error"]).toMatch(/The lockfile cannot be read: it is not valid YAML in line 3/);
  for (const body of [{}, { content: "" }, { content: "x", hosts: "x" }, { content: "{}", fileName: 7 }]) {
    expect((await preflight(body)).status).toBe(400);
  }
  const large = await preflight({ content: "x".repeat(17 * 1024 * 1024) });
  expect(large.status).toBe(413);
});

it("looks at no package that whoever asks may not see", async () => {
  const rule = { subject: "user", name: "ada", effect: "restrict", permissions: ["view"], packages: "left" };
  const { json } = await admin("POST /access-rules", rule);
  const content = lockfile("left@1.2.0", "parent@1.0.0");
  expect((await preflight({ content }, { who: ada })).json).toMatchObject({
    refused: [],
    checked: 1,
    notChecked: [{ what: "left@1.2.0", why: "you may not see this package" }],
  });
  await admin(`DELETE /access-rules/${String(json["id"])}`);
});

it("has so many under way, and tells one more when to come back", async () => {
  publish("slow", "1.0.0");
  upstream.fault("slow", { kind: "delay", milliseconds: 5000 });
  const body = { fileName: "package-lock.json", content: lockfile("slow@1.0.0") };
  const answers = await Promise.all(Array.from({ length: 5 }, () => preflight(body)));
  upstream.fault("slow", null);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
  const refused = answers.find(({ status }) => status === 503);
  expect([refused?.json["code"], refused?.headers["retry-after"]]).toEqual(["overloaded", "10"]);
  expect((await preflight(body)).status).toBe(200);
});
