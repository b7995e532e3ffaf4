import { createTestClock, explained, startTestApp, type TestApp, type TestClock } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Document extends Record<string, unknown> {
  "_rev": string;
  "dist-tags": Record<string, string>;
  "time": Record<string, string>;
}

let app: TestApp;
let clock: TestClock;

beforeAll(async () => {
  clock = createTestClock();
  app = await startTestApp({ now: clock.now });
});
afterAll(() => app.close());

const read = async (name: string): Promise<Document> =>
  (await app.admin.request(`/npm/default/${name}?write=true`)).json as Document;

describe("the same bytes under a version that exists", () => {
  it("are success for who published them, and change nothing", async () => {
    const dev = await app.as("dev");
    await dev.publish({ name: "twice", version: "1.0.0" });
    const before = await read("twice");
    clock.advance(1000);
    const again = await dev.publish({ name: "twice", version: "1.0.0" });
    expect([again.status, again.json["rev"]]).toEqual([201, before._rev]);
    expect(await read("twice")).toEqual(before);
  });

  it("set the tag that they bring, and nothing that could be installed anew", async () => {
    const dev = await app.as("dev");
    await dev.publish({ name: "retagged", version: "1.0.0", readme: "one" });
    await dev.publish({ name: "retagged", version: "2.0.0", readme: "two" });
    const before = await read("retagged");
    clock.advance(1000);
    const next = await dev.publish({ name: "retagged", version: "1.0.0", readme: "one", tag: "next" });
    expect(next.status).toBe(201);
    const tagged = await read("retagged");
    expect(tagged["dist-tags"]).toEqual({ latest: "2.0.0", next: "1.0.0" });
    expect(tagged.time).toEqual(before.time);
    expect(tagged._rev).not.toBe(before._rev);

    await dev.publish({ name: "retagged", version: "1.0.0", readme: "one" });
    expect(await read("retagged")).toMatchObject({
      "dist-tags": { latest: "1.0.0", next: "1.0.0" },
      "readme": "one",
    });
  });

  it("are refused to everybody else, with their tags", async () => {
    const [dev, eve] = [await app.as("dev"), await app.as("eve")];
    await dev.publish({ name: "taken", version: "1.0.0" });
    const before = await read("taken");
    for (const tag of ["latest", "evil"]) {
      const { status, json } = await eve.publish({ name: "taken", version: "1.0.0", tag });
      expect([status, json.error]).toEqual([
        403,
        explained(
          "taken@1.0.0 was published already by dev, with the same content; publish a higher version.",
        ),
      ]);
    }
    expect(await read("taken")).toEqual(before);
  });
});

describe("the README of a package", () => {
  it("is that of the version that latest names, however it came to name it", async () => {
    const name = "readable";
    for (const version of ["1.0.0", "2.0.0", "3.0.0-beta.1"]) {
      const tag = version.includes("-") ? "beta" : "latest";
      await app.admin.publish({ name, version, tag, readme: `# ${version}` });
    }
    expect((await read(name))["readme"]).toBe("# 2.0.0");
    const tag = (version: string): Promise<unknown> =>
      app.admin.request(`/npm/default/-/package/${name}/dist-tags/latest`, {
        method: "PUT",
        body: JSON.stringify(version),
      });
    await tag("1.0.0");
    expect((await read(name))["readme"]).toBe("# 1.0.0");
    await tag("3.0.0-beta.1");
    expect((await read(name))["readme"]).toBe("# 3.0.0-beta.1");
    const { _rev } = await read(name);
    await app.admin.request(`/npm/default/${name}/-/${name}-3.0.0-beta.1.tgz/-rev/${_rev}`, {
      method: "DELETE",
    });
    expect(await read(name)).toMatchObject({ "readme": "# 2.0.0", "dist-tags": { latest: "2.0.0" } });
  });

  it("is empty when that version brought none", async () => {
    await app.admin.publish({ name: "mute", version: "1.0.0", readme: "text" });
    await app.admin.publish({ name: "mute", version: "1.1.0" });
    expect((await read("mute"))["readme"]).toBe("");
  });
});

describe("a tag", () => {
  const put = (name: string, tag: string, version: string): Promise<{ status: number }> =>
    app.admin.request(`/npm/default/-/package/${name}/dist-tags/${tag}`, {
      method: "PUT",
      body: JSON.stringify(version),
    });

  it("moves no time, and counts a revision only when it changes", async () => {
    await app.admin.publish({ name: "still", version: "1.0.0" });
    await app.admin.publish({ name: "still", version: "1.1.0" });
    const before = await read("still");
    clock.advance(60_000);
    expect((await put("still", "next", "1.0.0")).status).toBe(201);
    const tagged = await read("still");
    expect(tagged._rev).not.toBe(before._rev);
    expect(tagged.time).toEqual(before.time);

    expect((await put("still", "next", "1.0.0")).status).toBe(201);
    expect((await put("still", "latest", "1.1.0")).status).toBe(201);
    const all = { method: "PUT", body: tagged["dist-tags"] };
    expect((await app.admin.request("/npm/default/-/package/still/dist-tags", all)).status).toBe(201);
    expect(await read("still")).toEqual(tagged);

    await app.admin.request("/npm/default/-/package/still/dist-tags/next", { method: "DELETE" });
    const removed = await read("still");
    expect(removed._rev).not.toBe(tagged._rev);
    expect(removed.time).toEqual(before.time);
  });
});

describe("a package that was unpublished as a whole", () => {
  it("begins anew with whoever publishes it again", async () => {
    const [dev, eve] = [await app.as("dev"), await app.as("eve")];
    await dev.publish({ name: "reborn", version: "1.0.0", readme: "old" });
    const { _rev } = await read("reborn");
    await dev.request(`/npm/default/reborn/-rev/${_rev}`, { method: "DELETE" });
    expect((await eve.publish({ name: "reborn", version: "1.0.1", tag: "next" })).status).toBe(201);
    expect(await read("reborn")).toMatchObject({
      "maintainers": [{ name: "eve", email: "" }],
      "readme": "",
      "dist-tags": { latest: "1.0.1", next: "1.0.1" },
    });
    // A publish into a package that is there changes no owner.
    await dev.publish({ name: "reborn", version: "1.0.2" });
    expect((await read("reborn"))["maintainers"]).toEqual([{ name: "eve", email: "" }]);
  });
});

describe("deprecating every one of many versions", () => {
  it("changes all of them, and undeprecating one changes that one", async () => {
    const versions = Array.from({ length: 120 }, (_item, index) => `1.${index}.0`);
    await Promise.all(versions.map((version) => app.admin.publish({ name: "many", version })));
    const put = async (text: (version: string) => string): Promise<void> => {
      const document = await read("many");
      for (const [version, manifest] of Object.entries(document["versions"] as Record<string, object>)) {
        Object.assign(manifest, { deprecated: text(version) });
      }
      const answer = await app.admin.request("/npm/default/many", { method: "PUT", body: document });
      expect(answer.status).toBe(201);
    };
    const deprecated = async (): Promise<unknown[]> =>
      Object.values((await read("many"))["versions"] as Record<string, { deprecated?: string }>).map(
        (manifest) => manifest.deprecated,
      );
    await put(() => "old");
    expect(await deprecated()).toEqual(versions.map(() => "old"));
    await put((version) => (version === "1.7.0" ? "" : "old"));
    expect((await deprecated()).filter((text) => text === undefined)).toHaveLength(1);
  });
});
