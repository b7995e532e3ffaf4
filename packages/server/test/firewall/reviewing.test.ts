import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

const DAY = 86_400_000;

let app: TestApp;
let upstream: FakeUpstream;
let clock: TestClock;

async function admin(wanted: string, body?: unknown): Promise<TestResponse["json"]> {
  const [method = "", path = ""] = wanted.split(" ");
  const response = await app.admin.request(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  expect(response.status, response.text).toBeLessThan(300);
  return response.json;
}

async function install(name: string, version = "1.0.0"): Promise<[number, string]> {
  const file = name.slice(name.indexOf("/") + 1);
  const response = await app.admin.request(`/npm/default/${name}/-/${file}-${version}.tgz`);
  return [response.status, response.status === 200 ? "" : String(response.json.error)];
}

const rule = (id: string, mode: string, options: object = {}): Promise<unknown> =>
  admin(`PUT /policy/rules/${id}`, { mode, options });

beforeAll(async () => {
  upstream = await createFakeUpstream();
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  const old = { time: clock.now() - 100 * DAY, manifest: { license: "MIT" } };
  for (const name of ["fresh", "unscanned"]) upstream.publish({ ...old, name, version: "1.0.0" });
  for (const version of ["1.3.0", "1.3.4", "1.4.0", "2.0.0"]) {
    upstream.publish({ ...old, name: "@corp/x", version, manifest: { license: "GPL-3.0-only" } });
  }
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

it("what nobody has reviewed is refused with where to ask, opens a finding, and installs once somebody has", async () => {
  await rule("review-first", "enforce");
  const [status, text] = await install("fresh");
  expect(status).toBe(403);
  expect(text).toMatch(/rule review-first.*\/-\/request\?registry=default&package=fresh&version=1\.0\.0/s);
  const open = (await admin("GET /findings?rule=review-first"))["items"];
  expect(open).toEqual([expect.objectContaining({ package: "fresh", presence: "refused" })]);
  await admin("POST /registries/default/packages/fresh/versions/1.0.0/release", { reason: "read it" });
  expect(await install("fresh")).toEqual([200, ""]);
  expect((await admin("GET /findings?rule=review-first"))["items"]).toEqual([]);
  await rule("review-first", "off");
});

it("what could not be scanned is refused while the rule is in force", async () => {
  await rule("scanned-only", "enforce");
  expect(await install("unscanned")).toEqual([
    403,
    expect.stringContaining("It is not scanned: there is no advisory data yet"),
  ]);
  await rule("scanned-only", "off");
  expect(await install("unscanned")).toEqual([200, ""]);
});

it.each<[string, string[]]>([
  ["1.3.*", ["1.3.0", "1.3.4"]],
  ["[1.3.4,2.0.0)", ["1.3.4", "1.4.0"]],
  ["1.4.0", ["1.4.0"]],
  ["1.3.0, 2.0.0", ["1.3.0", "2.0.0"]],
  ["*", ["1.3.0", "1.3.4", "1.4.0", "2.0.0"]],
])(
  "an exception of a scope from licence rules for %s covers these, everywhere, until its end",
  async (range, covered) => {
    await rule("licence", "enforce", { denied: ["GPL-3.0-only"] });
    const complying = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const version of ["1.3.0", "1.3.4", "1.4.0", "2.0.0"]) {
        const path = `/registries/default/packages/%40corp%2Fx/versions/${version}/compliance`;
        if ((await admin(`GET ${path}`))["result"] === "compliant") found.push(version);
      }
      return found;
    };
    expect(await complying()).toEqual([]);
    // What is excepted for all registries cannot be undone in one of them by choosing the rule there again.
    await admin("PUT /registries/default/policy/rules/licence", { mode: "enforce" });
    const asked = { packages: "@corp/*", range, rules: ["licence"], reason: "ours", days: 1 };
    await admin("POST /exceptions", asked);
    expect(await complying()).toEqual(covered);
    clock.advance(DAY);
    expect(await complying()).toEqual([]);
  },
);
