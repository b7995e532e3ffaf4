import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { parseLockfile, type AuditIssue } from "@entrepot/core";
import { startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import semver from "semver";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const DATA = fileURLToPath(new URL("../../../../../shared/data/", import.meta.url));
const LOCKFILES = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock"];
/** As clients read the ranges of advisories. */
const NPM_OPTIONS = { includePrerelease: true, loose: true };
const hasData = existsSync(`${DATA}lockfiles.tar.gz`) && existsSync(`${DATA}advisories/osv-npm.zip`);

interface Known {
  lockfiles: Record<string, { list: Record<string, string[]> }>;
}

/** Real lockfiles, audited as npm does, against answers that others agreed on; the data is not part of the repository. */
describe.runIf(hasData)("audits of real lockfiles", () => {
  const { lockfiles } = hasData
    ? (JSON.parse(readFileSync(`${DATA}lockfiles/vulnerable.json`, "utf8")) as Known)
    : { lockfiles: {} };
  let folder: string;
  let app: TestApp;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "entrepot-lockfiles-"));
    execFileSync("tar", ["-xzf", `${DATA}lockfiles.tar.gz`, "-C", folder]);
    app = await startTestApp({
      file: `advisories: { feeds: [{ name: osv, url: "${DATA}advisories/osv-npm.zip" }] }`,
    });
    await vi.waitFor(async () => expect((await audit(new Map())).status).toBe(200), {
      timeout: 120_000,
      interval: 200,
    });
  }, 150_000);
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });

  async function audit(asked: ReadonlyMap<string, readonly string[]>): Promise<TestResponse> {
    return await app.admin.request("/npm/default/-/npm/v1/security/advisories/bulk", {
      method: "POST",
      headers: { "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify(Object.fromEntries(asked))),
    });
  }

  function versionsIn(name: string): Map<string, string[]> {
    const files = readdirSync(join(folder, "lockfiles", name));
    const file = LOCKFILES.find((one) => files.includes(one)) ?? "";
    const { packages } = parseLockfile(file, readFileSync(join(folder, "lockfiles", name, file), "utf8"));
    const asked = new Map<string, string[]>();
    for (const one of packages) {
      const known = asked.get(one.name);
      if (known === undefined) asked.set(one.name, [one.version]);
      else known.push(one.version);
    }
    return asked;
  }

  it.each(Object.keys(lockfiles))("%s", async (name) => {
    const asked = versionsIn(name);
    const { status, json } = await audit(asked);
    expect(status).toBe(200);
    const found = new Set<string>();
    for (const [of, issues] of Object.entries(json as Record<string, AuditIssue[]>)) {
      for (const { vulnerable_versions: range } of issues) {
        const hit = asked.get(of)?.filter((version) => semver.satisfies(version, range, NPM_OPTIONS)) ?? [];
        for (const version of hit) found.add(`${of}@${version}`);
      }
    }
    expect([...found].toSorted()).toEqual(Object.keys(lockfiles[name]?.list ?? {}).toSorted());
  });
});
