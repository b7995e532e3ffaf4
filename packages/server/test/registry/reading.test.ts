import {
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type PublishDocument,
  type PublishedVersion,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ABBREVIATED = "application/vnd.npm.install-v1+json";

let app: TestApp;
let upstream: FakeUpstream;

const at = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<TestResponse> =>
  app.admin.request(`/npm/default/${path}`, { headers, method });

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

describe("one version of a package", () => {
  beforeAll(async () => {
    for (const version of ["1.0.0", "1.2.0", "1.3.0-rc.1", "2.0.0"]) {
      const tag = version === "2.0.0" ? "next" : "latest";
      await app.admin.publish({ name: "@acme/left", version, tag, manifest: { scripts: { test: "true" } } });
    }
    for (const [time, version] of ["1.0.0", "1.2.0", "2.0.0"].entries()) {
      upstream.publish({ name: "right", version, time: Date.UTC(2025, 1, 1 + time) });
    }
    await app.admin.request("/npm/default/-/package/@acme%2fleft/dist-tags/latest", {
      method: "PUT",
      body: '"1.2.0"',
    });
  });

  it.each([
    ["@acme/left/1.0.0", "1.0.0"],
    ["@acme/left/latest", "1.2.0"],
    ["@acme/left/next", "2.0.0"],
    ["@acme/left/^1.0.0", "1.2.0"],
    ["@acme/left/%5E1.0.0", "1.2.0"],
    ["@acme/left/~1.0.0", "1.0.0"],
    ["@acme/left/1.x", "1.2.0"],
    ["@acme/left/*", "2.0.0"],
    ["@acme/left/%3E%3D1.0.0%20%3C2.0.0", "1.2.0"],
    ["@acme/left/^1.3.0-rc.0", "1.3.0-rc.1"],
    ["right/latest", "2.0.0"],
    ["right/^1.0.0", "1.2.0"],
    ["right/1.0.0", "1.0.0"],
  ])("%s is %s", async (path, version) => {
    const { status, json, headers } = await at(path);
    expect([status, json["version"]]).toEqual([200, version]);
    const name = path.slice(0, path.lastIndexOf("/"));
    const base = name.slice(name.indexOf("/") + 1);
    expect(json["dist"]).toMatchObject({
      tarball: `${app.url}/npm/default/${name}/-/${base}-${version}.tgz`,
    });
    expect(headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "private, no-cache",
    });
  });

  it("is the full manifest, or the abbreviated one for who asks for it", async () => {
    expect((await at("@acme/left/1.0.0")).json).toHaveProperty("scripts");
    expect((await at("@acme/left/1.0.0", { accept: ABBREVIATED })).json).not.toHaveProperty("scripts");
  });

  it.each([
    "@acme/left/9.9.9",
    "@acme/left/^9.0.0",
    "@acme/left/nope",
    "right/9.9.9",
    "@acme/left/1.0.0/more",
    "@acme/left/v1.x.y",
  ])("%s is 404 with a text", async (path) => {
    const { status, json } = await at(path);
    const [name, selector] = path.startsWith("@")
      ? ["@acme/left", path.slice("@acme/left/".length)]
      : path.split("/");
    expect([status, json.error]).toEqual([404, `version not found: ${name}@${selector}`]);
  });

  it("has the same headers for HEAD", async () => {
    const { status, headers, bytes } = await at("@acme/left/1.0.0", {}, "HEAD");
    expect([status, bytes.length]).toEqual([200, 0]);
    expect(headers["content-length"]).toBe(String((await at("@acme/left/1.0.0")).bytes.length));
  });
});

describe("an upstream version with build metadata", () => {
  beforeAll(() => {
    upstream.publish({ name: "plus", version: "1.0.0", time: Date.UTC(2024, 0, 1) });
    upstream.publish({ name: "plus", version: "1.1.0+4.17.0", time: Date.UTC(2024, 0, 2) });
  });

  it("is listed without it; its tarball and integrity are the upstream's", async () => {
    const { json } = await at("plus");
    expect(Object.keys(json["versions"] as object)).toEqual(["1.0.0", "1.1.0"]);
    expect(json["dist-tags"]).toEqual({ latest: "1.1.0" });
    const document = upstream.document("plus") as {
      versions: Record<string, { dist: { integrity: string } }>;
    };
    const shown = (json["versions"] as Record<string, { version: string; dist: Record<string, string> }>)[
      "1.1.0"
    ];
    expect(shown).toMatchObject({
      version: "1.1.0",
      dist: {
        integrity: document.versions["1.1.0+4.17.0"]?.dist.integrity,
        upstreamVersion: "1.1.0+4.17.0",
        tarball: `${app.url}/npm/default/plus/-/plus-1.1.0.tgz`,
      },
    });
    expect((json["time"] as Record<string, string>)["1.1.0"]).toBe("2024-01-02T00:00:00.000Z");
  });

  it.each(["1.1.0", "1.1.0+4.17.0", "1.1.0%2B4.17.0", "1.1.0+other"])("answers to %s", async (spelling) => {
    expect((await at(`plus/${spelling}`)).json["version"]).toBe("1.1.0");
    const tarball = await at(`plus/-/plus-${spelling}.tgz`);
    expect(tarball.status).toBe(200);
    const { dist } = (await at("plus/1.1.0")).json as { dist: { unpackedSize: number } };
    expect(dist.unpackedSize).toBeGreaterThan(0);
  });

  it("of which there are two shows the one that was published last", async () => {
    const older = upstream.publish({
      name: "two",
      version: "1.0.0+a",
      time: Date.UTC(2024, 0, 1),
      files: { a: "a" },
    });
    const newer = upstream.publish({
      name: "two",
      version: "1.0.0+b",
      time: Date.UTC(2024, 0, 2),
      files: { a: "b" },
    });
    const { json } = await at("two");
    const versions = json["versions"] as Record<string, { dist: { integrity: string } }>;
    expect(Object.keys(versions)).toEqual(["1.0.0"]);
    expect(versions["1.0.0"]?.dist.integrity).toBe(newer.integrity);
    expect((await at("two/-/two-1.0.0.tgz")).bytes.equals(newer.bytes)).toBe(true);
    expect(newer.integrity).not.toBe(older.integrity);
  });
});

describe.each(["local", "cached"])("a %s tarball", (origin) => {
  const name = `tar-${origin}`;
  const path = `${name}/-/${name}-1.0.0.tgz`;
  let packed: PublishDocument["tarball"] | PublishedVersion;

  beforeAll(async () => {
    const input = { name, version: "1.0.0", files: { "index.js": "0123456789".repeat(2000) } };
    if (origin === "cached") packed = upstream.publish(input);
    else packed = (await app.admin.publish(input)).document.tarball;
  });

  it("comes whole, with length, ETag and for ever", async () => {
    for (let round = 0; round < 3; round += 1) {
      const { status, headers, bytes } = await at(path, { "accept-encoding": "gzip, br" });
      expect(status).toBe(200);
      expect(bytes.equals(packed.bytes)).toBe(true);
      expect(headers).toMatchObject({
        "content-type": "application/octet-stream",
        "content-length": String(packed.bytes.length),
        "cache-control": "private, max-age=31536000, immutable",
        "accept-ranges": "bytes",
        "etag": expect.stringMatching(/^"[0-9a-f]{43}"$/),
      });
      expect(headers).not.toHaveProperty("content-encoding");
    }
  });

  it("has the same headers for HEAD", async () => {
    const get = await at(path);
    const head = await at(path, {}, "HEAD");
    const { date: _date, ...headers } = get.headers;
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
    expect(head.headers).toMatchObject(headers);
  });

  it("is 304 for who has it, also for a part of it", async () => {
    const etag = String((await at(path)).headers.etag);
    expect((await at(path, { "if-none-match": etag })).status).toBe(304);
    expect((await at(path, { "if-none-match": etag, "range": "bytes=0-9" })).status).toBe(304);
    expect((await at(path, { "if-none-match": '"other"' })).status).toBe(200);
  });

  it.each([
    ["bytes=0-0", 0, 0],
    ["bytes=0-9", 0, 9],
    ["bytes=100-", 100, null],
    ["bytes=-10", -10, null],
    ["bytes=10-99999999", 10, null],
    ["bytes=-99999999", 0, null],
  ])("comes in part for %s", async (range, start, end) => {
    const size = packed.bytes.length;
    const first = start < 0 ? size + start : start;
    const last = end ?? size - 1;
    const { status, headers, bytes } = await at(path, { range });
    expect(status).toBe(206);
    expect(headers["content-range"]).toBe(`bytes ${first}-${last}/${size}`);
    expect(headers["content-length"]).toBe(String(last - first + 1));
    expect(bytes.equals(packed.bytes.subarray(first, last + 1))).toBe(true);
  });

  it("is 416 beyond its end", async () => {
    for (const range of [`bytes=${packed.bytes.length}-`, "bytes=99999999-", "bytes=-0"]) {
      const { status, headers, json } = await at(path, { range });
      expect([range, status]).toEqual([range, 416]);
      expect(headers["content-range"]).toBe(`bytes */${packed.bytes.length}`);
      expect(typeof json.error).toBe("string");
    }
  });

  it.each(["bytes=9-0", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=-", ""])(
    "comes whole for the range %j",
    async (range) => {
      const { status, bytes } = await at(path, { range });
      expect([status, bytes.length]).toEqual([200, packed.bytes.length]);
    },
  );

  it("comes in part only while If-Range holds", async () => {
    const etag = String((await at(path)).headers.etag);
    const ask = async (ifRange: string): Promise<number> =>
      (await at(path, { "range": "bytes=0-9", "if-range": ifRange })).status;
    expect(await ask(etag)).toBe(206);
    expect(await ask('"other"')).toBe(200);
    expect(await ask("Wed, 21 Oct 2025 07:28:00 GMT")).toBe(200);
  });

  it.each([
    `${name}/-/${name}-9.9.9.tgz`,
    `${name}/-/other-1.0.0.tgz`,
    `${name}/-/${name}-1.0.0.zip`,
    `${name}/-/${name}.tgz`,
    `${name}/-/${name}-latest.tgz`,
    `${name}/-/${name}-1.0.0.tgz.tgz`,
    `${name}/-/x/y/${name}-2.0.0.tgz`,
  ])("is 404 with a text under %s", async (wrong) => {
    const { status, json } = await at(wrong);
    expect([wrong, status, typeof json.error]).toEqual([wrong, 404, "string"]);
  });
});

describe("a tarball too large for memory", () => {
  it("is streamed whole and in part", async () => {
    const files = { "big.bin": noise(3 * 1024 * 1024) };
    const { document } = await app.admin.publish({ name: "big", version: "1.0.0", files });
    const { bytes } = document.tarball;
    expect((await at("big/-/big-1.0.0.tgz")).bytes.equals(bytes)).toBe(true);
    const part = await at("big/-/big-1.0.0.tgz", { range: "bytes=2000000-2999999" });
    expect(part.bytes.equals(bytes.subarray(2_000_000, 3_000_000))).toBe(true);
    expect((await at("big/-/big-1.0.0.tgz", {}, "HEAD")).headers["content-length"]).toBe(
      String(bytes.length),
    );
  });
});

/** Bytes that hardly compress. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let seed = 7;
  for (let index = 0; index < length; index += 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    bytes[index] = seed >> 8;
  }
  return bytes;
}
