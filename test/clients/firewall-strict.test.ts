/** The strict profile, and what npm is told of versions that it does not see. */
import { beforeAll, describe, expect, test } from "vitest";
import { npm10, npm11, type Access } from "./clients.ts";
import { DAY_MS, setFirewallScene, TERMINALS } from "./firewall-scene.ts";

const scene = setFirewallScene();
const LIBRARY = "@fixture/library";

/** The registry `strict` over the same upstream. */
const inStrict = (): { access: Partial<Access> } => ({
  access: { registry: `${scene.app.url}/npm/strict/` },
});

async function versions(): Promise<unknown> {
  return JSON.parse(
    await scene.start(npm11, inStrict()).run("view", LIBRARY, "versions", "--json", "--silent"),
  );
}

beforeAll(async () => {
  await scene.api("POST /registries", { name: "strict" });
  await scene.api("PUT /registries/strict/upstreams", { upstreams: ["public"] });
  await scene.api("PUT /registries/strict/policy/profile", { profile: "strict" });
  scene.publish(LIBRARY, "1.0.0", { ageMs: 900 * DAY_MS });
  scene.publish(LIBRARY, "1.1.0", { ageMs: 800 * DAY_MS });
  scene.publish(LIBRARY, "1.2.0", {
    ageMs: 700 * DAY_MS,
    manifest: { scripts: { postinstall: "node index.js" } },
  });
  scene.publish(LIBRARY, "2.0.0-rc.1", { ageMs: 600 * DAY_MS, tag: "next" });
  scene.publish(LIBRARY, "1.3.0", { ageMs: 5 * DAY_MS });
  scene.publish("@fixture/app", "1.0.0", { manifest: { dependencies: { [LIBRARY]: "^1.0.0" } } });
  scene.publish(LIBRARY, "1.1.1", { ageMs: 2 * DAY_MS, tag: "fix" });
});

describe("the strict profile", () => {
  test("leaves of six versions those that are old, stable, without a script and not vulnerable", async () => {
    expect(await versions()).toEqual(["1.0.0", "1.1.0"]);
    const osv = {
      schema_version: "1.6.0",
      id: "OWN-LIBRARY-1",
      modified: new Date(scene.now()).toISOString(),
      summary: "Reads files outside of its folder",
      affected: [
        {
          package: { ecosystem: "npm", name: LIBRARY },
          ranges: [{ type: "SEMVER", events: [{ introduced: "1.1.0" }, { fixed: "1.1.1" }] }],
        },
      ],
      database_specific: { severity: "HIGH" },
    };
    await scene.api("POST /advisories/own", { osv });
    // What has the vulnerability is gone, and the release that mends it need not be 14 days old.
    expect(await versions()).toEqual(["1.0.0", "1.1.1"]);
  });

  test.each(TERMINALS)("lets $name have the release that mends a vulnerability", async ({ client }) => {
    for (const wanted of [LIBRARY, `${LIBRARY}@^1.0.0`, `${LIBRARY}@1.1.1`]) {
      const user = scene.start(client, inStrict());
      await user.run(...client.add, wanted);
      expect(await user.require(LIBRARY)).toEqual([`${LIBRARY}@1.1.1`]);
    }
  });

  test("says of each of the others why it is refused", async () => {
    const reasons = await Promise.all(
      ["1.1.0", "1.2.0", "1.3.0", "2.0.0-rc.1"].map(async (version) => {
        const words = ["why", `${LIBRARY}@${version}`, "--registry", "strict"];
        return /\(rule ([a-z-]+)\)\. Use 1\.1\.1/.exec((await scene.entrepot(words)).text)?.[1];
      }),
    );
    expect(reasons).toEqual(["vulnerability", "install-script", "age", "prerelease"]);
  });

  test("holds in its registry only", async () => {
    const user = scene.start(npm11);
    await user.run("install", LIBRARY);
    expect(await user.require(LIBRARY)).toEqual([`${LIBRARY}@1.3.0`]);
  });
});

describe.each([npm11, npm10])("$name", (npm) => {
  const NOTICE =
    /^npm notice @fixture\/library@1\.3\.0 is kept back until \S+ by the rule age: .*1\.1\.1 is latest here\./m;

  test("prints that latest was moved when somebody looks, each time", async () => {
    const user = scene.start(npm, inStrict());
    // With a copy from an installation at hand.
    await user.run("install", `${LIBRARY}@1.0.0`);
    for (const _ of [1, 2]) {
      expect(await user.run("view", LIBRARY, "version")).toMatch(NOTICE);
      // What is outdated is told by exit code 1 as well.
      expect(await user.fail("outdated")).toMatch(NOTICE);
    }
  });

  test("prints nothing of it when it installs", async () => {
    const user = scene.start(npm, inStrict());
    expect(await user.run("install", LIBRARY)).not.toContain("npm notice");
    expect(await user.run("install", "@fixture/app")).not.toContain("npm notice");
    expect(await user.require(LIBRARY)).toEqual([`${LIBRARY}@1.1.1`]);
  });
});
