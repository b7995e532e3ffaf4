import { createTestClock, startTestApp, type Persona, type TestApp, type TestClock } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;
let clock: TestClock;
let dev: Persona;

beforeAll(async () => {
  clock = createTestClock();
  app = await startTestApp({ now: clock.now });
  dev = await app.as("dev");
  const created = await app.admin.request("/api/v1/registries", {
    method: "POST",
    body: { name: "mutable", allowOverwrite: true },
  });
  expect([created.status, created.json["allowOverwrite"]]).toEqual([201, true]);
});
afterAll(() => app.close());

const publish = async (
  who: Persona,
  description: string,
  input: { registry?: string; version?: string; tag?: string; readme?: string } = {},
): Promise<{ status: number; error: unknown }> => {
  const { status, json } = await who.publish({
    name: "thing",
    version: "1.0.0",
    registry: "mutable",
    manifest: { description },
    ...input,
  });
  return { status, error: json.error };
};

const shown = async (): Promise<{ description: unknown; integrity: unknown; tarball: Buffer }> => {
  const { json } = await dev.request("/npm/mutable/thing/1.0.0");
  const { bytes } = await dev.request("/npm/mutable/thing/-/thing-1.0.0.tgz");
  const dist = json["dist"] as { integrity: string };
  return { description: json["description"], integrity: dist.integrity, tarball: bytes };
};

describe("a version that is published again with other content", () => {
  it("is refused unless the registry allows it", async () => {
    expect((await publish(app.admin, "one", { registry: "default" })).status).toBe(201);
    expect(await publish(app.admin, "two", { registry: "default" })).toEqual({
      status: 403,
      error: expect.stringContaining("versions are immutable"),
    });
  });

  it("is refused to who may not overwrite, and says so", async () => {
    expect((await publish(dev, "one", { readme: "first" })).status).toBe(201);
    expect(await publish(dev, "two")).toEqual({
      status: 403,
      error: expect.stringContaining("you may not overwrite versions"),
    });
    expect((await shown()).description).toBe("one");
  });

  it("takes the place of the old one where registry and right allow it", async () => {
    const before = await shown();
    clock.advance(1000);
    expect((await publish(app.admin, "two", { tag: "next", readme: "second" })).status).toBe(201);
    const after = await shown();
    expect(after.description).toBe("two");
    expect(after.integrity).not.toBe(before.integrity);
    expect(after.tarball.equals(before.tarball)).toBe(false);
    const { json } = await dev.request("/npm/mutable/thing");
    expect(json).toMatchObject({
      "dist-tags": { latest: "1.0.0", next: "1.0.0" },
      "readme": "second",
      "time": { "1.0.0": new Date(clock.now()).toISOString() },
    });
  });

  it("moves no latest, and what an operator allowed was the content before", async () => {
    for (const version of ["3.0.0", "3.1.0"]) {
      expect((await publish(app.admin, "x", { version })).status).toBe(201);
    }
    const status = "/api/v1/registries/mutable/packages/thing/versions/3.0.0/status";
    const body = { status: "allowed", reason: "reviewed" };
    await app.admin.request(status, { method: "PUT", body });
    expect((await publish(app.admin, "y", { version: "3.0.0" })).status).toBe(201);
    const { json } = await dev.request("/npm/mutable/thing");
    expect(json["dist-tags"]).toMatchObject({ latest: "3.1.0" });
    expect((await app.admin.request(status, { method: "DELETE" })).status).toBe(404);
  });

  it("does not bring back a number that was given up", async () => {
    expect((await publish(app.admin, "x", { version: "2.0.0" })).status).toBe(201);
    const { json } = await app.admin.request("/npm/mutable/thing?write=true");
    const removed = await app.admin.request(
      `/npm/mutable/thing/-/thing-2.0.0.tgz/-rev/${String(json["_rev"])}`,
      { method: "DELETE" },
    );
    expect(removed.status).toBe(201);
    expect(await publish(app.admin, "y", { version: "2.0.0" })).toEqual({
      status: 403,
      error: expect.stringContaining("cannot be used again"),
    });
  });
});
