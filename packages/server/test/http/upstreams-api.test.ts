import {
  createFakeUpstream,
  explained,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

const api = (method: string, path: string, body?: unknown): Promise<TestResponse> =>
  app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });

const create = (body: unknown): Promise<TestResponse> => api("POST", "/registries", body);

describe("upstreams", () => {
  it("are shown without their credential, in every answer", async () => {
    const made = await api("POST", "/upstreams", {
      name: "guarded",
      url: upstream.url,
      token: "top-secret",
      freshSeconds: 5,
    });
    expect([made.status, made.json]).toEqual([
      201,
      {
        name: "guarded",
        url: upstream.url,
        hasCredential: true,
        problem: null,
        allowedHosts: [],
        freshSeconds: 5,
        timeoutMs: expect.any(Number),
        trustPublishTimes: true,
        health: expect.objectContaining({ state: "closed" }),
      },
    ]);
    const answers = [
      await api("GET", "/upstreams"),
      await api("GET", "/upstreams/guarded"),
      await api("PATCH", "/upstreams/guarded", { username: "user", password: "top-secret-too" }),
    ];
    for (const { text } of [made, ...answers]) expect(text).not.toMatch(/top-secret|dXNlcjp0b3A/);
  });

  it("lose their credential when they move to another host, and keep it otherwise", async () => {
    await api("POST", "/upstreams", { name: "moving", url: upstream.url, token: "secret" });
    expect(
      (await api("PATCH", "/upstreams/moving", { url: `${upstream.url}path/` })).json["hasCredential"],
    ).toBe(true);
    expect(
      (await api("PATCH", "/upstreams/moving", { url: "http://127.0.0.1:1/" })).json["hasCredential"],
    ).toBe(false);
    await api("PATCH", "/upstreams/moving", { token: "again" });
    expect((await api("PATCH", "/upstreams/moving", { token: null })).json["hasCredential"]).toBe(false);
  });

  it.each([
    [{ url: "not a url" }, '"not a url" is not a URL.'],
    [{ url: "ftp://files.example/" }, "An upstream's URL starts with http:// or https://."],
    [{ url: "file:///etc/passwd" }, "An upstream's URL starts with http:// or https://."],
    [
      { url: "https://user:secret@npm.example/" },
      "Give the credential as token or username and password, not inside the URL.",
    ],
    [{ username: "half" }, "Give both username and password, or a token."],
    [{ name: "No Name" }, expect.stringContaining("An upstream's name cannot hold")],
    [{ freshSeconds: -1 }, expect.stringContaining("freshSeconds")],
    [{ timeoutMs: 1 }, expect.stringContaining("timeoutMs")],
    [{ nonsense: true }, expect.stringContaining("nonsense")],
  ])("are refused with %j", async (values, error) => {
    const { status, json } = await api("POST", "/upstreams", { name: "bad", url: upstream.url, ...values });
    expect([status, json.error]).toEqual([400, error]);
    expect((await api("GET", "/upstreams/bad")).status).toBe(404);
  });

  it("are attached in the order that is given, and only once", async () => {
    for (const name of ["up-a", "up-b", "up-c"]) await api("POST", "/upstreams", { name, url: upstream.url });
    await create({ name: "ordered" });
    const attach = async (upstreams: string[]): Promise<unknown> =>
      (await api("PUT", "/registries/ordered/upstreams", { upstreams })).json["upstreams"];
    expect(await attach(["up-c", "up-a", "up-b", "up-c"])).toEqual(["up-c", "up-a", "up-b"]);
    expect(await attach(["up-b", "up-c"])).toEqual(["up-b", "up-c"]);
    const { status, json } = await api("PUT", "/registries/ordered/upstreams", {
      upstreams: ["up-a", "nope"],
    });
    expect([status, json.error]).toEqual([404, 'There is no upstream "nope"; create it first.']);
    expect((await api("GET", "/registries/ordered")).json["upstreams"]).toEqual(["up-b", "up-c"]);
    expect((await api("DELETE", "/upstreams/up-b")).status).toBe(204);
    expect((await api("GET", "/registries/ordered")).json["upstreams"]).toEqual(["up-c"]);
  });

  it("with a credential are added by who manages the workspace, and moved and removed by who manages the registry", async () => {
    await api("POST", "/upstreams", { name: "paid", url: upstream.url, token: "secret" });
    await api("POST", "/upstreams", { name: "free", url: upstream.url });
    await create({ name: "lent" });
    const ada = await app.as("ada");
    const rule = { subject: "user", name: "ada", permissions: ["manage-registry"], registry: "lent" };
    expect((await api("POST", "/access-rules", rule)).status).toBe(201);
    const attach = async (upstreams: string[]): Promise<unknown[]> => {
      const path = "/api/v1/registries/lent/upstreams";
      const { status, json } = await ada.request(path, { method: "PUT", body: { upstreams } });
      return [status, status === 200 ? json["upstreams"] : json.error];
    };
    const refused = [
      403,
      explained(
        'The upstream "paid" has a credential, which is the whole workspace\'s; adding it to a registry needs the permission manage-registry on the workspace.',
      ),
    ];
    expect(await attach(["paid"])).toEqual(refused);
    expect(await attach(["free"])).toEqual([200, ["free"]]);
    expect(await attach(["free", "paid"])).toEqual(refused);
    await api("PUT", "/registries/lent/upstreams", { upstreams: ["free", "paid"] });
    expect(await attach(["paid", "free"])).toEqual([200, ["paid", "free"]]);
    expect(await attach(["paid"])).toEqual([200, ["paid"]]);
    expect(await attach([])).toEqual([200, []]);
    expect(await attach(["paid"])).toEqual(refused);
  });

  it("of a name are there once", async () => {
    await api("POST", "/upstreams", { name: "taken", url: upstream.url });
    const { status, json } = await api("POST", "/upstreams", { name: "taken", url: upstream.url });
    expect([status, json.error]).toEqual([409, 'The upstream "taken" exists already.']);
  });
});

describe("claims", () => {
  it("are added once, listed and taken back", async () => {
    await create({ name: "claiming" });
    const claim = (method: string, pattern: string): Promise<TestResponse> =>
      api(method, `/registries/claiming/claims/${encodeURIComponent(pattern)}`);
    for (const pattern of ["@acme/*", "team-*", "exact", "@acme/*"]) {
      expect((await claim("PUT", pattern)).status).toBe(204);
    }
    expect((await api("GET", "/registries/claiming/claims")).json).toEqual({
      items: ["@acme/*", "exact", "team-*"],
      next: null,
    });
    expect((await claim("DELETE", "team-*")).status).toBe(204);
    expect((await api("GET", "/registries/claiming")).json["claims"]).toEqual(["@acme/*", "exact"]);
  });

  it.each(["*", "@*", "@acme*", "a*b", "**", "../*", ".x", "@acme/", "a b"])(
    "%j is no pattern",
    async (pattern) => {
      const { status, json } = await api("PUT", `/registries/default/claims/${encodeURIComponent(pattern)}`);
      expect([status, json.error]).toEqual([400, expect.stringContaining("is not a valid")]);
    },
  );
});
