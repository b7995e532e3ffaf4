import {
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;
let upstream: FakeUpstream;
let ada: Persona;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
  ada = await app.as("ada");
  for (const [minor, version] of ["1.0.0", "1.1.0", "1.2.0"].entries()) {
    upstream.publish({
      name: "left",
      version,
      time: Date.UTC(2024, minor, 1),
      ...(minor === 0 ? { deprecated: "use 1.1.0" } : {}),
      manifest: {
        description: `Left of ${version}`,
        keywords: ["pad", "left"],
        license: "MIT",
        homepage: "javascript:alert(1)",
        repository: { type: "git", url: "git+ssh://git@git.example/ada/left.git" },
        bugs: { url: "https://bugs.example/left" },
        scripts: minor === 2 ? { postinstall: "node steal.js", test: "true" } : {},
        dependencies: { pad: "^1.0.0" },
        engines: { node: ">=20" },
        _npmUser: { name: "ada", email: "ada@example.test" },
      },
    });
  }
  await ada.publish({
    name: "@acme/own",
    version: "1.0.0",
    manifest: { description: "Our own", license: "Apache 2", dependencies: { left: "1" } },
  });
  await ada.publish({ name: "@acme/own", version: "1.1.0", tag: "next" });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

const get = (who: Persona, path: string): Promise<TestResponse> =>
  who.request(`/api/v1/registries/default/packages/${path}`);

type Entry = Record<string, unknown> & { version: string };

const versionsOf = ({ json }: TestResponse): string[] =>
  (json["items"] as Entry[]).map(({ version }) => version);

async function block(version: string): Promise<() => Promise<unknown>> {
  const path = `/api/v1/registries/default/packages/left/versions/${version}/status`;
  const body = { status: "blocked", reason: "it steals" };
  expect((await app.admin.request(path, { method: "PUT", body })).status).toBe(200);
  return () => app.admin.request(path, { method: "DELETE" });
}

describe("a package of an upstream", () => {
  it("is described by its latest version, with links that are safe to follow", async () => {
    const { status, json } = await get(ada, "left");
    expect(status).toBe(200);
    expect(json).toMatchObject({
      registry: "default",
      package: "left",
      origin: "remote",
      claim: null,
      upstream: { isFresh: true, freshUntil: expect.any(String) },
      description: "Left of 1.2.0",
      keywords: ["pad", "left"],
      links: {
        homepage: null,
        repository: "https://git.example/ada/left",
        bugs: "https://bugs.example/left",
      },
      maintainers: [{ name: "ada", email: "ada@example.test" }],
      distTags: { latest: "1.2.0" },
      movedTags: [],
      versionCount: 3,
      hiddenCount: 0,
      versions: { next: null, total: 3 },
    });
    expect(json["latest"]).toMatchObject({
      version: "1.2.0",
      publishedAt: "2024-03-01T00:00:00.000Z",
      origin: "remote",
      tags: ["latest"],
      verdict: { outcome: "allow" },
      publisher: "ada",
      sizeBytes: null,
      unpackedSizeBytes: expect.any(Number),
      installScripts: { postinstall: "node steal.js" },
      licence: { declared: "MIT", kind: "expression" },
      advisories: [],
    });
  });

  it("is remote until a tarball of it came here, and that version is cached then", async () => {
    upstream.publish({ name: "visited", version: "1.0.0" });
    upstream.publish({ name: "visited", version: "2.0.0" });
    expect((await get(ada, "visited")).json["origin"]).toBe("remote");
    await ada.request("/npm/default/visited/-/visited-1.0.0.tgz");
    await expect.poll(async () => (await get(ada, "visited")).json["origin"]).toBe("cached");
    const { json } = await get(ada, "visited/versions");
    const origins = (json["items"] as Entry[]).map(({ version, origin, sizeBytes }) => [
      version,
      origin,
      typeof sizeBytes,
    ]);
    expect(origins).toEqual([
      ["2.0.0", "remote", "object"],
      ["1.0.0", "cached", "number"],
    ]);
  });

  it("is not there where the upstream has none", async () => {
    expect((await get(ada, "absent")).status).toBe(404);
    expect((await get(ada, "left/versions/9.9.9")).status).toBe(404);
  });

  it("shows a refused version with the reason, and what it says of itself to managers only", async () => {
    const undo = await block("1.2.0");
    const { json } = await get(ada, "left");
    expect(json).toMatchObject({
      description: "Left of 1.1.0",
      distTags: { latest: "1.1.0" },
      movedTags: [{ tag: "latest", from: "1.2.0", to: "1.1.0" }],
      hiddenCount: 1,
    });
    const refused = {
      outcome: "deny",
      rule: "operator-status",
      reason: expect.stringContaining("it steals"),
    };
    const seen = await get(ada, "left/versions/1.2.0");
    expect(seen.json).toMatchObject({ verdict: refused, installScripts: null, dependencies: null });
    expect(seen.text).not.toContain("steal.js");
    expect((await get(ada, "left/versions")).text).not.toContain("steal.js");
    expect((await get(app.admin, "left/versions/1.2.0")).json).toMatchObject({
      verdict: refused,
      installScripts: { postinstall: "node steal.js" },
    });
    expect(versionsOf(await get(ada, "left/versions?status=refused"))).toEqual(["1.2.0"]);
    expect(versionsOf(await get(ada, "left/versions?status=allowed"))).toEqual(["1.1.0", "1.0.0"]);
    await undo();
  });

  it("says that there is nothing to be had where every version is refused", async () => {
    const undo = await block("*");
    const { status, json } = await get(ada, "left");
    expect([status, json["latest"], json["description"], json["hiddenCount"]]).toEqual([200, null, null, 3]);
    await undo();
  });
});

describe("versions of a package", () => {
  it("come in pages, the newest first, and by a part of their number", async () => {
    const first = await get(ada, "left/versions?limit=2");
    expect([versionsOf(first), first.json["next"], first.json["total"]]).toEqual([
      ["1.2.0", "1.1.0"],
      "1.1.0",
      3,
    ]);
    const second = await get(ada, "left/versions?limit=2&cursor=1.1.0");
    expect([versionsOf(second), second.json["next"]]).toEqual([["1.0.0"], null]);
    expect(versionsOf(await get(ada, "left/versions?query=1.1"))).toEqual(["1.1.0"]);
    expect((await get(ada, "left/versions?status=odd")).status).toBe(400);
  });

  it("have their dependencies and what they ask of the engine, one by one", async () => {
    const { json } = await get(ada, "left/versions/1.0.0");
    expect(json).toMatchObject({
      version: "1.0.0",
      deprecated: "use 1.1.0",
      engines: { node: ">=20" },
      dependencies: { dependencies: { pad: "^1.0.0" }, devDependencies: {} },
    });
  });
});

describe("a package of our own", () => {
  it("has its size, who published it, and the tags of its versions", async () => {
    const { json } = await get(ada, "@acme%2fown");
    expect(json).toMatchObject({
      package: "@acme/own",
      origin: "local",
      upstream: null,
      description: "Our own",
      distTags: { latest: "1.0.0", next: "1.1.0" },
      versionCount: 2,
    });
    expect((json["versions"] as { items: Entry[] }).items).toMatchObject([
      { version: "1.1.0", tags: ["next"], publisher: "ada", origin: "local" },
      {
        version: "1.0.0",
        tags: ["latest"],
        sizeBytes: expect.any(Number),
        licence: { declared: "Apache-2.0" },
      },
    ]);
  });

  it("is shown to those who may see it", async () => {
    const rule = {
      effect: "restrict",
      subject: "user",
      name: "ada",
      permissions: ["view"],
      packages: "@acme/own",
    };
    const made = await app.admin.request("/api/v1/access-rules", { method: "POST", body: rule });
    for (const path of ["@acme%2fown", "@acme%2fown/versions", "@acme%2fown/versions/1.0.0"]) {
      expect((await get(ada, path)).status).toBe(403);
      expect((await get(app.admin, path)).status).toBe(200);
    }
    await app.admin.request(`/api/v1/access-rules/${String(made.json["id"])}`, { method: "DELETE" });
  });
});
