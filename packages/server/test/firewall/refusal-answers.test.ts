import {
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  for (const name of ["left", "@up/right", "doomed", "calm"]) {
    for (const version of ["1.0.0", "1.1.0"]) upstream.publish({ name, version });
  }
  app = await startTestApp({ upstream: upstream.url });
  const entries = [
    { packages: "left", range: "1.1.0", reason: "minér\r\nset-cookie: a=b" },
    { packages: "@up/right", range: "1.1.0", reason: "miner" },
    { packages: "doomed", range: "*", reason: "miner" },
  ];
  const set = await app.admin.request("/api/v1/policy/rules/deny-list", {
    method: "PUT",
    body: { options: { entries } },
  });
  expect([set.status, set.text]).toEqual([200, expect.anything()]);
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

const pageFor = (name: string, version?: string): string => {
  const query = new URLSearchParams({ registry: "default", package: name, ...(version && { version }) });
  return `${app.url}/-/request?${query.toString()}`;
};

async function reasonOf(path: string, userAgent = "pnpm/10.34.9 npm/? node/v20"): Promise<string> {
  const headers = { "user-agent": userAgent };
  const { status, reason } = await app.admin.request(`/npm/default/${path}`, { headers });
  return `${status} ${reason}`;
}

describe("the status line of a refusal", () => {
  it("names the rule, what works instead and where to ask", async () => {
    expect(await reasonOf("left/-/left-1.1.0.tgz")).toBe(
      `403 Forbidden by rule deny-list, use 1.0.0, see ${pageFor("left", "1.1.0")}`,
    );
    expect(await reasonOf("@up%2fright/1.1.0")).toBe(
      `403 Forbidden by rule deny-list, use 1.0.0, see ${pageFor("@up/right", "1.1.0")}`,
    );
    expect(await reasonOf("doomed")).toBe(
      `403 Forbidden by rule deny-list, see ${pageFor("doomed", "1.1.0")}`,
    );
  });

  it("is the usual one for npm, which shows the text, and for everything else", async () => {
    expect(await reasonOf("left/-/left-1.1.0.tgz", "npm/11.19.1 node/v20")).toBe("403 Forbidden");
    expect(await reasonOf("left")).toBe("200 OK");
    expect(await reasonOf("nowhere")).toBe("404 Not Found");
  });

  it("says the same where refusals are answered with 404", async () => {
    const answerWith = async (refusalStatus: number): Promise<number> => {
      const request = { method: "PATCH", body: { refusalStatus } };
      return (await app.admin.request("/api/v1/registries/default", request)).status;
    };
    expect(await answerWith(404)).toBe(200);
    expect(await reasonOf("left/-/left-1.1.0.tgz")).toMatch(
      /^404 Not Found, refused by rule deny-list, use 1\.0\.0, see /,
    );
    expect(await answerWith(403)).toBe(200);
  });
});

describe("a package of which nothing is left", () => {
  it("is refused with the verdict on its latest version, and with no advice to take another", async () => {
    const { status, json } = await app.admin.request("/npm/default/doomed");
    expect([status, json["version"], json["rule"]]).toEqual([403, "1.1.0", "deny-list"]);
    expect(json.error).toMatch(/^Every version of doomed is refused\. doomed@1\.1\.0 is blocked in /);
    expect(json.error).toContain("Choose another package, or ask");
  });
});

describe("a packument whose latest was moved", () => {
  it("says so in a notice; npm prints it to who looks, for it may not keep the answer", async () => {
    for (const accept of ["application/json", "application/vnd.npm.install-v1+json"]) {
      const get = async (command: string, more = {}): Promise<TestResponse> => {
        const headers = { accept, "accept-encoding": "gzip", "npm-command": command, ...more };
        return await app.admin.request("/npm/default/left", { headers });
      };
      for (const command of ["install", "view", "install", "outdated", "install"]) {
        const { status, headers } = await get(command);
        expect([status, headers["npm-notice"]]).toEqual([
          200,
          expect.stringMatching(/^left@1\.1\.0 is kept back by the rule deny-list/),
        ]);
        const kept = command === "install" ? "no-cache" : "no-store";
        expect(headers["cache-control"], command).toBe(`private, ${kept}`);
        // A copy of the installation before is no reason to be silent.
        const again = await get(command, { "if-none-match": headers.etag });
        expect(again.status, command).toBe(command === "install" ? 304 : 200);
      }
    }
  });

  it("is kept by who looks where nothing was moved", async () => {
    const headers = { "npm-command": "view" };
    const { headers: given } = await app.admin.request("/npm/default/calm", { headers });
    expect([given["cache-control"], given["npm-notice"]]).toEqual(["private, no-cache", undefined]);
  });

  it("tells npm where to ask", async () => {
    const { json } = await app.admin.request("/npm/default/left");
    const { message } = json["policyRestrictions"] as { message: string };
    expect(message.split("\n").at(-1)).toBe(`Ask at ${pageFor("left")}`);
  });
});
