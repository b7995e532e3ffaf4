import {
  makePackageTarball,
  makePublishDocument,
  startTestApp,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchange, openSocket, statusesIn } from "../http/raw-socket.ts";

type Json = Record<string, unknown>;

const KIB = 1024;
const LIMITS = `
limits:
  publishBytesMax: 262144
  metadataBytesMax: 131072
  tarballBytesMax: 65536
  tarballEntriesMax: 20
  unpackedBytesMax: 1048576
`;

let app: TestApp;
let small: TestApp;

beforeAll(async () => {
  [app, small] = await Promise.all([startTestApp(), startTestApp({ file: LIMITS })]);
});
afterAll(() => Promise.all([app.close(), small.close()]));

async function packument(name: string): Promise<Json> {
  return (await app.admin.request(`/npm/default/${name}`)).json;
}

function dependencies(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`dep-${index}`, "1"]));
}

describe("a README", () => {
  it("is kept whole up to 64 KiB", async () => {
    const readme = "r".repeat(64 * KIB);
    await app.admin.publish({ name: "readme-at", version: "1.0.0", readme });
    expect((await packument("readme-at"))["readme"]).toBe(readme);
  });

  it("is cut above that, at a whole character", async () => {
    await app.admin.publish({ name: "readme-over", version: "1.0.0", readme: "r".repeat(64 * KIB + 1) });
    expect((await packument("readme-over"))["readme"]).toBe("r".repeat(64 * KIB));
    await app.admin.publish({ name: "readme-wide", version: "1.0.0", readme: `r${"ö".repeat(32 * KIB)}` });
    expect((await packument("readme-wide"))["readme"]).toBe(`r${"ö".repeat(32 * KIB - 1)}`);
  });
});

describe("a description", () => {
  it.each([
    ["at", "d".repeat(255), "d".repeat(255)],
    ["over", "d".repeat(256), "d".repeat(255)],
    // Half of a surrogate pair would make the whole packument unreadable for strict parsers.
    ["split", `${"d".repeat(254)}🦊`, "d".repeat(254)],
    ["whole", `${"d".repeat(253)}🦊d`, `${"d".repeat(253)}🦊`],
  ])("is kept up to 255 characters: %s", async (what, description, kept) => {
    const name = `description-${what}`;
    await app.admin.publish({ name, version: "1.0.0", manifest: { description } });
    expect((await packument(name))["description"]).toBe(kept);
  });
});

describe("dependencies", () => {
  it.each(["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"])(
    "up to 1000 %s are taken, not one more",
    async (member) => {
      const name = `many-${member.toLowerCase()}`;
      const over = await app.admin.publish({
        name,
        version: "1.0.0",
        manifest: { [member]: dependencies(1001) },
      });
      expect([over.status, over.json.error]).toEqual([
        400,
        `"${member}" lists 1001 packages; at most 1000 are taken.`,
      ]);
      const at = await app.admin.publish({
        name,
        version: "1.0.0",
        manifest: { [member]: dependencies(1000) },
      });
      expect(at.status).toBe(201);
    },
  );

  it("must be an object", async () => {
    const { status, json } = await app.admin.publish({
      name: "list",
      version: "1.0.0",
      manifest: { dependencies: ["left"] },
    });
    expect([status, json.error]).toEqual([400, '"dependencies" is not an object.']);
  });
});

describe("tags", () => {
  it("may be 20 in one publish and 214 characters long", async () => {
    const { body } = makePublishDocument({ name: "tagged", version: "1.0.0" });
    const tags = (count: number): Json =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag-${index}`, "1.0.0"]));
    const put = (distTags: Json): Promise<TestResponse> =>
      app.admin.request("/npm/default/tagged", { method: "PUT", body: { ...body, "dist-tags": distTags } });
    expect((await put(tags(21))).json.error).toBe("More than 20 tags at once.");
    expect((await put({ ["t".repeat(215)]: "1.0.0" })).status).toBe(400);
    expect((await put({ ...tags(19), ["t".repeat(214)]: "1.0.0" })).status).toBe(201);
  });
});

describe("a body", () => {
  const head = (path: string, length: number, more = ""): string =>
    `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${small.admin.token}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`;

  it("that says it is too large is refused before it is sent", async () => {
    const socket = await openSocket(small.url);
    socket.send(head("/npm/default/giant", 10_000_000_000, "Expect: 100-continue\r\n"));
    const answer = await socket.closed();
    expect(statusesIn(answer)).toEqual([413]);
    expect(answer).toContain(
      '"error":"The request body is larger than 262144 bytes; raise limits.publishBytesMax to take it."',
    );
  });

  it("that turns out too large is refused with a text that arrives", async () => {
    const socket = await openSocket(small.url);
    socket.send(
      `PUT /npm/default/giant HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${small.admin.token}\r\n` +
        "Transfer-Encoding: chunked\r\n\r\n",
    );
    const start = '{"_attachments":{"giant-1.0.0.tgz":{"data":"';
    socket.send(`${start.length.toString(16)}\r\n${start}\r\n`);
    const chunk = `8000\r\n${"A".repeat(0x8000)}\r\n`;
    for (let sent = 0; sent < 40; sent += 1) socket.send(chunk);
    const answer = await socket.closed();
    expect(statusesIn(answer)).toEqual([413]);
    expect(answer).toMatch(/"error":"The (request body|tarball) is larger than \d+ bytes; raise limits/);
  });

  it("may not have more than the limit beside the tarball", async () => {
    const { status, json } = await small.admin.publish({
      name: "wordy",
      version: "1.0.0",
      readme: "w".repeat(140 * KIB),
    });
    expect([status, json.error]).toEqual([
      413,
      "The package document beside the tarball is larger than 131072 bytes.",
    ]);
  });

  it("may not have a tarball above the limit", async () => {
    const { status, json } = await small.admin.publish({
      name: "heavy",
      version: "1.0.0",
      files: { "a.bin": noise(80 * KIB) },
    });
    expect([status, json.error]).toEqual([
      413,
      "The tarball is larger than 65536 bytes; raise limits.tarballBytesMax to take it.",
    ]);
    expect(
      (await small.admin.publish({ name: "heavy", version: "1.0.0", files: { "a.bin": noise(30 * KIB) } }))
        .status,
    ).toBe(201);
  });

  it("may not unpack to more than the limit, nor to more files", async () => {
    const wide = await small.admin.publish({
      name: "wide",
      version: "1.0.0",
      files: { "a.bin": noise(600), "zeros.bin": Buffer.alloc(2 * 1024 * KIB) },
    });
    expect([wide.status, wide.json.error]).toEqual([400, "The tarball unpacks to more than 1048576 bytes."]);
    const files = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`${index}.js`, ""]));
    const many = await small.admin.publish({ name: "many", version: "1.0.0", files });
    expect([many.status, many.json.error]).toEqual([400, "The tarball has more than 20 entries."]);
  });

  it.each([
    ["a login", "/npm/default/-/user/org.couchdb.user:admin"],
    ["a tag", "/npm/default/-/package/left/dist-tags/next"],
    ["a revision", "/npm/default/left/-rev/1-1"],
  ])("of %s is bounded too", async (_what, path) => {
    const { status, json } = await small.admin.request(path, {
      method: "PUT",
      body: JSON.stringify("x".repeat(135 * KIB)),
    });
    expect(status).toBe(413);
    expect(json.error).toMatch(/^The request body is larger than \d+ bytes\.$/);
  });

  it("is refused with a text also when it is large and wrong at its start", async () => {
    const text = `${"[".repeat(300)}${" ".repeat(100 * KIB)}`;
    const answer = await exchange(small.url, `${head("/npm/default/deep", text.length)}${text}`);
    expect(statusesIn(answer)).toEqual([400]);
    expect(answer).toContain("The document is nested deeper than 200 levels.");
  });
});

/** Bytes that hardly compress. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let seed = 7;
  for (let at = 0; at < length; at += 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    bytes[at] = seed >> 8;
  }
  return bytes;
}

it("makes noise that is larger than the limit when packed", () => {
  expect(
    makePackageTarball({ name: "x", version: "1.0.0", files: { "a.bin": noise(80 * KIB) } }).bytes.length,
  ).toBeGreaterThan(65_536);
});
