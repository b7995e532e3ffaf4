import {
  createTestClock,
  explained,
  startTestApp,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase, type Database } from "../../src/db/index.ts";

type Json = Record<string, unknown>;
interface Document extends Json {
  "_rev": string;
  "versions": Record<string, Json>;
  "dist-tags": Record<string, string>;
  "time": Record<string, string>;
}

let app: TestApp;
let clock: TestClock;
let db: Database;

beforeAll(async () => {
  clock = createTestClock();
  app = await startTestApp({ now: clock.now });
  db = await openDatabase({ url: `sqlite:${app.data}/entrepot.db` });
});
afterAll(async () => {
  await db.close();
  await app.close();
});

const at = (path: string, request: { method?: string; body?: unknown } = {}): Promise<TestResponse> =>
  app.admin.request(`/npm/default/${path}`, request);

async function publish(name: string, ...versions: string[]): Promise<void> {
  for (const version of versions) {
    clock.advance(60_000);
    expect((await app.admin.publish({ name, version })).status).toBe(201);
  }
}

/** The document as a client reads it before it writes. */
async function read(name: string): Promise<Document> {
  return (await at(`${name}?write=true`)).json as Document;
}

function without(document: Document, version: string): Document {
  const { [version]: _gone, ...versions } = document.versions;
  return { ...document, versions };
}

const putRevision = (name: string, rev: string, body: unknown): Promise<TestResponse> =>
  at(`${name}/-rev/${rev}`, { method: "PUT", body });

describe("deprecation", () => {
  it("is set and lifted by the whole document, and the field goes with it", async () => {
    await publish("old", "1.0.0", "1.1.0");
    const document = await read("old");
    (document.versions["1.0.0"] as Json)["deprecated"] = "use 1.1.0";
    const set = await at("old", { method: "PUT", body: document });
    expect([set.status, set.json]).toEqual([
      201,
      { ok: true, success: true, id: "old", rev: expect.any(String) },
    ]);
    const deprecated = await read("old");
    expect(deprecated.versions["1.0.0"]?.["deprecated"]).toBe("use 1.1.0");
    expect("deprecated" in (deprecated.versions["1.1.0"] as Json)).toBe(false);
    const short = await app.admin.request("/npm/default/old", {
      headers: { accept: "application/vnd.npm.install-v1+json" },
    });
    expect((short.json["versions"] as Document["versions"])["1.0.0"]?.["deprecated"]).toBe("use 1.1.0");

    (deprecated.versions["1.0.0"] as Json)["deprecated"] = "";
    expect((await at("old", { method: "PUT", body: deprecated })).status).toBe(201);
    expect("deprecated" in ((await read("old")).versions["1.0.0"] as Json)).toBe(false);
  });

  it("takes nothing else from the document", async () => {
    await publish("tampered", "1.0.0");
    const before = await read("tampered");
    const changed = structuredClone(before);
    Object.assign(changed, {
      "readme": "evil",
      "maintainers": [{ name: "evil" }],
      "dist-tags": { evil: "1.0.0" },
      "time": {},
    });
    Object.assign(changed.versions["1.0.0"] as Json, {
      deprecated: "yes",
      dist: { tarball: "http://evil.example/x.tgz", integrity: "sha512-AAAA" },
      scripts: { postinstall: "evil" },
    });
    changed.versions["6.6.6"] = { name: "tampered", version: "6.6.6" };
    expect((await at("tampered", { method: "PUT", body: changed })).status).toBe(201);
    const after = await read("tampered");
    expect(after.versions).toEqual({ "1.0.0": { ...before.versions["1.0.0"], deprecated: "yes" } });
    const { versions: _before, _rev: _revBefore, ...restBefore } = before;
    const { versions: _after, _rev: _revAfter, ...restAfter } = after;
    expect(restAfter).toEqual(restBefore);
  });

  it("from a document that is older than a publish is 409 and keeps the newer version", async () => {
    await publish("stale", "1.0.0");
    const old = await read("stale");
    await publish("stale", "1.1.0");
    const before = await read("stale");
    (old.versions["1.0.0"] as Json)["deprecated"] = "old";
    const { status, json } = await at("stale", { method: "PUT", body: old });
    expect(status).toBe(409);
    expect(json.error).toContain("The package changed since it was read");
    expect(await read("stale")).toEqual(before);
    expect(Object.keys(before.versions)).toEqual(["1.0.0", "1.1.0"]);
  });

  it("without _rev is 409, and versions that are absent stay", async () => {
    await publish("no-rev", "1.0.0", "1.1.0");
    const before = await read("no-rev");
    const { _rev, ...document } = without(before, "1.0.0");
    expect((await at("no-rev", { method: "PUT", body: document })).status).toBe(409);
    expect(await read("no-rev")).toEqual(before);
  });

  it("with the current _rev never removes versions that the document lacks", async () => {
    await publish("partial", "1.0.0", "1.1.0");
    const document = without(await read("partial"), "1.0.0");
    (document.versions["1.1.0"] as Json)["deprecated"] = "partly";
    expect((await at("partial", { method: "PUT", body: document })).status).toBe(201);
    const after = await read("partial");
    expect(Object.keys(after.versions)).toEqual(["1.0.0", "1.1.0"]);
    expect("deprecated" in (after.versions["1.0.0"] as Json)).toBe(false);
  });

  it("survives a client that echoes stored attachments", async () => {
    await publish("echo", "1.0.0");
    const document = {
      ...(await read("echo")),
      _attachments: { "echo-1.0.0.tgz": { stub: true, length: 5 } },
    };
    (document.versions["1.0.0"] as Json)["deprecated"] = "echoed";
    expect((await at("echo", { method: "PUT", body: document })).status).toBe(201);
    expect((await read("echo")).versions["1.0.0"]?.["deprecated"]).toBe("echoed");
  });

  it("may be 1024 characters long", async () => {
    await publish("wordy", "1.0.0");
    const put = async (length: number): Promise<number> => {
      const document = await read("wordy");
      (document.versions["1.0.0"] as Json)["deprecated"] = "d".repeat(length);
      return (await at("wordy", { method: "PUT", body: document })).status;
    };
    expect([await put(1025), await put(1024)]).toEqual([400, 201]);
  });

  it("of nothing new counts no revision", async () => {
    await publish("same", "1.0.0");
    const document = await read("same");
    const { json } = await at("same", { method: "PUT", body: document });
    expect(json["rev"]).toBe(document._rev);
  });

  it("of a name that is not published here is 404", async () => {
    const { status, json } = await at("never", { method: "PUT", body: { _rev: "1-1", versions: {} } });
    expect([status, typeof json.error]).toEqual([404, "string"]);
  });
});

describe("unpublishing one version", () => {
  it("takes npm's five steps", async () => {
    await publish("steps", "1.0.0", "1.1.0");
    const first = await read("steps");
    const { _attachments, ...document } = without(first, "1.1.0");
    const put = await putRevision("steps", first._rev, { ...document, "dist-tags": { latest: "1.0.0" } });
    expect([put.status, put.json["ok"]]).toEqual([201, true]);
    const second = await read("steps");
    const gone = await at(`steps/-/steps-1.1.0.tgz/-rev/${second._rev}`, { method: "DELETE" });
    expect(gone.status).toBe(201);
    const after = await read("steps");
    expect(Object.keys(after.versions)).toEqual(["1.0.0"]);
    expect(after["dist-tags"]).toEqual({ latest: "1.0.0" });
    expect(Object.keys(after.time)).toContain("1.1.0");
    expect((await at("steps/-/steps-1.1.0.tgz")).status).toBe(404);
    expect((await at("steps/1.1.0")).status).toBe(404);
    expect((await at("steps/-/steps-1.0.0.tgz")).status).toBe(200);
  });

  it("moves latest to the highest stable version that is left, and drops other tags", async () => {
    await publish("tagged", "1.0.0", "2.0.0", "1.5.0", "3.0.0-beta.1", "2.1.0");
    await at("-/package/tagged/dist-tags/next", { method: "PUT", body: '"2.1.0"' });
    const document = await read("tagged");
    expect((await putRevision("tagged", document._rev, without(document, "2.1.0"))).status).toBe(201);
    expect((await read("tagged"))["dist-tags"]).toEqual({ latest: "2.0.0" });
  });

  it("frees no number: publishing it again is 403, same bytes or others", async () => {
    await publish("used", "1.0.0", "1.1.0");
    const document = await read("used");
    await putRevision("used", document._rev, without(document, "1.0.0"));
    for (const files of [{}, { "index.js": "other" }]) {
      const { status, json } = await app.admin.publish({ name: "used", version: "1.0.0", files });
      expect([status, json.error]).toEqual([
        403,
        explained(
          "used@1.0.0 was unpublished and its number cannot be used again; publish a higher version.",
        ),
      ]);
    }
    expect((await read("used")).time["1.0.0"]).toBe(document.time["1.0.0"]);
  });

  it("with a stale _rev is 409 and changes nothing", async () => {
    await publish("held", "1.0.0", "1.1.0");
    const old = await read("held");
    await publish("held", "1.2.0");
    const before = await read("held");
    for (const rev of [old._rev, "undefined", "0", "1-0000000000000000", "999-abc"]) {
      const removed = await putRevision("held", rev, without(old, "1.1.0"));
      const tarball = await at(`held/-/held-1.1.0.tgz/-rev/${rev}`, { method: "DELETE" });
      const whole = await at(`held/-rev/${rev}`, { method: "DELETE" });
      expect([rev, removed.status, tarball.status, whole.status]).toEqual([rev, 409, 409, 409]);
    }
    expect(await read("held")).toEqual(before);
  });

  it("never removes the last version by a document or a tarball's removal", async () => {
    await publish("last", "1.0.0");
    const before = await read("last");
    const put = await putRevision("last", before._rev, { ...before, versions: {} });
    const tarball = await at(`last/-/last-1.0.0.tgz/-rev/${before._rev}`, { method: "DELETE" });
    for (const { status, json } of [put, tarball]) {
      expect([status, json.error]).toEqual([
        400,
        "This would remove every version; to remove the whole package use npm unpublish --force.",
      ]);
    }
    expect(await read("last")).toEqual(before);
  });

  it("may add nothing by the document", async () => {
    await publish("added", "1.0.0", "1.1.0");
    const document = await read("added");
    document.versions["9.9.9"] = { name: "added", version: "9.9.9" };
    const { json } = await putRevision("added", document._rev, document);
    expect(json["rev"]).toBe(document._rev);
    expect(Object.keys((await read("added")).versions)).toEqual(["1.0.0", "1.1.0"]);
  });
});

describe("unpublishing a whole package", () => {
  it("leaves a tombstone, answers 404 everywhere and never asks elsewhere", async () => {
    await publish("gone", "1.0.0", "1.1.0");
    const document = await read("gone");
    expect((await at(`gone/-rev/${document._rev}`, { method: "DELETE" })).status).toBe(201);
    for (const path of [
      "gone",
      "gone?write=true",
      "gone/latest",
      "gone/1.0.0",
      "gone/-/gone-1.0.0.tgz",
      "-/package/gone/dist-tags",
    ]) {
      const { status, json } = await at(path);
      expect([path, status, typeof json.error]).toEqual([path, 404, "string"]);
    }
    for (const path of ["gone", "-/package/gone/visibility"]) {
      expect((await at(path)).json).toMatchObject({
        error: `The package "gone" was unpublished on ${new Date(clock.now()).toISOString()} by admin.`,
        name: "gone",
        time: { unpublished: { name: "admin", versions: ["1.0.0", "1.1.0"] } },
      });
    }
    const row = await db.read
      .selectFrom("packages")
      .selectAll()
      .where("name", "=", "gone")
      .executeTakeFirstOrThrow();
    expect(JSON.parse(row.tombstone ?? "")).toEqual({
      name: "admin",
      time: new Date(clock.now()).toISOString(),
      tags: { latest: "1.1.0" },
      maintainers: [{ name: "admin", email: "" }],
      versions: ["1.0.0", "1.1.0"],
    });
  });

  it("frees the name but no number", async () => {
    await publish("again", "1.0.0");
    await at(`again/-rev/${(await read("again"))._rev}`, { method: "DELETE" });
    expect((await app.admin.publish({ name: "again", version: "1.0.0" })).status).toBe(403);
    expect((await at("again")).status).toBe(404);
    await publish("again", "1.0.1");
    const document = await read("again");
    expect(Object.keys(document.versions)).toEqual(["1.0.1"]);
    expect(document["dist-tags"]).toEqual({ latest: "1.0.1" });
    expect(Object.keys(document.time)).toContain("1.0.0");
    expect("unpublished" in document.time).toBe(false);
  });

  it("counts on: a _rev from before is stale for ever", async () => {
    await publish("counted", "1.0.0");
    const old = await read("counted");
    await at(`counted/-rev/${old._rev}`, { method: "DELETE" });
    await publish("counted", "1.0.1");
    expect((await at(`counted/-rev/${old._rev}`, { method: "DELETE" })).status).toBe(409);
  });
});

describe("owners", () => {
  it("change by a partial document that touches no version", async () => {
    await publish("owned", "1.0.0", "1.1.0");
    const before = await read("owned");
    const maintainers = [{ name: "ada", email: "ada@example.test" }, { name: "grace" }];
    const { status, json } = await putRevision("owned", before._rev, {
      _id: "owned",
      _rev: before._rev,
      maintainers,
    });
    expect([status, json["success"]]).toEqual([201, true]);
    const after = await read("owned");
    expect(after["maintainers"]).toEqual([
      { name: "ada", email: "ada@example.test" },
      { name: "grace", email: "" },
    ]);
    expect(after.versions).toEqual(before.versions);
    expect(after["dist-tags"]).toEqual(before["dist-tags"]);
  });

  it("with a stale _rev is 409 and changes nothing", async () => {
    await publish("owned-stale", "1.0.0");
    const old = await read("owned-stale");
    await publish("owned-stale", "1.1.0");
    const before = await read("owned-stale");
    const { status } = await putRevision("owned-stale", old._rev, { maintainers: [{ name: "evil" }] });
    expect(status).toBe(409);
    expect(await read("owned-stale")).toEqual(before);
  });

  it.each([
    [[]],
    [{}],
    [[{}]],
    [["ada"]],
    [[{ name: "" }]],
    ["ada"],
    [Array.from({ length: 201 }, () => ({ name: "a" }))],
  ])("must be people: %j is refused", async (maintainers) => {
    await app.admin.publish({ name: "owned-bad", version: "1.0.0" });
    const before = await read("owned-bad");
    const { status } = await putRevision("owned-bad", before._rev, { maintainers });
    expect(status).toBe(400);
    expect(await read("owned-bad")).toEqual(before);
  });

  it("are changed by no document that has neither them nor versions", async () => {
    await app.admin.publish({ name: "owned-none", version: "1.0.0" });
    const { _rev } = await read("owned-none");
    for (const body of [{}, { _id: "owned-none" }, [], "text", null, { versions: [] }]) {
      expect((await putRevision("owned-none", _rev, JSON.stringify(body))).status).toBe(400);
    }
  });
});

describe("many writers of one package", () => {
  it("with the same _rev: one wins, all others get 409", async () => {
    await publish("contested", "1.0.0", "1.1.0");
    const { _rev, ...document } = await read("contested");
    const names = Array.from({ length: 6 }, (_, index) => `owner-${index}`);
    const answers = await Promise.all([
      ...names.map((name) => putRevision("contested", _rev, { maintainers: [{ name }] })),
      putRevision("contested", _rev, without({ _rev, ...document } as Document, "1.0.0")),
      at(`contested/-rev/${_rev}`, { method: "DELETE" }),
    ]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    // After a whole unpublish has won, the others find no package.
    expect(statuses.filter((status) => status === 409 || status === 404)).toHaveLength(7);
  });
});

describe("stars", () => {
  it("are not kept, and say so", async () => {
    await app.admin.publish({ name: "starred", version: "1.0.0" });
    const { _rev } = await read("starred");
    const { status, json } = await at("starred", {
      method: "PUT",
      body: { _id: "starred", _rev, users: { admin: true } },
    });
    expect([status, json.error]).toEqual([400, "This server does not keep stars."]);
  });
});
