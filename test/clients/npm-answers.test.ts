/** What npm makes of answers that a registry may give: redirects and notices. */
import { once } from "node:events";
import { createServer, request as forward, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { npm11, npmrc, type Client } from "./clients.ts";
import { setScene, type SeenRequest } from "./scene.ts";

const scene = setScene();

/** What a server before ours does with a GET or a write of this path. */
type Change = (path: string) => { location: string } | { headers: OutgoingHttpHeaders };

const fronts: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of fronts.splice(0)) await close();
});

/** Starts a server before ours, on a port of its own; gives its URL. */
async function startFront(change: Change): Promise<string> {
  const server = createServer((incoming, response) => {
    const { url: path = "", method, headers } = incoming;
    const changed = change(path);
    if ("location" in changed) {
      response.writeHead(301, { location: changed.location }).end();
      return;
    }
    const outgoing = forward(`${scene.app.url}${path}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...changed.headers });
      answer.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  fronts.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** npm 11 that knows a token for this registry and for no other. */
function npmFor(registry: string): Client {
  return { ...npm11, settings: () => ({ ".npmrc": npmrc({ registry, token: scene.dev.token }) }) };
}

describe("a redirect of a document", () => {
  let opened: Promise<void> | undefined;

  /** Makes the registry `open`, which anybody may read, over the upstream of `default`. */
  async function openRegistry(): Promise<void> {
    const { admin } = scene.app;
    const body = { name: "open", anonymousRead: true };
    const made = await admin.request("/api/v1/registries", { method: "POST", body });
    expect(made.status).toBe(201);
    const { upstreams } = (await admin.request("/api/v1/registries/default")).json;
    const path = "/api/v1/registries/open/upstreams";
    expect((await admin.request(path, { method: "PUT", body: { upstreams } })).status).toBe(200);
  }

  /** Installs a package through a redirect to `origin`; gives what the lockfile says and what we were asked. */
  async function installAcross(
    origin: string,
    names: { asked: string; given: string },
  ): Promise<{ locked: unknown; seen: SeenRequest[] }> {
    await (opened ??= openRegistry());
    const front = await startFront(() => ({ location: `${origin}/npm/open/${names.given}` }));
    const npm = scene.start(npmFor(`${front}/`), { env: { NO_PROXY: "127.0.0.1,localhost" } });
    scene.forget();
    await npm.run("install", names.asked, "--no-audit");
    const lockfile = npm.json<{ packages: Record<string, unknown> }>("package-lock.json");
    return { locked: lockfile.packages[`node_modules/${names.asked}`], seen: [...scene.seen] };
  }

  test("to another port is followed with the credential; the tarball comes from the target", async () => {
    const { locked, seen } = await installAcross(scene.app.url, { asked: "left", given: "left" });
    expect(locked).toMatchObject({ resolved: `${scene.app.url}/npm/open/left/-/left-1.1.0.tgz` });
    expect(seen.map(({ path, status, principal }) => ({ path, status, principal }))).toEqual([
      { path: "/npm/open/left", status: 200, principal: "dev" },
      { path: "/npm/open/left/-/left-1.1.0.tgz", status: 200, principal: null },
    ]);
  });

  test("to another host name is followed without the credential", async () => {
    const origin = scene.app.url.replace("127.0.0.1", "localhost");
    const { locked, seen } = await installAcross(origin, { asked: "left", given: "left" });
    expect(locked).toMatchObject({ resolved: `${origin}/npm/open/left/-/left-1.1.0.tgz` });
    expect(seen.map(({ principal }) => principal)).toEqual([null, null]);
  });

  test("may lead to a document of another name", async () => {
    const { locked } = await installAcross(scene.app.url, { asked: "renamed", given: "left" });
    expect(locked).toMatchObject({
      version: "1.1.0",
      resolved: `${scene.app.url}/npm/open/left/-/left-1.1.0.tgz`,
    });
  });
});

describe("a notice", () => {
  const NOTICE = "Mirrors close at noon.";

  async function registryThatSays(headers: OutgoingHttpHeaders): Promise<string> {
    const front = await startFront(() => ({ headers: { "npm-notice": NOTICE, ...headers } }));
    return `${front}/npm/default/`;
  }

  test("of ours tells why a tarball is refused", async () => {
    const npm = scene.start(npm11);
    expect(await npm.fail("install", `${scene.registry}risky/-/risky-1.1.0.tgz`)).toMatch(
      /^npm notice risky@1\.1\.0 is blocked in the registry default: INC-42: steals tokens/m,
    );
  });

  test("is printed with an error and with a write, and not with a document that may be kept", async () => {
    const registry = await registryThatSays({});
    const npm = scene.start(npmFor(registry), { manifest: { name: "own-noticed" } });
    expect(await npm.fail("view", "nowhere")).toContain(`npm notice ${NOTICE}`);
    expect(await npm.run("publish")).toContain(`npm notice ${NOTICE}`);
    expect(await npm.run("view", "left", "version")).not.toContain("notice");
  });

  test("is printed with a document that may not be kept", async () => {
    const registry = await registryThatSays({ "cache-control": "no-store" });
    expect(await scene.start(npmFor(registry)).run("view", "left", "version")).toContain(
      `npm notice ${NOTICE}`,
    );
  });
});
