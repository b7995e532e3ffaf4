import {
  createTestClock,
  startTestApp,
  type Persona,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

const DAY_MS = 24 * 60 * 60 * 1000;
const clock = createTestClock();
let app: TestApp;
/** Manages the registry team. */
let mia: Persona;
/** Manages it too. */
let max: Persona;
/** A developer. */
let dev: Persona;

async function call(who: Persona, wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await who.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

beforeAll(async () => {
  app = await startTestApp({ now: clock.now });
  [mia, max, dev] = [await app.as("mia"), await app.as("max"), await app.as("dev")];
  await call(app.admin, "POST /registries", { name: "team" });
  for (const name of ["mia", "max"]) {
    const grant = { subject: "user", name, permissions: ["manage-registry"], registry: "team" };
    await call(app.admin, "POST /access-rules", grant);
  }
});
afterAll(() => app.close());

const wish = { registry: "team", packages: "left", range: "^1.0.0", reason: "the fix is in it", days: 7 };

async function ask(who: Persona, more: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const { status, json } = await call(who, "POST /exception-requests", { ...wish, ...more });
  expect(status, String(json.error)).toBe(201);
  return json;
}

async function inForce(packageName = "left"): Promise<string[]> {
  const { items } = (
    await call(app.admin, `GET /exceptions?state=approved&registry=team&package=${packageName}`)
  ).json as { items: { packages: string; range: string }[] };
  return items.map(({ packages, range }) => `${packages}@${range}`);
}

it("who manages a registry makes one at once, which ends by itself", async () => {
  const made = await call(mia, "POST /exceptions", { ...wish, packages: "@acme/*", range: "[1.0,2.0)" });
  expect([made.status, made.json]).toEqual([
    201,
    {
      id: expect.any(String) as unknown,
      registry: "team",
      packages: "@acme/*",
      range: ">=1.0.0 <2.0.0",
      rules: null,
      state: "approved",
      reason: "the fix is in it",
      owner: "mia",
      approvedBy: ["mia"],
      approvalsNeeded: 1,
      createdAt: new Date(clock.now()).toISOString(),
      expiresAt: new Date(clock.now() + 7 * DAY_MS).toISOString(),
      days: 7,
      decidedBy: null,
      decidedAt: null,
      note: "",
      mayDecide: true,
    },
  ]);
  expect(await inForce("@acme/one")).toEqual(["@acme/*@>=1.0.0 <2.0.0"]);
  clock.advance(7 * DAY_MS);
  expect(await inForce("@acme/one")).toEqual([]);
  const ended = await call(mia, "GET /exceptions?state=ended");
  expect(ended.json["items"]).toMatchObject([{ packages: "@acme/*", state: "ended" }]);
});

it("anybody who may look asks, and is told what was decided", async () => {
  const { id } = await ask(dev);
  expect(await inForce()).toEqual([]);
  expect((await ask(dev))["id"]).toBe(id);
  expect((await call(mia, "GET /exceptions?state=requested")).json["items"]).toMatchObject([
    { id, owner: "dev", reason: "the fix is in it", days: 7, expiresAt: null, mayDecide: true },
  ]);
  clock.advance(3 * DAY_MS);
  const approved = await call(mia, `POST /exceptions/${String(id)}/approve`, {
    note: "until the fix",
    days: 2,
  });
  expect(approved.json).toMatchObject({
    state: "approved",
    approvedBy: ["mia"],
    expiresAt: new Date(clock.now() + 2 * DAY_MS).toISOString(),
  });
  expect(await inForce()).toEqual(["left@^1.0.0"]);
  const { items } = (await call(dev, "GET /notices")).json as { items: { kind: string; text: string }[] };
  expect(items).toMatchObject([
    { kind: "exception-approved", text: expect.stringMatching(/^mia approved your request: left@\^1\.0\.0/) },
  ]);
  expect((await call(dev, "POST /notices/read")).json).toEqual({ read: 1 });
  expect((await call(dev, "GET /notices")).json["items"]).toEqual([]);
  expect((await call(dev, "GET /notices?all=true")).json["items"]).toHaveLength(1);
  expect((await call(max, `POST /exceptions/${String(id)}/revoke`)).json).toMatchObject({ state: "revoked" });
  expect(await inForce()).toEqual([]);
});

it("nobody decides on their own wish, or on one of a registry that is not theirs", async () => {
  const { id } = await ask(mia, { packages: "own" });
  const path = `POST /exceptions/${String(id)}`;
  const own = await call(mia, `${path}/approve`);
  expect([own.status, own.json.error]).toEqual([403, expect.stringContaining("Somebody else")]);
  // Of others' wishes who may not decide is told nothing, not even that there is one.
  expect((await call(dev, `${path}/approve`)).status).toBe(404);
  const { id: wide } = await ask(dev, { registry: "*", packages: "wide" });
  expect((await call(mia, `POST /exceptions/${String(wide)}/approve`)).status).toBe(404);
  expect((await call(dev, `POST /exceptions/${String(wide)}/approve`)).status).toBe(403);
  expect((await call(app.admin, `POST /exceptions/${String(wide)}/approve`)).status).toBe(200);
  expect((await call(max, `${path}/reject`, { note: "use own@2" })).json).toMatchObject({
    state: "rejected",
  });
  expect((await call(max, `${path}/approve`)).status).toBe(400);
  expect((await call(mia, "GET /notices")).json["items"]).toMatchObject([{ kind: "exception-rejected" }]);
});

it("a token that is limited takes no wish of its user back", async () => {
  const { id } = await ask(dev, { packages: "limited" });
  const made = await call(dev, "POST /tokens", { name: "reads", readonly: true });
  const headers = { authorization: `Bearer ${String(made.json["token"])}` };
  const path = `/api/v1/exceptions/${String(id)}/revoke`;
  expect((await app.request(path, { method: "POST", body: {}, headers })).status).toBe(403);
  expect((await call(dev, `POST /exceptions/${String(id)}/revoke`)).status).toBe(200);
});

it("who asked takes their wish back, and may not end what was approved", async () => {
  const { id } = await ask(dev, { packages: "back" });
  expect((await call(dev, `POST /exceptions/${String(id)}/revoke`)).json).toMatchObject({ state: "revoked" });
  const { id: other } = await ask(dev, { packages: "kept" });
  await call(mia, `POST /exceptions/${String(other)}/approve`);
  expect((await call(dev, `POST /exceptions/${String(other)}/revoke`)).status).toBe(403);
});

it("confirmed malware passes only on the word of two", async () => {
  const malware = { packages: "bad", rules: ["malware"] };
  const { id } = await ask(dev, malware);
  const first = await call(mia, `POST /exceptions/${String(id)}/approve`);
  expect(first.json).toMatchObject({ state: "requested", approvedBy: ["mia"], approvalsNeeded: 2 });
  expect(first.json["warnings"]).toEqual([expect.stringContaining("1 more")]);
  expect(await inForce("bad")).toEqual([]);
  const again = await call(mia, `POST /exceptions/${String(id)}/approve`);
  expect([again.status, again.json.error]).toEqual([
    403,
    expect.stringContaining("mia agreed to this already"),
  ]);
  expect((await call(max, `POST /exceptions/${String(id)}/approve`)).json).toMatchObject({
    state: "approved",
    approvedBy: ["mia", "max"],
  });
  expect(await inForce("bad")).toEqual(["bad@^1.0.0"]);
  const made = await call(mia, "POST /exceptions", { ...wish, packages: "worse", rules: ["malware", "age"] });
  expect(made.json).toMatchObject({ state: "requested", approvedBy: ["mia"] });
  expect((await call(mia, `POST /exceptions/${String(made.json["id"])}/approve`)).status).toBe(403);
  expect(await inForce("worse")).toEqual([]);
});

it.each([
  ["a prefix", { packages: "left-*" }, /nobody has looked at/],
  ["every package", { packages: "*" }, /star alone/],
  ["a range that is none", { range: "soon" }, /not a range of versions/],
  ["no reason", { reason: "  " }, /reason is missing/],
  ["no end", { days: undefined }, /Say when it ends/],
  ["two ends", { until: "2100-01-01" }, /Say when it ends/],
  ["an end that is over", { days: undefined, until: "2001-01-01" }, /over already/],
  ["an end that is too far", { days: undefined, until: "2100-01-01" }, /at most 365 days/],
  ["a rule that is none", { rules: ["everything"] }, /A rule is one of/],
  ["a rule that nothing lifts", { rules: ["name-claim"] }, /No exception lifts the rule name-claim/],
])("%s is refused with what would be taken", async (_what, more, text) => {
  const { status, json } = await call(app.admin, "POST /exceptions", { ...wish, ...more });
  expect([status, json.error]).toEqual([400, expect.stringMatching(text)]);
});

it("one without an end is for administrators", async () => {
  const forever = { ...wish, packages: "ever", days: undefined, never: true };
  expect((await call(mia, "POST /exceptions", forever)).status).toBe(403);
  expect((await call(app.admin, "POST /exceptions", forever)).json).toMatchObject({
    state: "approved",
    expiresAt: null,
  });
  expect((await call(dev, "POST /exceptions", wish)).status).toBe(403);
});

it("a list shows each what is theirs to know, page by page", async () => {
  const seen: unknown[] = [];
  let cursor = "";
  for (let pages = 0; pages < 20; pages += 1) {
    const { json } = await call(app.admin, `GET /exceptions?limit=2${cursor}`);
    seen.push(...(json["items"] as { id: string }[]).map(({ id }) => id));
    if (json["next"] === null) break;
    cursor = `&cursor=${json["next"] as string}`;
  }
  const all = (await call(app.admin, "GET /exceptions?limit=500")).json["items"] as { id: string }[];
  expect(seen).toEqual(all.map(({ id }) => id));
  expect(seen.length).toBeGreaterThan(8);
  const own = (await call(dev, "GET /exceptions?limit=500")).json["items"] as Record<string, unknown>[];
  const others = own.filter(({ owner }) => owner !== "dev");
  expect(others.length).toBeGreaterThan(0);
  for (const item of others) expect([item["state"], "reason" in item]).toEqual(["approved", false]);
  expect((await call(dev, "GET /exceptions?cursor=x")).status).toBe(400);
  expect((await call(dev, "GET /exceptions?state=odd")).status).toBe(400);
});

it("too many wishes of one person wait for a decision", async () => {
  const eve = await app.as("eve");
  for (let index = 0; index < 50; index += 1) await ask(eve, { packages: `pile-${index}` });
  const { status, json } = await call(eve, "POST /exception-requests", { ...wish, packages: "one-more" });
  expect([status, json.error]).toEqual([429, expect.stringContaining("take some of yours back")]);
});

it("what was decided is in the audit trail", async () => {
  const { items } = (await call(app.admin, "GET /audit?kind=exception-changed&package=bad")).json as {
    items: { actor: string; detail: Record<string, unknown> }[];
  };
  expect(
    items.map(({ actor, detail }) => [actor, detail["before"], detail["state"], detail["approvedBy"]]),
  ).toEqual([
    ["max", "requested", "approved", ["mia", "max"]],
    ["mia", "requested", "requested", ["mia"]],
    ["dev", null, "requested", []],
  ]);
});
