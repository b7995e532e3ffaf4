import {
  createFakeFeed,
  startTestApp,
  type FakeFeed,
  type Persona,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const BULK = "/-/npm/v1/security/advisories/bulk";
const QUICK = "/-/npm/v1/security/audits/quick";
const FULL = "/-/npm/v1/security/audits";

describe("audits that are answered from the advisories of this server", () => {
  const RISKY = {
    id: "GHSA-35jh-r3h4-6jhm",
    affects: {},
    aliases: ["CVE-2026-1"],
    summary: "Risky is wrong",
    members: {
      affected: ["risky", "own-risky", "claimed-risky", "secret-risky"].map((name) => ({
        package: { ecosystem: "npm", name },
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "2.0.0" }] }],
      })),
      severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
      database_specific: { cwe_ids: ["CWE-79"] },
    },
  };
  const ISSUE = {
    id: expect.any(Number),
    url: "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
    title: "Risky is wrong",
    severity: "critical",
    vulnerable_versions: "<2.0.0",
    patched_versions: ">=2.0.0",
    cwe: ["CWE-79"],
    cvss: { score: 9.8, vectorString: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" },
    cves: ["CVE-2026-1"],
    github_advisory_id: "GHSA-35jh-r3h4-6jhm",
    source: "osv",
  };
  let feed: FakeFeed;
  let own: TestApp;

  beforeAll(async () => {
    feed = await createFakeFeed();
    feed.put(RISKY);
    own = await startTestApp({
      file: `advisories: { feeds: [{ name: osv, url: "${feed.url}" }] }`,
    });
    await vi.waitFor(async () => expect((await audit({ risky: ["1.0.0"] })).status).toBe(200), {
      timeout: 20_000,
      interval: 50,
    });
  });
  afterAll(async () => {
    await own.close();
    await feed.close();
  });

  const audit = (
    body: unknown,
    path = BULK,
    as: Pick<Persona, "request"> = own.admin,
  ): Promise<TestResponse> => as.request(`/npm/default${path}`, { method: "POST", body });

  it("tell what is known of public packages, and where from", async () => {
    const { json, headers } = await audit({ risky: ["1.0.0", "2.0.0"], left: ["1.0.0"] });
    expect(json).toEqual({ risky: [ISSUE] });
    expect(headers["entrepot-audit-source"]).toMatch(/^this server's own advisories as of 20\d\d-/);
    expect((await audit({ risky: ["2.0.0"], constructor: ["1.0.0"], hasOwnProperty: [] })).json).toEqual({});
  });

  it.each([QUICK, FULL])("report on a tree for %s", async (path) => {
    const tree = { name: "app", requires: { risky: "*" }, dependencies: { risky: { version: "1.0.0" } } };
    const { json } = await audit(tree, path);
    expect(Object.values(json["advisories"] ?? {})).toEqual([
      expect.objectContaining({
        ...ISSUE,
        module_name: "risky",
        findings: [expect.objectContaining({ paths: ["risky"] })],
      }),
    ]);
    expect(json["metadata"]).toMatchObject({
      vulnerabilities: { critical: 1, high: 0 },
      source: expect.stringContaining("this server's own advisories"),
    });
  });

  it("know nothing of a public package for one of our own, or a claimed one, of its name", async () => {
    await own.admin.publish({ name: "own-risky", version: "1.0.0" });
    await own.admin.request("/api/v1/registries/default/claims/claimed-*", { method: "PUT" });
    const asked = { "own-risky": ["1.0.0"], "claimed-risky": ["1.0.0"], "risky": ["1.0.0"] };
    expect(Object.keys((await audit(asked)).json)).toEqual(["risky"]);
  });

  it("tell what was written here of a package of our own", async () => {
    await own.admin.publish({ name: "ours", version: "1.0.0" });
    const advisory = { id: "OWN-1", package: "ours", summary: "Ours is wrong", severity: "high" };
    const added = await own.admin.request("/api/v1/advisories/own", { method: "POST", body: advisory });
    expect([added.status, added.text]).toEqual([201, expect.any(String)]);
    expect((await audit({ ours: ["1.0.0"] })).json).toEqual({
      ours: [expect.objectContaining({ title: "Ours is wrong", severity: "high", source: "own" })],
    });
    await own.admin.request("/api/v1/advisories/own/OWN-1", { method: "DELETE" });
    expect((await audit({ ours: ["1.0.0"] })).json).toEqual({});
  });

  it("do not tell who may not see a package that it is here", async () => {
    const stranger = await own.as("stranger");
    const before = await audit({ "secret-risky": ["1.0.0"] }, BULK, stranger);
    await own.admin.publish({ name: "secret-risky", version: "1.0.0" });
    const rule = await own.admin.request("/api/v1/access-rules", {
      method: "POST",
      body: {
        effect: "restrict",
        subject: "user",
        name: "stranger",
        permissions: ["view"],
        registry: "default",
        packages: "secret-risky",
      },
    });
    expect([rule.status, rule.text]).toEqual([201, expect.any(String)]);
    expect((await audit({ "secret-risky": ["1.0.0"] }, BULK, stranger)).text).toBe(before.text);
    expect((await audit({ "secret-risky": ["1.0.0"] })).json).toEqual({});
  });
});
