import {
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

/** What comes from upstreams is described some seconds behind its first answer. */
const WAIT = { timeout: 20_000, interval: 200 };

let app: TestApp;
let upstream: FakeUpstream;
let ada: Persona;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
  ada = await app.as("ada");
  for (const name of ["left-pad", "leftover", "right", "@acme/hidden", "pad-all"]) {
    upstream.publish({
      name,
      version: "1.0.0",
      manifest: { description: `What ${name} does`, keywords: ["text"] },
    });
  }
  const claim = await api(app.admin, "PUT /registries/default/claims/@acme%2f*");
  expect(claim.status).toBe(204);
  await api(app.admin, "POST /registries", { name: "second" });
  await ada.publish({
    name: "@acme/pad",
    version: "1.0.0",
    manifest: { description: "Aligns things", keywords: ["Columns", "left"], license: "MIT" },
  });
  await ada.publish({ name: "@acme/other", version: "1.0.0", manifest: { author: "Grace" } });
  await ada.publish({ registry: "second", name: "solo-pad", version: "0.1.0" });
  await install("left-pad");
}, 60_000);
afterAll(async () => {
  await app.close();
  await upstream.close();
});

async function api(who: Persona, wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await who.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

async function install(name: string): Promise<void> {
  const got = await ada.request(`/npm/default/${name}/-/${name}-1.0.0.tgz`);
  expect(got.status).toBe(200);
  await vi.waitFor(async () => {
    expect(await found(`query=${name}&origin=cached`)).toEqual([`cached ${name}`]);
  }, WAIT);
}

type Item = Record<string, unknown> & { name: string; origin: string };

const itemsOf = ({ json }: TestResponse): Item[] => json["items"] as Item[];

async function found(query: string, who: Persona = ada): Promise<string[]> {
  const answer = await api(who, `GET /registries/default/packages?${query}`);
  expect(answer.status).toBe(200);
  return itemsOf(answer).map(({ name, origin }) => `${origin} ${name}`);
}

describe("packages of a registry", () => {
  it("are listed without a word, those that are here alone", async () => {
    upstream.forget();
    expect(await found("")).toEqual(["local @acme/other", "local @acme/pad", "cached left-pad"]);
    expect(upstream.requests).toEqual([]);
  });

  it("are found by their keywords and by what they say", async () => {
    expect(await found("query=columns&origin=local")).toEqual(["local @acme/pad"]);
    expect(await found("query=align&origin=local")).toEqual(["local @acme/pad"]);
    expect(await found("query=author:grace&origin=local")).toEqual(["local @acme/other"]);
    expect(await found("query=maintainer:ada+scope:acme&origin=local")).toEqual([
      "local @acme/other",
      "local @acme/pad",
    ]);
  });

  it("are found by any part of their name, what fits best first", async () => {
    expect(await found("query=eft&origin=cached")).toEqual(["cached left-pad"]);
    expect(await found("query=pad")).toEqual(["local @acme/pad", "cached left-pad", "remote pad-all"]);
    const none = "query=zzz&origin=local";
    expect(await found(none)).toEqual([]);
  });

  it("show what a page needs of each", async () => {
    const [item] = itemsOf(await api(ada, "GET /registries/default/packages?query=@acme/pad"));
    expect(item).toEqual({
      registry: "default",
      name: "@acme/pad",
      origin: "local",
      latest: "1.0.0",
      description: "Aligns things",
      keywords: ["Columns", "left"],
      publisher: "ada",
      licence: "MIT",
      updatedAt: expect.stringMatching(/^\d{4}-/),
      downloadsWeek: 0,
      verdict: { outcome: "allow", rule: null, reason: null, until: null, alternatives: [] },
      hiddenCount: 0,
      isUnlisted: false,
    });
  });

  it.each(["name", "updated", "downloads"])("come in pages in the order of %s, each once", async (sort) => {
    const seen: string[] = [];
    let cursor = "";
    for (let page = 0; page < 10 && cursor !== "end"; page += 1) {
      const path = `/registries/default/packages?sort=${sort}&limit=1${cursor}`;
      const { json } = await api(ada, `GET ${path}`);
      seen.push(...(json["items"] as Item[]).map(({ name }) => name));
      const next = json["next"] as string | null;
      cursor = next === null ? "end" : `&cursor=${next}`;
    }
    expect([...seen].sort()).toEqual(["@acme/other", "@acme/pad", "left-pad"]);
  });

  it.each(["sort=odd", "origin=odd", "cursor=odd", "limit=0"])("cannot be asked for by %s", async (query) => {
    expect((await api(ada, `GET /registries/default/packages?${query}`)).status).toBe(400);
  });

  it.each([
    ["a number where a text is", ["", "sort=name", "query=scope:acme"], [1, "x", 1]],
    ["a text where a number is", ["sort=updated", "sort=downloads", "query=pad"], ["x", "x", 1]],
    ["a NUL in the value", ["sort=name"], ["x\0", "x", 1]],
    ["a NUL in the name", ["sort=name", "sort=updated"], [1, "x\0", 1]],
  ])("cannot be asked for by a cursor with %s", async (_, queries, place) => {
    const cursor = Buffer.from(JSON.stringify(place)).toString("base64url");
    for (const query of queries) {
      const { status, json } = await api(ada, `GET /registries/default/packages?${query}&cursor=${cursor}`);
      expect([query, status, json["error"]]).toMatchObject([query, 400, expect.anything()]);
    }
  });

  it("are gone from the list when nothing of them is left", async () => {
    await ada.publish({ name: "@acme/brief", version: "1.0.0" });
    expect(await found("query=brief&origin=local")).toEqual(["local @acme/brief"]);
    const { json } = await app.admin.request("/npm/default/@acme%2fbrief?write=true");
    const rev = String(json["_rev"]);
    const gone = await app.admin.request(`/npm/default/@acme%2fbrief/-rev/${rev}`, { method: "DELETE" });
    expect(gone.status).toBe(201);
    expect(await found("query=brief&origin=local")).toEqual([]);
  });
});

describe("packages that an upstream has", () => {
  it("are marked, and nothing of them is kept", async () => {
    expect(await found("query=left")).toEqual(["cached left-pad", "local @acme/pad", "remote leftover"]);
    const held = await api(app.admin, "GET /registries/default/versions?text=leftover");
    expect(itemsOf(held)).toEqual([]);
  });

  it("are not shown under a name that is claimed, and nobody is asked for such a name", async () => {
    expect(await found("query=hidden")).toEqual([]);
    for (const query of ["@acme/hidden", "@acme", "scope:acme", "@acme/pad"]) {
      upstream.forget();
      await found(`query=${encodeURIComponent(query)}`);
      expect([query, upstream.count("-/v1/search")]).toEqual([query, 0]);
    }
  });

  it("are found by their very name where the upstream has no search, which is said", async () => {
    upstream.fault("-/v1/search", { kind: "status", status: 404 });
    const answer = await api(ada, "GET /registries/default/packages?query=right");
    expect(itemsOf(answer).map(({ name, origin }) => [name, origin])).toEqual([["right", "remote"]]);
    expect(answer.json["problems"]).toEqual([
      { upstream: expect.any(String), problem: expect.stringContaining("no searches") },
    ]);
    upstream.fault("-/v1/search", null);
  });
});

describe("what policy hides", () => {
  async function status(name: string, wanted: string): Promise<() => Promise<unknown>> {
    const path = `/registries/default/packages/${encodeURIComponent(name)}/versions/*/status`;
    const set = await api(app.admin, `PUT ${path}`, { status: wanted, reason: "it steals" });
    expect(set.status).toBe(200);
    return () => api(app.admin, `DELETE ${path}`);
  }

  it("says nothing of what a refused version says of itself, though another one may be had", async () => {
    const name = "quiet-one";
    await ada.publish({ name, version: "1.0.0", manifest: { description: "Calm" } });
    await ada.publish({
      name,
      version: "1.1.0",
      manifest: {
        description: "Zebras",
        keywords: ["stripes"],
        license: "ISC",
        dependencies: { "needed-one": "1.0.0" },
      },
    });
    await ada.publish({ name: "needed-one", version: "1.0.0" });
    const path = "/registries/default/packages";
    expect(await found("query=zebras&origin=local")).toEqual(["local quiet-one"]);
    const status = { status: "blocked", reason: "odd" };
    await api(app.admin, `PUT ${path}/quiet-one/versions/1.1.0/status`, status);
    for (const wanted of ["?query=zebras", "?query=keywords:stripes", "/needed-one/dependents"]) {
      const [asAda, asAdmin] = [
        await api(ada, `GET ${path}${wanted}`),
        await api(app.admin, `GET ${path}${wanted}`),
      ];
      expect([wanted, asAda.json["items"]]).toEqual([wanted, []]);
      expect([wanted, asAdmin.json["items"]]).toMatchObject([wanted, [{ name, description: "Zebras" }]]);
    }
    const { json } = await api(ada, `GET ${path}?query=quiet`);
    expect(json["items"]).toMatchObject([
      {
        name,
        latest: "1.0.0",
        description: null,
        keywords: [],
        licence: null,
        publisher: null,
        updatedAt: null,
      },
    ]);
    const { text } = await ada.request("/npm/default/-/v1/search?text=quiet");
    expect([text.includes(name), /zebras|stripes|ISC/i.test(text)]).toEqual([true, false]);
  });

  it.each(["blocked", "unlisted"])("is not found by others than managers when it is %s", async (wanted) => {
    for (const [name, origin] of [
      ["@acme/pad", "local"],
      ["left-pad", "cached"],
      ["pad-all", "remote"],
    ] as const) {
      const undo = await status(name, wanted);
      expect(await found("query=pad")).not.toContain(`${origin} ${name}`);
      expect(await found("query=pad", app.admin)).toContain(`${origin} ${name}`);
      const listed = await app.admin.request("/npm/default/-/v1/search?text=pad");
      expect(listed.text).not.toContain(`"${name}"`);
      await undo();
      expect(await found("query=pad")).toContain(`${origin} ${name}`);
    }
  });

  it("is not shown to who may not see the package", async () => {
    const rule = {
      effect: "restrict",
      subject: "user",
      name: "ada",
      permissions: ["view"],
      packages: "@acme/pad",
    };
    const { json } = await api(app.admin, "POST /access-rules", rule);
    expect(await found("query=columns")).toEqual([]);
    const listed = await ada.request("/npm/default/-/v1/search?text=columns");
    expect((listed.json["objects"] as unknown[]).length).toBe(0);
    await api(app.admin, `DELETE /access-rules/${String(json["id"])}`);
  });
});

describe("a search in all registries", () => {
  it("finds what is in those that the asker may see", async () => {
    const names = async (who: Persona): Promise<string[]> =>
      itemsOf(await api(who, "GET /packages?query=pad")).map(
        ({ registry, name }) => `${String(registry)} ${name}`,
      );
    expect(await names(ada)).toEqual(["default @acme/pad", "default left-pad", "second solo-pad"]);
    const rule = {
      effect: "restrict",
      subject: "user",
      name: "ada",
      permissions: ["view"],
      registry: "second",
    };
    const { json } = await api(app.admin, "POST /access-rules", rule);
    expect(await names(ada)).toEqual(["default @acme/pad", "default left-pad"]);
    await api(app.admin, `DELETE /access-rules/${String(json["id"])}`);
  });
});

describe("npm search", () => {
  const search = (query: string): Promise<TestResponse> => ada.request(`/npm/default/-/v1/search?${query}`);

  it("has everything that clients look at", async () => {
    const { status, json } = await search(
      "text=columns&size=20&quality=0.65&popularity=0.98&maintenance=0.5",
    );
    expect(status).toBe(200);
    expect(json).toMatchObject({ total: 1, time: expect.any(String) });
    expect((json["objects"] as unknown[])[0]).toMatchObject({
      package: {
        name: "@acme/pad",
        version: "1.0.0",
        description: "Aligns things",
        keywords: ["Columns", "left"],
        date: expect.any(String),
        links: {},
        publisher: { username: "ada" },
        maintainers: [{ username: "ada" }],
      },
      score: { final: expect.any(Number), detail: expect.any(Object) },
      searchScore: expect.any(Number),
      flags: { insecure: 0 },
    });
  });

  it("pages", async () => {
    const namesOf = ({ json }: TestResponse): string[] =>
      (json["objects"] as { package: { name: string } }[]).map((one) => one.package.name);
    const all = namesOf(await search("text=pad"));
    expect(all).toHaveLength(3);
    for (const [from, total] of [
      [0, 2],
      [1, 2],
      [2, 3],
      [3, 3],
      [900, 3],
      // Nothing can be so deep, so no upstream is asked.
      [5_000_000, 2],
    ] as const) {
      const page = await search(`text=pad&size=1&from=${from}`);
      expect([from, namesOf(page), page.json["total"]]).toEqual([from, all.slice(from, from + 1), total]);
    }
  });

  it("wants some words, and numbers that are numbers", async () => {
    for (const query of ["", "text=", "text=pad&size=x", "text=pad&from=-1"]) {
      expect((await search(query)).status).toBe(400);
    }
  });
});

describe("downloads", () => {
  it("are counted by day and version, and those of the week are in lists", async () => {
    for (let count = 0; count < 3; count += 1) {
      await ada.request("/npm/default/@acme%2fother/-/other-1.0.0.tgz");
    }
    const path = "/registries/default/packages/@acme%2fother/downloads";
    const { json } = await api(ada, `GET ${path}?days=7`);
    expect(json).toMatchObject({
      package: "@acme/other",
      total: 3,
      versions: [{ version: "1.0.0", downloads: 3 }],
    });
    const days = json["days"] as { day: string; downloads: number }[];
    expect(days.map(({ downloads }) => downloads)).toEqual([0, 0, 0, 0, 0, 0, 3]);
    expect(days.at(-1)?.day).toBe(json["to"]);
    expect((await api(ada, `GET ${path}?days=366`)).status).toBe(400);
    expect((await api(ada, `GET ${path}?version=2.0.0`)).json["total"]).toBe(0);
    const [item] = itemsOf(await api(ada, "GET /registries/default/packages?query=@acme/other"));
    expect(item?.["downloadsWeek"]).toBe(3);
  });
});
