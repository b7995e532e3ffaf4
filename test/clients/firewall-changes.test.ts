/** What clients do when the policy changes: exceptions that come and end, and caches that were filled before. */
import { beforeAll, describe, expect, test } from "vitest";
import { pnpm12, type Client } from "./clients.ts";
import { DAY_MS, expectShown, setFirewallScene, TERMINALS, withLockfileOf } from "./firewall-scene.ts";
import type { Workplace } from "./workplace.ts";

const HOUR_MS = 3_600_000;
const scene = setFirewallScene();

describe.each(TERMINALS)("an exception for $name", ({ client, name: own, exact }) => {
  const name = `@asked/${own}`;
  const wanted = `${name}@1.1.0`;

  beforeAll(async () => {
    scene.publish(name, "1.0.0");
    scene.publish(name, "1.1.0", { ageMs: HOUR_MS });
    const rule = { packages: name, mode: "enforce", options: { hours: 60 * 24 } };
    await scene.api("PUT /registries/default/policy/rules/age", rule);
  });

  test("is asked for, granted by somebody else, and over a week later", async () => {
    const parts = exact(scene.refused(name, "age"));
    expectShown(await scene.start(client).fail(...client.add, wanted), parts);

    const reason = ["--reason", "has the fix for our login"];
    const asked = await scene.entrepot([
      "request",
      wanted,
      "--registry",
      "default",
      "--days",
      "7",
      ...reason,
    ]);
    const id = /request (\S+)\. /.exec(asked.text)?.[1] ?? "";
    expect([asked.code, id]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect((await scene.entrepot(["request", "approve", id])).code).not.toBe(0);
    expectShown(await scene.start(client).fail(...client.add, wanted), parts);

    const approved = await scene.entrepot(["request", "approve", id], scene.app.admin);
    expect(approved).toMatchObject({ code: 0 });
    const user = scene.start(client);
    await user.run(...client.add, wanted);
    expect(await user.require(name)).toEqual([wanted]);

    scene.advance(7 * DAY_MS + HOUR_MS);
    expectShown(await scene.start(client).fail(...client.add, wanted), parts);
  });
});

describe.each(TERMINALS)("what $name has in its cache", ({ client, name: own, exact, trustsCache }) => {
  const name = `@cached/${own}`;

  /** A new project of a user whose client installed `1.1.0` before it was denied. */
  let installed: Workplace;
  beforeAll(async () => {
    for (const version of ["1.0.0", "1.1.0"]) scene.publish(name, version);
    installed = scene.start(client);
    await installed.run(...client.add, `${name}@^1.0.0`);
    expect(await installed.require(name)).toEqual([`${name}@1.1.0`]);
    await scene.deny(name);
  });

  test(`${trustsCache.range ? "is taken" : "is not taken"} for a range`, async () => {
    const user = installed.again();
    scene.forget();
    await user.run(...client.add, `${name}@^1.0.0`);
    expect(await user.require(name)).toEqual([`${name}@${trustsCache.range ? "1.1.0" : "1.0.0"}`]);
    expect(hasAsked(name)).toBe(!trustsCache.range);
  });

  test(`${trustsCache.exact ? "is taken" : "is not taken"} for an exact version`, async () => {
    // Of a user who asked for no range since: that would have brought the list of versions up to date.
    const other = `${name}-exact`;
    for (const version of ["1.0.0", "1.1.0"]) scene.publish(other, version);
    const first = scene.start(client);
    await first.run(...client.add, `${other}@1.1.0`);
    await scene.deny(other);
    const user = first.again();
    scene.forget();
    if (trustsCache.exact) {
      await user.run(...client.add, `${other}@1.1.0`);
      expect(await user.require(other)).toEqual([`${other}@1.1.0`]);
    } else {
      const text = await user.fail(...client.add, `${other}@1.1.0`);
      expectShown(text, exact(scene.refused(other, "deny-list")));
    }
    expect(hasAsked(other)).toBe(!trustsCache.exact);
  });

  test("is taken for a lockfile, without a question about the tarball", async () => {
    const user = withLockfileOf(installed, installed.again());
    scene.forget();
    await user.run(...client.installFrozen);
    expect(await user.require(name)).toEqual([`${name}@1.1.0`]);
    expect(scene.seen.filter(({ path }) => path.endsWith(".tgz"))).toEqual([]);
  });
});

test("pnpm 12 asks each time where it does not wait a day for new versions", async () => {
  const name = "@cached/impatient";
  const impatient: Client = {
    ...pnpm12,
    settings: (access) => ({ ...pnpm12.settings(access), "pnpm-workspace.yaml": "minimumReleaseAge: 0\n" }),
  };
  for (const version of ["1.0.0", "1.1.0"]) scene.publish(name, version);
  const user = scene.start(impatient);
  await user.run("add", `${name}@^1.0.0`);
  await scene.deny(name);
  const again = user.again();
  await again.run("add", `${name}@^1.0.0`);
  expect(await again.require(name)).toEqual([`${name}@1.0.0`]);
});

/** Whether the list of a package's versions was asked for. */
function hasAsked(name: string): boolean {
  return scene.seen.some(({ path }) => decodeURIComponent(path) === `/npm/default/${name}`);
}
