/** What npm prints for the rules that the other tests of the firewall do not show with every client. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { npm11 } from "./clients.ts";
import { expectShown, setFirewallScene } from "./firewall-scene.ts";

const MALICIOUS_CODE = "CWE-506";
const scene = setFirewallScene({
  advisories: [
    {
      id: "MAL-1",
      affects: { "one-says-so": ["1.1.0"] },
      summary: "Mines coins",
      members: { database_specific: { cwe_ids: [MALICIOUS_CODE] } },
    },
    {
      id: "GHSA-1",
      affects: { leaky: ["1.1.0"] },
      summary: "Reads outside of its folder",
      members: { database_specific: { severity: "HIGH" } },
    },
  ],
});

/** A version that a rule refuses, how it comes to be, and words that the reason has. */
interface Case {
  rule: string;
  name: string;
  version?: string;
  /** Members of the manifest of the version. */
  manifest?: object;
  /** Members of the manifest of 1.0.0, which stays. */
  before?: object;
  options?: object;
  /** Calls of the API besides the rule. */
  calls?: readonly [string, object][];
  says: string;
}

const statusOf = (name: string, status: string): [string, object] => [
  `PUT /registries/default/packages/${name}/versions/1.1.0/status`,
  { status, reason: "INC-3: odd" },
];
const TRUSTED = { _npmUser: { name: "ada", trustedPublisher: { id: "ci" } } };

const CASES: readonly Case[] = [
  { rule: "operator-status", name: "blocked", calls: [statusOf("blocked", "blocked")], says: "INC-3: odd" },
  { rule: "operator-status", name: "held", calls: [statusOf("held", "held")], says: "INC-3: odd" },
  { rule: "suspected-malware", name: "one-says-so", says: "MAL-1" },
  {
    rule: "allow-only",
    name: "chosen",
    options: { entries: [{ packages: "chosen", range: "1.0.0", reason: "reviewed" }] },
    says: "allow",
  },
  { rule: "review-first", name: "reviewed", says: "review" },
  {
    rule: "trust-downgrade",
    name: "trusted",
    before: TRUSTED,
    manifest: { _npmUser: { name: "eve" } },
    says: "",
  },
  { rule: "vulnerability", name: "leaky", says: "1.0.0 does not have it" },
  { rule: "look-alike", name: "expresss", says: "express" },
  { rule: "prerelease", name: "early", version: "1.1.0-beta.1", says: "pre-release" },
];

test.each(CASES)("$rule refuses $name, and npm says so", async (wanted) => {
  const { rule, name, version = "1.1.0", calls = [] } = wanted;
  scene.publish(name, "1.0.0", { manifest: wanted.before ?? {} });
  scene.publish(name, version, { manifest: wanted.manifest ?? {} });
  if (!["operator-status", "suspected-malware"].includes(rule)) {
    const body = {
      packages: name,
      mode: "enforce",
      ...(wanted.options === undefined ? {} : { options: wanted.options }),
    };
    await scene.api(`PUT /registries/default/policy/rules/${rule}`, body);
  }
  for (const [call, body] of calls) await scene.api(call, body);
  const user = scene.start(npm11);
  const text = await user.fail("install", `${name}@${version}`);
  expectShown(text, ["code E403", `${name}@${version} is `, `(rule ${rule}`, "Ask at "]);
  expect(text).toContain(wanted.says);
  expect(user.has(`node_modules/${name}/package.json`)).toBe(false);
});

test("deprecated warns only, and npm says so", async () => {
  scene.publish("old-thing", "1.1.0", { manifest: { deprecated: "use another" } });
  await scene.api("PUT /registries/default/policy/rules/deprecated", {
    packages: "old-thing",
    mode: "enforce",
  });
  const user = scene.start(npm11);
  expect(await user.run("install", "old-thing@1.1.0")).toContain(
    "npm warn deprecated old-thing@1.1.0: use another",
  );
});

describe("what is published", () => {
  test("published-secret refuses a file with a private key, and npm says which", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const user = scene.start(npm11, { manifest: { name: "@own/careless", version: "1.0.0" } });
    user.write("deploy.pem", key);
    expectShown(await user.fail("publish"), ["code E403", "deploy.pem"]);
  });

  test("a frozen registry takes nothing in, and npm says so", async () => {
    await scene.api("PATCH /registries/default", { frozen: true });
    const user = scene.start(npm11, { manifest: { name: "@own/late", version: "1.0.0" } });
    expectShown(await user.fail("publish"), ["code E403", "read-only"]);
    await scene.api("PATCH /registries/default", { frozen: false });
  });
});
