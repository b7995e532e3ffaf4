import {
  createTestClock,
  makePublishDocument,
  startTestApp,
  type TestApp,
  type TestClock,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ABBREVIATED = "application/vnd.npm.install-v1+json";
const NPM_INSTALL = `${ABBREVIATED}; q=1.0, application/json; q=0.8, */*`;
const MINUTE = 60_000;

const MANIFEST = {
  description: "Pads on the left",
  license: "MIT",
  homepage: "https://left.example",
  keywords: ["pad"],
  repository: { type: "git", url: "git+https://left.example/left.git" },
  author: "Ada",
  main: "index.js",
  scripts: { postinstall: "node build.js", test: "true" },
  dependencies: { pad: "^1.0.0" },
  devDependencies: { tap: "*" },
  peerDependencies: { host: ">=1" },
  peerDependenciesMeta: { host: { optional: true } },
  engines: { node: ">=18" },
  os: ["linux"],
  cpu: ["x64"],
  libc: ["glibc"],
  bin: { left: "cli.js" },
  funding: "https://left.example/fund",
};

let app: TestApp;
let clock: TestClock;
let firstAt: string;
let secondAt: string;

beforeAll(async () => {
  clock = createTestClock();
  app = await startTestApp({ now: clock.now });
  const ada = await app.as("ada");
  firstAt = new Date(clock.now()).toISOString();
  await ada.publish({ name: "left", version: "1.0.0", manifest: MANIFEST, readme: "# left\n" });
  clock.advance(MINUTE);
  secondAt = new Date(clock.now()).toISOString();
  await ada.publish({ name: "left", version: "1.1.0-beta.1", manifest: MANIFEST, tag: "beta" });
  clock.advance(MINUTE);
});
afterAll(() => app.close());

const left = (headers: Record<string, string> = {}): ReturnType<TestApp["request"]> =>
  app.admin.request("/npm/default/left", { headers });

describe("the full packument", () => {
  it("has every field that clients read", async () => {
    const { status, json, headers } = await left({ accept: "application/json" });
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(Object.keys(json).sort()).toEqual(
      [
        "_attachments",
        "_id",
        "_rev",
        "author",
        "description",
        "dist-tags",
        "homepage",
        "keywords",
        "license",
        "maintainers",
        "name",
        "readme",
        "readmeFilename",
        "repository",
        "time",
        "versions",
      ].sort(),
    );
    expect(json).toMatchObject({
      "_id": "left",
      "name": "left",
      "_rev": expect.stringMatching(/^2-[0-9a-f]+$/),
      "dist-tags": { latest: "1.0.0", beta: "1.1.0-beta.1" },
      "readme": "# left\n",
      "description": "Pads on the left",
      "maintainers": [{ name: "ada", email: "" }],
      "_attachments": {},
    });
  });

  it("shows of each version what was published, and what the server adds", async () => {
    const { json } = await left();
    const { bytes: _bytes, ...hashes } = makePublishDocument({
      name: "left",
      version: "1.0.0",
      manifest: MANIFEST,
    }).tarball;
    expect((json["versions"] as Record<string, unknown>)["1.0.0"]).toEqual({
      name: "left",
      version: "1.0.0",
      ...MANIFEST,
      _id: "left@1.0.0",
      _nodeVersion: "20.20.2",
      _npmVersion: "11.19.1",
      _npmUser: { name: "ada", email: "" },
      _hasShrinkwrap: false,
      hasInstallScript: true,
      dist: {
        integrity: hashes.integrity,
        shasum: hashes.shasum,
        fileCount: 1,
        unpackedSize: hashes.unpackedSize,
        tarball: `${app.url}/npm/default/left/-/left-1.0.0.tgz`,
      },
    });
  });
});

describe("the abbreviated packument", () => {
  it("has the listed fields only, and time beside them", async () => {
    const { json, headers } = await left({ accept: NPM_INSTALL });
    expect(headers["content-type"]).toBe(`${ABBREVIATED}; charset=utf-8`);
    expect(Object.keys(json).sort()).toEqual(["dist-tags", "modified", "name", "time", "versions"]);
    const version = (json["versions"] as Record<string, Record<string, unknown>>)["1.0.0"] ?? {};
    expect(Object.keys(version).sort()).toEqual(
      [
        "_hasShrinkwrap",
        "bin",
        "cpu",
        "dependencies",
        "devDependencies",
        "dist",
        "engines",
        "funding",
        "hasInstallScript",
        "libc",
        "name",
        "os",
        "peerDependencies",
        "peerDependenciesMeta",
        "version",
      ].sort(),
    );
  });

  it("is smaller than the full one", async () => {
    const [short, full] = [await left({ accept: NPM_INSTALL }), await left()];
    expect(short.bytes.length).toBeLessThan(full.bytes.length);
  });
});

describe("time", () => {
  it("is true and complete in both forms", async () => {
    const expected = { "created": firstAt, "modified": secondAt, "1.0.0": firstAt, "1.1.0-beta.1": secondAt };
    expect((await left()).json["time"]).toEqual(expected);
    const short = (await left({ accept: NPM_INSTALL })).json;
    expect(short["time"]).toEqual(expected);
    expect(short["modified"]).toBe(secondAt);
  });

  it("does not move for an owner change or a deprecation", async () => {
    const ada = await app.as("ada");
    await ada.publish({ name: "still", version: "1.0.0" });
    const before = (await ada.request("/npm/default/still")).json;
    clock.advance(MINUTE);
    const changed = await ada.request(`/npm/default/still/-rev/${String(before["_rev"])}`, {
      method: "PUT",
      body: { _id: "still", _rev: before["_rev"], maintainers: [{ name: "grace" }] },
    });
    expect(changed.status).toBe(201);
    const after = (await ada.request("/npm/default/still")).json;
    expect(after["maintainers"]).toEqual([{ name: "grace", email: "" }]);
    expect(after["_rev"]).not.toBe(before["_rev"]);
    expect(after["time"]).toEqual(before["time"]);
  });
});

describe("which form an Accept header gets", () => {
  it.each([
    [undefined, "full"],
    ["*/*", "full"],
    ["application/json", "full"],
    ["application/json; q=1.0, */*", "full"],
    ["text/html,*/*;q=0.8", "full"],
    ["application/json;", "full"],
    [ABBREVIATED, "abbreviated"],
    [NPM_INSTALL, "abbreviated"],
    [`*/*, application/json;q=0.8, ${ABBREVIATED}`, "abbreviated"],
    [`${ABBREVIATED.toUpperCase()}`, "abbreviated"],
    [`application/json, ${ABBREVIATED};q=0.1`, "full"],
    [`${ABBREVIATED};q=0, */*`, "full"],
  ])("%s: %s", async (accept, form) => {
    const { json } = await left(accept === undefined ? {} : { accept });
    expect("_rev" in json).toBe(form === "full");
  });
});

describe("validators", () => {
  it("differ for each form and encoding and hold together with Vary", async () => {
    const etags = new Set<unknown>();
    for (const accept of ["application/json", NPM_INSTALL]) {
      for (const encoding of ["gzip", "identity"]) {
        const { headers } = await left({ accept, "accept-encoding": encoding });
        expect(headers).toMatchObject({
          "vary": "accept, accept-encoding",
          "cache-control": "private, no-cache",
          "etag": expect.stringMatching(/^"[^"]+"$/),
        });
        expect(headers["content-encoding"]).toBe(encoding === "gzip" ? "gzip" : undefined);
        etags.add(headers.etag);
      }
    }
    expect(etags.size).toBe(4);
  });

  it("differ for each base URL, since tarball URLs do", async () => {
    const [npm, r] = [await left(), await app.admin.request("/r/default/left")];
    expect(npm.headers.etag).not.toBe(r.headers.etag);
  });

  it("answer 304 with the same headers and no body", async () => {
    for (const encoding of ["gzip", "identity"]) {
      const first = await left({ "accept-encoding": encoding });
      const etag = String(first.headers.etag);
      for (const match of [etag, `"other", ${etag}`, `W/${etag}`, "*"]) {
        const again = await left({ "accept-encoding": encoding, "if-none-match": match });
        expect([match, again.status, again.bytes.length]).toEqual([match, 304, 0]);
        expect(again.headers).toMatchObject({
          "etag": etag,
          "vary": first.headers.vary,
          "cache-control": first.headers["cache-control"],
        });
      }
    }
  });

  it("send the body to whoever has another form, another encoding or an old one", async () => {
    const short = await left({ "accept": NPM_INSTALL, "accept-encoding": "gzip" });
    const full = await left({ "accept-encoding": "gzip", "if-none-match": String(short.headers.etag) });
    expect(full.status).toBe(200);
    const identity = await left({ "if-none-match": String(full.headers.etag) });
    expect(identity.status).toBe(200);
  });

  it("change with every write that the packument shows", async () => {
    const ada = await app.as("ada");
    await ada.publish({ name: "moves", version: "1.0.0" });
    const before = await ada.request("/npm/default/moves");
    await ada.publish({ name: "moves", version: "1.0.1" });
    const after = await ada.request("/npm/default/moves", {
      headers: { "if-none-match": String(before.headers.etag) },
    });
    expect(after.status).toBe(200);
    expect(Object.keys(after.json["versions"] as object)).toEqual(["1.0.0", "1.0.1"]);
  });
});

describe("encodings and HEAD", () => {
  it.each(["gzip", "gzip, deflate, br", "zstd,gzip,deflate", "*", "x-gzip"])(
    "%s is answered with gzip",
    async (accepted) => {
      expect((await left({ "accept-encoding": accepted })).headers["content-encoding"]).toBe("gzip");
    },
  );

  it.each(["identity", "gzip;q=0", "br", "gzip/deflate", "deflate"])(
    "%s is answered as it is",
    async (accepted) => {
      const { headers, json } = await left({ "accept-encoding": accepted });
      expect(headers["content-encoding"]).toBeUndefined();
      expect(json["name"]).toBe("left");
    },
  );

  it("has the same headers for HEAD as for GET, and no body", async () => {
    for (const encoding of ["gzip", "identity"]) {
      const get = await left({ "accept-encoding": encoding });
      const head = await app.admin.request("/npm/default/left", {
        method: "HEAD",
        headers: { "accept-encoding": encoding },
      });
      const { date: _date, ...headers } = get.headers;
      expect(head.status).toBe(200);
      expect(head.headers).toMatchObject(headers);
      expect(head.bytes.length).toBe(0);
    }
  });

  it("tells the length of what it sends", async () => {
    const { headers, bytes } = await left({ "accept-encoding": "identity" });
    expect(headers["content-length"]).toBe(String(bytes.length));
  });
});

describe("a packument that is too large for the cache", () => {
  it("is shown anew after every change", async () => {
    const tight = await startTestApp({ file: "cache:\n  viewBytesMax: 1024\n" });
    for (let patch = 0; patch < 3; patch += 1) {
      await tight.admin.publish({ name: "huge", version: `1.0.${patch}` });
      for (let round = 0; round < 2; round += 1) {
        const headers = { "accept-encoding": "gzip" };
        const { json } = await tight.admin.request("/npm/default/huge", { headers });
        expect(Object.keys(json["versions"] as object)).toHaveLength(patch + 1);
      }
    }
    await tight.close();
  });
});

describe("a name that is not there", () => {
  it("is 404 with a text that says where was looked", async () => {
    const { status, json } = await app.admin.request("/npm/default/nothing");
    expect(status).toBe(404);
    expect(json).toMatchInlineSnapshot(`
      {
        "code": "package-not-found",
        "error": "The registry "default" has no package "nothing".",
        "message": "The registry "default" has no package "nothing".",
      }
    `);
  });
});
