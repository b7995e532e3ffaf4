import {
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const WARNING = "use another, this one loses data";
const ABBREVIATED = { accept: "application/vnd.npm.install-v1+json" };

let app: TestApp;
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  for (const version of ["1.0.0", "1.1.0"]) upstream.publish({ name: "remote", version });
  upstream.publish({ name: "old", version: "1.0.0", manifest: { deprecated: "its author says so" } });
  app = await startTestApp({ upstream: upstream.url });
  for (const version of ["1.0.0", "1.1.0"]) await app.admin.publish({ name: "own", version });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

type Body = Record<string, unknown>;

async function api(method: string, path: string, body?: Body): Promise<TestResponse> {
  return await app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

function pathOf(name: string, version: string, registry = "default"): string {
  return `/registries/${registry}/packages/${name}/versions/${version}/status`;
}

async function mark(name: string, version: string, body: Body): Promise<void> {
  expect((await api("PUT", pathOf(name, version), body)).status).toBe(200);
}

interface Shown {
  etag: string | undefined;
  versions: Record<string, Body>;
}

async function read(name: string, headers: Record<string, string> = {}): Promise<Shown> {
  const response = await app.admin.request(`/npm/default/${name}`, { headers });
  expect(response.status).toBe(200);
  return {
    etag: response.headers["etag"] as string | undefined,
    versions: response.json["versions"] as Record<string, Body>,
  };
}

describe.each([
  ["own", "full", {}],
  ["own", "abbreviated", ABBREVIATED],
  ["remote", "full", {}],
  ["remote", "abbreviated", ABBREVIATED],
])("%s, %s", (name, _form, headers) => {
  it("shows the operator's warning on the version that it is for, until it is taken back", async () => {
    const before = await read(name, headers);
    await mark(name, "1.0.0", { status: "deprecated", reason: WARNING });
    const during = await read(name, headers);
    expect(during.etag).not.toBe(before.etag);
    expect(during.versions).toEqual({
      ...before.versions,
      "1.0.0": { ...before.versions["1.0.0"], deprecated: WARNING },
    });
    await mark(name, "1.0.0", { status: "deprecated", reason: `${WARNING} twice` });
    const changed = await read(name, headers);
    expect(changed.versions["1.0.0"]?.["deprecated"]).toBe(`${WARNING} twice`);
    expect(changed.etag).not.toBe(during.etag);
    expect((await api("DELETE", `${pathOf(name, "1.0.0")}?status=deprecated`)).status).toBe(204);
    expect(await read(name, headers)).toEqual(before);
  });

  it("shows it on all versions for *, and on one its own", async () => {
    const before = await read(name, headers);
    await mark(name, "*", { status: "deprecated", reason: "all" });
    await mark(name, "1.1.0", { status: "deprecated", reason: "one" });
    const { versions } = await read(name, headers);
    expect(Object.values(versions).map(({ deprecated }) => deprecated)).toEqual(["all", "one"]);
    expect((await api("DELETE", pathOf(name, "*"))).status).toBe(204);
    expect((await api("DELETE", pathOf(name, "1.1.0"))).status).toBe(204);
    expect(await read(name, headers)).toEqual(before);
  });
});

it("what an author says comes back when the operator is silent again", async () => {
  await mark("old", "1.0.0", { status: "deprecated", reason: "ours" });
  expect((await read("old", ABBREVIATED)).versions["1.0.0"]?.["deprecated"]).toBe("ours");
  await api("DELETE", pathOf("old", "1.0.0"));
  expect((await read("old", ABBREVIATED)).versions["1.0.0"]?.["deprecated"]).toBe("its author says so");
});

it("a mark lifts no block, whichever comes first", async () => {
  await mark("remote", "*", { status: "blocked", reason: "no" });
  await mark("remote", "1.0.0", { status: "deprecated", reason: WARNING });
  await mark("remote", "1.0.0", { status: "unlisted" });
  expect((await app.admin.request("/npm/default/remote")).status).toBe(403);
  expect((await app.admin.request("/npm/default/remote/-/remote-1.0.0.tgz")).status).toBe(403);
  await api("DELETE", `${pathOf("remote", "*")}?status=blocked`);
  expect((await read("remote")).versions["1.0.0"]?.["deprecated"]).toBe(WARNING);
  expect((await api("DELETE", pathOf("remote", "1.0.0"))).status).toBe(204);
  expect((await api("DELETE", pathOf("remote", "1.0.0"))).status).toBe(404);
});

it("a mark for every registry holds in each, and a registry's own word wins", async () => {
  expect(
    (await api("PUT", pathOf("own", "1.0.0", "*"), { status: "deprecated", reason: "all" })).status,
  ).toBe(200);
  expect((await read("own")).versions["1.0.0"]?.["deprecated"]).toBe("all");
  await mark("own", "1.0.0", { status: "deprecated", reason: "here" });
  expect((await read("own")).versions["1.0.0"]?.["deprecated"]).toBe("here");
  const { json } = await api("GET", "/statuses");
  expect(json["items"]).toMatchObject([
    { registry: "*", name: "own", version: "1.0.0", status: "deprecated", reason: "all", setBy: "admin" },
    { registry: "default", name: "own", version: "1.0.0", status: "deprecated", reason: "here" },
  ]);
  await api("DELETE", pathOf("own", "1.0.0"));
  await api("DELETE", pathOf("own", "1.0.0", "*"));
});

describe("unlisted", () => {
  async function listed(who: { request: TestApp["request"] }): Promise<string[]> {
    const { json } = await who.request("/api/v1/registries/default/versions?text=o");
    return (json["items"] as Body[]).map(
      ({ name, version, isUnlisted }) =>
        `${String(name)}@${String(version)}${isUnlisted === true ? " unlisted" : ""}`,
    );
  }

  it("leaves listings for those who do not manage the registry, and installs by its name", async () => {
    const dev = await app.as("dev");
    await app.admin.request("/npm/default/remote/-/remote-1.0.0.tgz");
    await vi.waitFor(async () => expect(await listed(dev)).toContain("remote@1.0.0"), { timeout: 10_000 });
    await mark("own", "*", { status: "unlisted" });
    await mark("remote", "1.0.0", { status: "unlisted", reason: "internal" });
    expect(await listed(dev)).toEqual([]);
    expect(await listed(app.admin)).toEqual([
      "own@1.0.0 unlisted",
      "own@1.1.0 unlisted",
      "remote@1.0.0 unlisted",
    ]);
    for (const name of ["own", "remote"]) {
      expect(Object.keys((await read(name)).versions)).toEqual(["1.0.0", "1.1.0"]);
      const tarball = await dev.request(`/npm/default/${name}/-/${name}-1.0.0.tgz`);
      expect(tarball.status).toBe(200);
    }
    await api("DELETE", `${pathOf("own", "*")}?status=unlisted`);
    await api("DELETE", pathOf("remote", "1.0.0"));
    expect(await listed(dev)).toEqual(["own@1.0.0", "own@1.1.0", "remote@1.0.0"]);
  });
});

it("says what is missing or not known", async () => {
  const answers = await Promise.all([
    api("PUT", pathOf("own", "1.0.0"), { status: "deprecated" }),
    api("PUT", pathOf("own", "1.0.0"), { status: "gone", reason: "x" }),
    api("PUT", pathOf("own", "one"), { status: "unlisted" }),
    api("PUT", pathOf("own", "1.0.0"), { status: "deprecated", reason: "x".repeat(501) }),
    api("DELETE", `${pathOf("own", "1.0.0")}?status=gone`),
    api("DELETE", `${pathOf("own", "1.0.0")}?status=unlisted`),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 404]);
  expect(answers[0]?.json["error"]).toContain("Give a reason");
  expect(answers[4]?.json["error"]).toContain("blocked, held, allowed, deprecated, unlisted");
});
