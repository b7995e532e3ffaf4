/** What each client makes of an audit, whoever answers it. */
import { createServer, type Server } from "node:https";
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFakeProxy, makeCertificate } from "@entrepot/testkit";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bun, npm10, npm11, npmrc, pnpm10, pnpm12, pnpm9, yarn1, yarn4, type Client } from "./clients.ts";
import { setScene } from "./scene.ts";
import { installTools } from "./tools.ts";
import type { Workplace } from "./workplace.ts";

const SECURITY = "/-/npm/v1/security/";

const scene = setScene({
  advisories: [
    {
      id: "GHSA-35jh-r3h4-6jhm",
      affects: {},
      aliases: ["CVE-2026-1"],
      summary: "Left is wrong",
      members: {
        affected: [
          {
            package: { ecosystem: "npm", name: "left" },
            ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "1.1.0" }] }],
          },
        ],
        severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" }],
        database_specific: { severity: "HIGH", cwe_ids: ["CWE-1"] },
      },
    },
    { id: "GHSA-c2qf-rxjj-qqgw", affects: { fading: ["1.0.0"] }, summary: "Fading is wrong" },
  ],
});

beforeAll(async () => {
  scene.upstream.advise("left", {
    id: 1_234,
    url: "https://advisories.example.test/1234",
    title: "Left is wrong",
    severity: "high",
    vulnerable_versions: "<1.1.0",
    cwe: ["CWE-1"],
    cvss: { score: 7.5, vectorString: null },
  });
  const nowhere = "http://127.0.0.1:9/";
  await makeRegistry("forwarding", { audit: "forward", auditUpstream: "public" });
  await makeRegistry("silent", { audit: "off" });
  await makeRegistry("assessed", {});
  const assessed = await scene.app.admin.request("/api/v1/registries/assessed/assessments/CVE-2026-1", {
    method: "PUT",
    body: { type: "monitor", comment: "We never call it" },
  });
  if (assessed.status !== 200) throw new Error(assessed.text);
  await makeRegistry("failing", { audit: "forward", auditUrl: nowhere });
});

async function makeRegistry(name: string, settings: Record<string, unknown>): Promise<void> {
  const { admin } = scene.app;
  const made = await admin.request("/api/v1/registries", { method: "POST", body: { name, ...settings } });
  if (made.status !== 201) throw new Error(made.text);
  const upstreams = { upstreams: ["public"] };
  await admin.request(`/api/v1/registries/${name}/upstreams`, { method: "PUT", body: upstreams });
}

/** How a client audits, and what it prints. */
interface Auditor {
  client: Client;
  audit: readonly string[];
  /** For what is worse than what there is. */
  critical: readonly string[];
  found: RegExp;
  clean: RegExp;
  /** How it shows the server's own text, where it does. */
  off: RegExp;
  failing: RegExp;
}

const OFF = /Audits are switched off for the registry silent/;
const NO_ENDPOINT = /ERR_PNPM_AUDIT_ENDPOINT_NOT_EXISTS/;
const FAILING = /Audits of the registry failing are answered by http:\/\/127\.0\.0\.1:9\/, and that failed/;

const npm = {
  audit: ["audit"],
  critical: ["audit", "--audit-level=critical"],
  found: /left {2}1\.0\.0\nSeverity: high\nLeft is wrong[^]*1 high severity vulnerability/,
  clean: /found 0 vulnerabilities/,
  off: OFF,
  failing: FAILING,
};
const pnpm = {
  audit: ["audit"],
  critical: ["audit", "--audit-level", "critical"],
  found: /│ high +│ Left is wrong +│[^]*│ left +│[^]*│ <1\.1\.0 +│[^]*│ >=1\.1\.0 +│[^]*Severity: 1 high/,
  clean: /No known vulnerabilities found/,
  off: NO_ENDPOINT,
  failing: /ERR_PNPM_AUDIT_BAD_RESPONSE[^]*Audits of the registry failing/,
};

const AUDITORS: readonly Auditor[] = [
  { client: npm11, ...npm },
  // Its second question, after the bulk audit failed, holds nothing to audit.
  { client: npm10, ...npm, failing: /400 Bad Request[^]*what is required and not what is installed/ },
  { client: withoutRetries(pnpm12), ...pnpm, failing: /ERR_PNPM_AUDIT_BAD_RESPONSE[^]*and that failed/ },
  { client: withoutRetries(pnpm10), ...pnpm },
  { client: withoutRetries(pnpm9), ...pnpm },
  {
    client: yarn4,
    audit: ["npm", "audit", "--recursive"],
    critical: ["npm", "audit", "--recursive", "--severity", "critical"],
    found: /left[^]*Issue: Left is wrong[^]*Severity: high[^]*Vulnerable Versions: <1\.1\.0/,
    clean: /No audit suggestions/,
    off: OFF,
    failing: FAILING,
  },
  {
    client: bun,
    audit: ["audit"],
    critical: ["audit", "--audit-level=critical"],
    found: /left@1\.0\.0[^]*high: Left is wrong \(<1\.1\.0\)[^]*1 vulnerability \(1 high\)/,
    clean: /No vulnerabilities found/,
    off: /advisories\/bulk - 404/,
    failing: /advisories\/bulk - 503/,
  },
];

// pnpm waits more than a minute before it believes that an audit fails.
function withoutRetries(client: Client): Client {
  return {
    ...client,
    settings: (access) => {
      const settings = client.settings(access);
      return {
        ...settings,
        ".npmrc": `${settings[".npmrc"] ?? ""}fetch-retries=0\n`,
        ...(client === pnpm12 ? { "pnpm-workspace.yaml": "fetchRetries: 0\n" } : {}),
      };
    },
  };
}

/** A project in which a client installed packages from a registry. */
async function installed(client: Client, registry: string, packages: readonly string[]): Promise<Workplace> {
  const user = scene.start(client, {
    access: { registry: `${scene.app.url}/npm/${registry}/` },
  });
  await user.run(...client.add, ...packages);
  return user;
}

describe.each(AUDITORS)("$client.name", (auditor) => {
  const { client, audit, critical } = auditor;

  test.each([
    ["this server's advisories", "default"],
    ["an upstream", "forwarding"],
  ])("finds what is wrong by %s, and nothing where nothing is", async (_, registry) => {
    const user = await installed(client, registry, ["left@1.0.0", "@up/leaf"]);
    expect(await user.fail(...audit)).toMatch(auditor.found);
    await user.run(...critical);
    const other = await installed(client, registry, ["left@1.1.0", "@up/leaf"]);
    expect(await other.run(...audit)).toMatch(auditor.clean);
  });

  test("finds nothing in what was assessed as something to watch only", async () => {
    const user = await installed(client, "assessed", ["left@1.0.0"]);
    expect(await user.run(...audit)).toMatch(auditor.clean);
  });

  test("installs where audits are switched off or fail, and says so when it is asked for one", async () => {
    const silent = await installed(client, "silent", ["left@1.0.0"]);
    expect(await silent.require("left")).toEqual(["left@1.0.0"]);
    expect(await silent.fail(...audit)).toMatch(auditor.off);
    const failing = await installed(client, "failing", ["left@1.0.0"]);
    expect(await failing.require("left")).toEqual(["left@1.0.0"]);
    expect(await failing.fail(...audit)).toMatch(auditor.failing);
  });
});

describe("a version that policy hides since it was installed", () => {
  // yarn 4 looks up whether each version is deprecated, and breaks on one that it does not find.
  const cases = AUDITORS.map(({ client, audit }) => ({
    client,
    audit: client === yarn4 ? [...audit, "--no-deprecations"] : audit,
  }));
  const users = new Map<Client, Workplace>();

  beforeAll(async () => {
    for (const version of ["1.0.0", "1.1.0"]) scene.upstream.publish({ name: "fading", version });
    for (const { client } of cases) users.set(client, await installed(client, "default", ["fading@1.0.0"]));
    await scene.block("fading", "1.0.0");
  });

  test.each(cases)("is what $client.name tells of all the same", async ({ client, audit }) => {
    expect(await users.get(client)?.fail(...audit)).toContain("Fading is wrong");
  });
});

describe("npm 11", () => {
  test("is told who answered when it audits, and not when it installs", async () => {
    const user = scene.start(npm11);
    expect(await user.run("install", "left@1.1.0")).not.toContain("answered from");
    expect(await user.run("audit")).toMatch(
      /npm notice Audits of the registry default are answered from this server's own advisories as of 20\d\d/,
    );
  });

  test("is answered by an upstream that hears of nothing else, and installs when that is gone", async () => {
    const { upstream } = scene;
    const user = await installed(npm11, "forwarding", ["left@1.0.0"]);
    const before = upstream.audited.length;
    expect(await user.fail("audit")).toContain("https://advisories.example.test/1234");
    expect(upstream.audited.slice(before)).toEqual([{ left: ["1.0.0"] }]);
    await upstream.offline();
    try {
      const again = await installed(npm11, "forwarding", ["left@1.0.0"]);
      expect(await again.fail("audit")).toContain('are answered by the upstream "public", and that failed');
    } finally {
      await upstream.online();
    }
  });
});

describe("yarn 1", () => {
  test("asks the registry that is written into its program, whatever is set", async () => {
    const user = await installed(yarn1, "default", ["left@1.0.0"]);
    user.write(".yarnrc", `registry "${scene.registry}"\n`);
    scene.forget();
    expect(await user.fail("audit")).toMatch(/security\/audits: tunneling socket could not be established/);
    expect(scene.seen).toEqual([]);
  });

  test("is answered where a proxy leads that host here", async () => {
    const host = await auditHost();
    await makeRegistry("impersonating", { host, anonymousRead: true });
    const { key, cert } = await makeCertificate([host]);
    const front = await frontOf(host, { key, cert });
    const proxy = await createFakeProxy({ hosts: { [host]: front } });
    onTestFinished(() => proxy.close());
    const env = { HTTPS_PROXY: proxy.url };
    for (const [wanted, code] of [
      ["left@1.0.0", 8],
      ["left@1.1.0", 0],
    ] as const) {
      const user = scene.start(
        {
          ...yarn1,
          settings: (access) => ({ ".npmrc": `${npmrc(access)}cafile=./ca.pem\nalways-auth=true\n` }),
        },
        { env },
      );
      user.write("ca.pem", cert);
      await user.run("add", wanted);
      scene.forget();
      const text = code === 0 ? await user.run("audit") : await user.fail("audit");
      expect(text).toMatch(
        code === 0
          ? /0 vulnerabilities found/
          : /│ high +│ Left is wrong[^]*│ Path +│ left[^]*Severity: 1 High/,
      );
      expect(scene.seen.map(({ path }) => path)).toEqual([`${SECURITY}audits`]);
    }
  });
});

/** The host that yarn 1 asks for audits. */
async function auditHost(): Promise<string> {
  const { modules } = await installTools();
  const program = readFileSync(join(modules, "yarn-1/lib/cli.js"), "utf8");
  const url = /YARN_REGISTRY = '(https:[^']+)'/.exec(program)?.[1];
  if (url === undefined) throw new Error("yarn 1 does not say whom it asks for audits.");
  return new URL(url).hostname;
}

/** A TLS end for `host` before the server, as a company's proxy has it; gives its port. */
async function frontOf(host: string, tls: { key: string; cert: string }): Promise<number> {
  const { port } = new URL(scene.app.url);
  const server: Server = createServer(tls, (request, response) => {
    const { method = "GET", url = "/", headers } = request;
    const onward = httpRequest(
      { host: "127.0.0.1", port, method, path: url, headers: { ...headers, host } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
