import { ADMIN_PASSWORD, loginAs, startTestApp, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

let app: TestApp;
let keyOfNobody: string;

beforeAll(async () => {
  app = await startTestApp();
  await app.as("ada");
  const body = { kind: "feed", name: "ci", registries: ["default"] };
  const { json } = await app.admin.request("/api/v1/keys", { method: "POST", body });
  keyOfNobody = String(json["token"]);
});
afterAll(() => app.close());

interface Event {
  seq: number;
  kind: string;
  actor: string;
  detail: Record<string, unknown>;
}

async function newestFirst(): Promise<Event[]> {
  return (await app.admin.request("/api/v1/audit?limit=100")).json["items"] as Event[];
}

// Events are written in their order: once the login after the attempt is there, all of the attempt are.
async function kindsAfter(attempt: () => Promise<number>): Promise<unknown[]> {
  const last = await loginSeen(0);
  const status = await attempt();
  const next = await loginSeen(last);
  const found = (await newestFirst()).filter(
    ({ seq, detail }) => seq > last && seq < next && !detail["tokenId"],
  );
  return [
    status,
    ...found.map(({ kind, detail }) => `${kind} ${String(detail["reason"] ?? detail["route"])}`),
  ];
}

async function loginSeen(after: number): Promise<number> {
  const before = Math.max(after, (await newestFirst())[0]?.seq ?? 0);
  await loginAs(app.url, "ada", "the password of ada");
  for (;;) {
    const seen = (await newestFirst()).find(({ seq, kind }) => seq > before && kind === "signed-in");
    if (seen !== undefined) return seen.seq;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function send(path: string, method: string, body: unknown): Promise<number> {
  return (await app.request(path, { method, body })).status;
}

const user = (name: string): string => `/npm/default/-/user/org.couchdb.user:${name}`;
const WRONG = { name: "admin", password: "wrong" };

it.each([
  ["login", () => send(user("admin"), "PUT", WRONG)],
  ["login again", () => send(`${user("admin")}/-rev/1-0`, "PUT", WRONG)],
  ["the API", () => send("/api/v1/login", "POST", { user: "admin", password: "wrong" })],
  ["a session", () => send("/api/v1/session", "POST", { user: "admin", password: "wrong" })],
  [
    "a new password",
    () => send("/api/v1/password", "POST", { user: "admin", password: "wrong", newPassword: ADMIN_PASSWORD }),
  ],
])("a wrong password leaves one event: %s", async (_, attempt) => {
  expect(await kindsAfter(attempt)).toEqual([401, "sign-in-failed password-wrong"]);
});

it.each(["wrong", "entrepot_damaged", "a wrong key of somebody"])(
  "so does a wrong token under the name api: %s",
  async (password) => {
    const attempt = (): Promise<number> => send(user("api"), "PUT", { name: "api", password });
    expect(await kindsAfter(attempt)).toEqual([401, "sign-in-failed token-refused"]);
  },
);

it("so does a key that belongs to nobody", async () => {
  const attempt = (): Promise<number> => send(user("api"), "PUT", { name: "api", password: keyOfNobody });
  expect(await kindsAfter(attempt)).toEqual([403, "sign-in-failed token-refused"]);
});

it("a sign-up where nobody may is refused, once", async () => {
  const attempt = (): Promise<number> =>
    send("/api/v1/sign-up", "POST", { name: "eve", password: "the password of eve" });
  expect(await kindsAfter(attempt)).toEqual([403, "request-refused sign-up"]);
});
