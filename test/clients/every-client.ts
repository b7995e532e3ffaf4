/** What every client must be able to do; the tests of a client begin with it. */
import { describe, expect, test } from "vitest";
import { ownNames, type Client } from "./clients.ts";
import type { Scene } from "./scene.ts";

const TREE = ["trunk@1.0.0", "left@1.1.0", "@up/leaf@1.0.0", "twig@1.0.0"];

export function describeClient(client: Client, scene: Scene): void {
  describe(client.name, () => {
    test("installs packages with all they need, and again from the lockfile in a clean home", async () => {
      const first = scene.start(client);
      await first.run(...client.add, "trunk", "@up/leaf");
      expect(await first.require("trunk")).toEqual(TREE);
      expect(await first.require("@up/leaf")).toEqual(["@up/leaf@1.0.0", "twig@1.0.0"]);
      expectOwnUrls(client, first.read(client.lockfile), scene.registry);

      const second = scene.start(client);
      for (const file of ["package.json", client.lockfile]) second.write(file, first.read(file));
      await second.run(...client.installFrozen);
      expect(await second.require("trunk")).toEqual(TREE);
      expect(second.read(client.lockfile)).toBe(first.read(client.lockfile));
    });

    test("installs from the registry's URL without its slash, and by the other prefix", async () => {
      const slashless = scene.start(client, { access: { registry: scene.registry.slice(0, -1) } });
      await slashless.run(...client.add, "trunk");
      expect(await slashless.require("trunk")).toEqual(TREE);
      expectOwnUrls(client, slashless.read(client.lockfile), scene.registry);

      const alias = `${scene.app.url}/r/default/`;
      const aliased = scene.start(client, { access: { registry: alias } });
      await aliased.run(...client.add, "trunk", "left@1.0.0");
      expect(await aliased.require("left")).toEqual(["left@1.0.0"]);
      expectOwnUrls(client, aliased.read(client.lockfile), alias);
    });

    test("publishes packages that another clean home installs, and tells their tags", async () => {
      const names = ownNames(client);
      const version = "1.0.0";
      for (const name of names) {
        const manifest = { name, version, main: "main.js", dependencies: { left: "^1.0.0" } };
        const author = scene.start(client, { manifest });
        author.write("main.js", `module.exports = ["${name}", require("left")].flat();\n`);
        if (client.prepare !== undefined) await author.run(...client.prepare);
        await author.run(...client.publish);
        const published = await scene.get(`${name}/${version}`);
        expect(published).toMatchObject({ name, version, _npmUser: { name: "dev" } });
      }
      const user = scene.start(client);
      await user.run(...client.add, ...names.map((name) => `${name}@${version}`));
      for (const name of names) expect(await user.require(name)).toEqual([name, "left@1.1.0"]);

      if (client.tags === undefined) return;
      for (const name of names) {
        expect(await user.run(...client.tags.list(name))).toMatch(new RegExp(`latest.*${version}`));
        await user.run(...client.tags.add(name, version, "beta"));
        expect(await user.run(...client.tags.list(name))).toMatch(new RegExp(`beta.*${version}`));
        await user.run(...client.tags.remove(name, "beta"));
        expect(await user.run(...client.tags.list(name))).not.toContain("beta");
      }
    });

    test("says why it was refused", async () => {
      const { refusals } = client;
      const stranger = scene.start(client, { access: { token: null } });
      expect(await stranger.fail(...client.add, "left")).toMatch(refusals.unauthorized);
      const wrong = scene.start(client, { access: { token: "ent_wrong" } });
      expect(await wrong.fail(...client.add, "left")).toMatch(refusals.wrongToken ?? refusals.unauthorized);

      const user = scene.start(client);
      expect(await user.fail(...client.add, "nowhere")).toMatch(refusals.notFound);
      expect(await user.fail(...client.add, "doomed")).toMatch(refusals.blockedPackage);
      expect(await user.fail(...client.add, "risky@1.1.0")).toMatch(refusals.blockedVersion);
      await user.run(...client.add, "risky@^1.0.0");
      expect(await user.require("risky")).toEqual(["risky@1.0.0"]);
    });

    test("is refused a version that was blocked after it went into a lockfile", async () => {
      const name = `later-${client.name}`;
      for (const version of ["1.0.0", "1.1.0"]) scene.upstream.publish({ name, version });
      const first = scene.start(client);
      await first.run(...client.add, name);
      await scene.block(name, "1.1.0");

      const second = scene.start(client);
      for (const file of ["package.json", client.lockfile]) second.write(file, first.read(file));
      expect(await second.fail(...client.installFrozen)).toMatch(client.refusals.blockedInLockfile);
    });

    test("has not told the upstream a credential or a name of our own", () => {
      expect(scene.upstream.requests.length).toBeGreaterThan(0);
      for (const { path, headers } of scene.upstream.requests) {
        expect(headers.authorization).toBeUndefined();
        expect(decodeURIComponent(path)).not.toMatch(/own/);
      }
    });
  });
}

function expectOwnUrls(client: Client, lockfile: string, registry: string): void {
  const urls = lockfile.match(/https?:\/\/[^"'\s)]+\.tgz/g) ?? [];
  if (client.recordsUrls) expect(urls.length).toBeGreaterThanOrEqual(4);
  else expect(lockfile).not.toContain(".tgz");
  for (const url of urls) expect(url.startsWith(registry), url).toBe(true);
}
