import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  factsOfManifest,
  indexSummary,
  readVersionFacts,
  sliceManifest,
  type ViewOptions,
  plainContext,
} from "@entrepot/core";
import { afterAll, describe, expect, test } from "vitest";
import {
  createThreadPool,
  TARBALL_LIMITS,
  type ThreadPool,
  type ThreadPoolOptions,
} from "../../src/threads/index.ts";

const pools: ThreadPool[] = [];

function newPool(options: ThreadPoolOptions): ThreadPool {
  const pool = createThreadPool(options);
  pools.push(pool);
  return pool;
}

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
});

const view: ViewOptions = {
  form: "full",
  packageUrl: "http://127.0.0.1:4873/npm/default/left",
  policy: plainContext({ registry: "default" }),
};

function document(name: string, rest: object = {}): Buffer {
  const manifest = {
    name,
    version: "1.0.0",
    dist: { tarball: "https://upstream.test/x.tgz", integrity: "sha512-x" },
  };
  return Buffer.from(
    JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, "versions": { "1.0.0": manifest }, ...rest }),
  );
}

function parse(gzip: Uint8Array): {
  versions: Record<string, { dist: { tarball: string } }>;
  _policy?: unknown;
} {
  return JSON.parse(gunzipSync(gzip).toString()) as ReturnType<typeof parse>;
}

describe("tasks on documents", () => {
  const pool = newPool({ size: 2 });
  const sizeBytesMax = 1_000_000;

  test("a gzipped document is kept as it came, indexed and rendered", async () => {
    const body = gzipSync(document("left"), { level: 9 });
    const result = await pool.run("ingestDocument", { name: "left", body, isGzip: true, sizeBytesMax, view });
    expect(Buffer.from(result.document)).toEqual(body);
    expect(result.documentDigest).toBe(createHash("sha512").update(body).digest("hex"));
    expect(indexSummary(result.index)).toMatchObject({ name: "left", versions: ["1.0.0"] });
    expect(readVersionFacts(result.index, "1.0.0")).toMatchObject({ integrity: "sha512-x" });
    const rendered = parse(result.view?.gzip ?? new Uint8Array());
    expect(rendered.versions["1.0.0"]?.dist.tarball).toBe(`${view.packageUrl}/-/left-1.0.0.tgz`);
    expect(result.view).toMatchObject({ shown: 1, hidden: [] });
  });

  test("a plain document is compressed", async () => {
    const body = document("left");
    const result = await pool.run("ingestDocument", { name: "left", body, isGzip: false, sizeBytesMax });
    expect(gunzipSync(result.document)).toEqual(body);
    expect(result.documentDigest).toBe(createHash("sha512").update(result.document).digest("hex"));
    expect(result.view).toBeUndefined();
  });

  test("a stored document is rendered under policy", async () => {
    const statuses: ViewOptions["policy"]["statuses"] = new Map([
      ["1.0.0", { status: "blocked", reason: "miner", setBy: "ada", setAt: 1 }],
    ]);
    const blocked = { ...view, policy: { ...view.policy, statuses } };
    const result = await pool.run("renderUpstreamView", {
      document: gzipSync(document("left")),
      sizeBytesMax,
      view: blocked,
    });
    expect(result.shown).toBe(0);
    expect(result.hidden).toEqual([["1.0.0", expect.objectContaining({ outcome: "deny", reason: "miner" })]]);
    expect(result.sizeBytes).toBe(gunzipSync(result.gzip).length);
    expect(parse(result.gzip)._policy).toMatchObject({ droppedTags: { latest: "1.0.0" } });
  });

  test("one version is picked out of a view", async () => {
    const gzip = gzipSync(document("left"));
    for (const selector of ["1.0.0", "1.0.0+build", "latest", "^1.0.0"]) {
      const { manifest, tags } = await pool.run("selectManifest", { gzip, sizeBytesMax, selector });
      expect(JSON.parse(Buffer.from(manifest ?? []).toString())).toMatchObject({
        name: "left",
        version: "1.0.0",
      });
      expect(tags).toEqual({ latest: "1.0.0" });
    }
    for (const selector of ["2.0.0", "next", "constructor", "__proto__", null]) {
      expect(await pool.run("selectManifest", { gzip, sizeBytesMax, selector })).toMatchObject({
        manifest: null,
      });
    }
  });

  test("a local package is rendered", async () => {
    const manifest = { name: "left", version: "1.0.0", dist: {} };
    const facts = factsOfManifest(manifest, { version: "1.0.0", origin: "local", publishedAt: null });
    const publishedAt = "2026-01-01T00:00:00.000Z";
    const packument = {
      name: "left",
      rev: "1-a",
      removedTimes: [],
      distTags: [["latest", "1.0.0"]] as const,
      maintainers: [],
      users: {},
      versions: [
        {
          version: "1.0.0",
          slice: sliceManifest(manifest).full,
          facts,
          publishedAt,
        },
      ],
      readme: null,
      readmeFilename: null,
      createdAt: publishedAt,
      modifiedAt: publishedAt,
    };
    const result = await pool.run("renderLocalView", { packument, view });
    expect(parse(result.gzip).versions["1.0.0"]?.dist.tarball).toBe(`${view.packageUrl}/-/left-1.0.0.tgz`);
  });

  test.each<[string, Buffer, boolean, string]>([
    ["another package", document("right"), false, "of another package"],
    ["no JSON", Buffer.from("<html>"), false, "not valid JSON"],
    ["no gzip", document("left"), true, "not whole, valid gzip"],
    ["cut gzip", gzipSync(document("left")).subarray(0, -5), true, "not whole, valid gzip"],
    ["too much", document("left", { readme: "x".repeat(1_000_000) }), false, "larger than 1000000 bytes"],
    [
      "too much in gzip",
      gzipSync(document("left", { readme: "x".repeat(1_000_000) })),
      true,
      "larger than 1000000 bytes",
    ],
    ["a bomb", gzipSync(Buffer.alloc(100_000_000)), true, "larger than 1000000 bytes"],
  ])("refuses %s", async (...[, body, isGzip, complaint]) => {
    const run = pool.run("ingestDocument", { name: "left", body, isGzip, sizeBytesMax });
    await expect(run).rejects.toMatchObject({
      code: "upstream-invalid",
      message: expect.stringContaining(complaint) as string,
    });
  });

  test("input is copied, or given away if asked", async () => {
    const pooled = Buffer.from(document("left"));
    await pool.run("ingestDocument", { name: "left", body: pooled, isGzip: false, sizeBytesMax });
    expect(pooled.toString()).toContain("left");
    const own = new Uint8Array(document("left"));
    await pool.run("ingestDocument", { name: "left", body: own, isGzip: false, sizeBytesMax }, [own.buffer]);
    expect(own.byteLength).toBe(0);
  });

  test("many at once all get their own answer", async () => {
    const names = Array.from({ length: 60 }, (_, index) => `left-${index}`);
    const results = await Promise.all(
      names.map((name) =>
        pool.run("ingestDocument", { name, body: document(name), isGzip: false, sizeBytesMax }),
      ),
    );
    expect(results.map((result) => indexSummary(result.index).name)).toEqual(names);
  });
});

/** A module for threads that does not do what threads do. */
function moduleUrl(code: string): URL {
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from "node:worker_threads"; ${code}`)}`,
  );
}

const input = { name: "left", body: new Uint8Array(1), isGzip: false, sizeBytesMax: 10 };
const HANGING = moduleUrl('parentPort.on("message", () => {});');
/** Crashes on the first byte 1, answers else. */
const CRASHING = moduleUrl(
  `parentPort.on("message", ({ id, input }) => {
    if (input.body[0] === 1) throw new Error("crash");
    parentPort.postMessage({ id, output: "fine" });
  });`,
);

describe("the pool", () => {
  test("rejects the task of a thread that crashes, and goes on with another thread", async () => {
    const pool = newPool({ size: 1, workerUrl: CRASHING });
    const crash = pool.run("ingestDocument", { ...input, body: Uint8Array.of(1) });
    const next = pool.run("ingestDocument", input);
    await expect(crash).rejects.toMatchObject({
      code: "internal",
      cause: expect.objectContaining({ message: "crash" }) as Error,
    });
    expect(await next).toBe("fine");
  });

  test("rejects the task of a thread that ends", async () => {
    const pool = newPool({
      size: 1,
      workerUrl: moduleUrl('parentPort.on("message", () => process.exit(3));'),
    });
    await expect(pool.run("ingestDocument", input)).rejects.toMatchObject({ code: "internal" });
  });

  test("rejects tasks when the threads' module does not load", async () => {
    const pool = newPool({ size: 1, workerUrl: moduleUrl("throw new Error('broken');") });
    await expect(pool.run("ingestDocument", input)).rejects.toMatchObject({ code: "internal" });
    await expect(pool.run("ingestDocument", input)).rejects.toMatchObject({ code: "internal" });
  });

  test("gives up on a task that takes too long", async () => {
    const pool = newPool({ size: 1, workerUrl: HANGING, taskMsMax: 20 });
    const runs = [pool.run("ingestDocument", input), pool.run("ingestDocument", input)];
    for (const run of await Promise.allSettled(runs)) {
      expect(run).toMatchObject({
        status: "rejected",
        reason: { code: "internal", message: "A task took longer than 20 ms." },
      });
    }
  });

  test("refuses more than may wait, and everything when it closes", async () => {
    const pool = newPool({ size: 1, workerUrl: HANGING, queueMax: 1 });
    const runs = [pool.run("ingestDocument", input), pool.run("ingestDocument", input)];
    await expect(pool.run("ingestDocument", input)).rejects.toMatchObject({ code: "overloaded" });
    const settled = Promise.allSettled(runs);
    await pool.close();
    for (const run of await settled) {
      expect(run).toMatchObject({ status: "rejected", reason: { code: "overloaded" } });
    }
    await expect(pool.run("ingestDocument", input)).rejects.toMatchObject({ code: "overloaded" });
  });

  test("ends idle threads and starts new ones when there is work again", async () => {
    const pool = newPool({ size: 1, workerUrl: CRASHING, idleMsMax: 1, lastIdleMsMax: 1 });
    for (let round = 0; round < 3; round += 1) {
      expect(await pool.run("ingestDocument", input)).toBe("fine");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  test("keeps its last thread for longer, and starts one ahead of work", async () => {
    const counting = moduleUrl(
      `let count = 0;
      parentPort.on("message", ({ id }) => parentPort.postMessage({ id, output: (count += 1) }));`,
    );
    const pool = newPool({ size: 2, workerUrl: counting, idleMsMax: 1 });
    pool.warm();
    pool.warm();
    const outputs: unknown[] = [];
    for (let round = 0; round < 3; round += 1) {
      outputs.push(await pool.run("ingestDocument", input));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(outputs).toEqual([1, 2, 3]);
    await pool.close();
    pool.warm();
    await expect(pool.run("ingestDocument", input)).rejects.toMatchObject({ code: "overloaded" });
  });

  test("keeps a thread free of what people look into, however short the tarballs are", async () => {
    const pool = newPool({
      size: 2,
      workerUrl: moduleUrl(
        `parentPort.on("message", ({ id, input }) => {
          if (input.body !== undefined) parentPort.postMessage({ id, output: "fine" });
        });`,
      ),
    });
    const [bytes, limits] = [new Uint8Array(1), TARBALL_LIMITS];
    const stuck = Promise.allSettled([
      pool.run("diffTarballs", { before: bytes, after: bytes, limits }),
      pool.run("readFiles", { bytes, limits, wanted: null }),
    ]);
    expect(await pool.run("ingestDocument", input)).toBe("fine");
    await pool.close();
    expect((await stuck).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("keeps a thread free of large tasks", async () => {
    const pool = newPool({
      size: 2,
      workerUrl: moduleUrl(
        `parentPort.on("message", ({ id, input }) => {
          if (input.body.length < 10) parentPort.postMessage({ id, output: "fine" });
        });`,
      ),
    });
    const large = { ...input, body: new Uint8Array(1_000_000) };
    const stuck = Promise.allSettled([pool.run("ingestDocument", large), pool.run("ingestDocument", large)]);
    expect(await pool.run("ingestDocument", input)).toBe("fine");
    await pool.close();
    expect((await stuck).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });
});
