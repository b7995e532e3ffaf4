/** What people read when the firewall refuses a version, and what they get instead. */
import { beforeAll, describe, expect, test } from "vitest";
import { expectShown, setFirewallScene, TERMINALS, withLockfileOf } from "./firewall-scene.ts";

const HOUR_MS = 3_600_000;
const scene = setFirewallScene();

/** Rules that refuse `1.1.0` of the packages of a scope; `1.0.0` is left. */
const RULES: Readonly<Record<string, string>> = {
  "@young": "age",
  "@listed": "deny-list",
  "@scripted": "install-script",
  "@evil": "malware",
  "@copyleft": "licence",
};

beforeAll(async () => {
  const set = async (rule: string, body: object): Promise<unknown> =>
    await scene.api(`PUT /registries/default/policy/rules/${rule}`, body);
  const entries = [
    { packages: "@listed/*", range: "1.1.0", reason: "INC-7: under review" },
    { packages: "@whole/*", range: "*", reason: "INC-8: not for us" },
  ];
  await set("deny-list", { options: { entries } });
  await set("age", { packages: "@young/*", mode: "enforce" });
  await set("install-script", { packages: "@scripted/*", mode: "enforce" });
  await set("licence", { packages: "@copyleft/*", mode: "enforce", options: { denied: ["AGPL-3.0-only"] } });
  for (const { name } of TERMINALS) {
    const scopes = [...Object.keys(RULES), "@whole", "@later"];
    for (const scope of scopes) scene.publish(`${scope}/${name}`, "1.0.0");
    scene.publish(`@young/${name}`, "1.1.0", { ageMs: HOUR_MS });
    scene.publish(`@scripted/${name}`, "1.1.0", { manifest: { scripts: { postinstall: "node index.js" } } });
    scene.publish(`@copyleft/${name}`, "1.1.0", { manifest: { license: "AGPL-3.0-only" } });
    for (const scope of ["@listed", "@evil", "@whole", "@later"]) scene.publish(`${scope}/${name}`, "1.1.0");
    const summary = "Sends the environment to a stranger";
    const range = { package: `@evil/${name}`, versions: ["1.1.0"] };
    await scene.api("POST /advisories/own", { ...range, summary, malware: true });
  }
});

describe.each(TERMINALS)("$name", (terminal) => {
  const { client, name } = terminal;

  test("takes an older version where the newest in range is too young", async () => {
    for (const wanted of [`@young/${name}@^1.0.0`, `@young/${name}`]) {
      const user = scene.start(client);
      await user.run(...client.add, wanted);
      expect(await user.require(`@young/${name}`)).toEqual([`@young/${name}@1.0.0`]);
    }
  });

  test.each(Object.entries(RULES))("fails for an exact version of %s, refused by %s", async (scope, rule) => {
    const refused = scene.refused(`${scope}/${name}`, rule);
    const user = scene.start(client);
    const text = await user.fail(...client.add, `${refused.name}@1.1.0`);
    expectShown(text, terminal.exact(refused));
    expect(user.has(`node_modules/${refused.name}/package.json`)).toBe(false);
    // Who decides by the list of versions alone has nothing to show of the reason; npm asks for it.
    expect(text.includes(`rule ${rule}`)).toBe(name.startsWith("npm"));
    await expectWhy(refused.name, rule);
  });

  test("is refused the tarball of a version that was denied after it went into a lockfile", async () => {
    const refused = scene.refused(`@later/${name}`, "deny-list");
    const first = scene.start(client);
    await first.run(...client.add, `${refused.name}@1.1.0`);
    await scene.deny(refused.name);
    const second = withLockfileOf(first, scene.start(client));
    scene.forget();
    expectShown(await second.fail(...client.installFrozen), terminal.locked(refused));
    expect(second.has(`node_modules/${refused.name}/package.json`)).toBe(false);
    const statuses = scene.seen.filter(({ path }) => path.endsWith("-1.1.0.tgz")).map(({ status }) => status);
    // pnpm 12 looks for the version in the list as well, and stops when it is not there.
    if (name !== "pnpm-12") expect(statuses).not.toEqual([]);
    expect(statuses.filter((status) => status !== 403)).toEqual([]);
  });

  test("fails for a package of which every version is refused", async () => {
    const refused = scene.refused(`@whole/${name}`, "deny-list");
    const user = scene.start(client);
    expectShown(await user.fail(...client.add, refused.name), terminal.whole(refused));
    await expectWhy(refused.name, "deny-list");
  });
});

/** Expects that the command line tells what the client does not. */
async function expectWhy(name: string, rule: string): Promise<void> {
  const isWhole = name.startsWith("@whole");
  const { code, text } = await scene.entrepot(["why", `${name}@1.1.0`]);
  expect(code).toBe(1);
  const { versionUrl } = scene.refused(name, rule);
  expectShown(text, [
    `${name}@1.1.0 is `,
    `(rule ${rule})`,
    isWhole ? "Choose another" : "Use 1.0.0",
    `Ask for 1.1.0 at ${versionUrl}`,
    `entrepot request ${name}@1.1.0 --registry default`,
  ]);
}
