import {
  ADMIN_PASSWORD,
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

const PAGE = "/-/request?registry=default&package=left&version=1.1.0";
const REASON = `unreviewed <script>alert("x")</script>`;

let app: TestApp;
let upstream: FakeUpstream;
/** Cookies of browsers that are signed in. */
const cookies = new Map<string, string>();

async function api(wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

async function open(who: string | null, path = PAGE): Promise<TestResponse> {
  const cookie = who === null ? undefined : cookies.get(who);
  return onOneLine(await app.request(path, cookie === undefined ? {} : { headers: { cookie } }));
}

/** An answer whose text is as a browser shows it: line breaks are spaces. */
function onOneLine(answer: TestResponse): TestResponse {
  return Object.defineProperty(answer, "text", { value: answer.text.replaceAll(/\s+/g, " ") });
}

interface Sent {
  path?: string;
  fields: Record<string, string>;
  headers?: Record<string, string>;
}

/** Sends a form of the page as a browser does. */
async function send(who: string | null, { path = PAGE, fields, headers = {} }: Sent): Promise<TestResponse> {
  const cookie = who === null ? undefined : cookies.get(who);
  const answer = await app.request(path, {
    method: "POST",
    body: new URLSearchParams(fields).toString(),
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      ...(cookie === undefined ? {} : { cookie }),
      ...headers,
    },
  });
  return onOneLine(answer);
}

async function csrfOf(who: string, path = PAGE): Promise<string> {
  return /name="csrf"\s+value="([^"]+)"/.exec((await open(who, path)).text)?.[1] ?? "";
}

/** The id of the first request that the page offers to decide on. */
function idIn({ text }: TestResponse): string {
  return /name="id"\s+value="([^"]+)"/.exec(text)?.[1] ?? "";
}

async function signIn(user: string, password: string): Promise<TestResponse> {
  const answer = await send(null, { fields: { do: "sign-in", user, password } });
  const cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
  if (answer.status === 303) cookies.set(user, cookie);
  return answer;
}

beforeAll(async () => {
  upstream = await createFakeUpstream();
  for (const version of ["1.0.0", "1.1.0"]) upstream.publish({ name: "left", version });
  app = await startTestApp({ upstream: upstream.url });
  await app.as("dev");
  const entries = [{ packages: "left", range: "1.1.0", reason: REASON }];
  await api("PUT /policy/rules/deny-list", { options: { entries } });
  await app.admin.request("/npm/default/left");
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

it("shows nobody who is not signed in what a closed registry holds, and how to sign in", async () => {
  const { status, text, headers } = await open(null);
  expect([status, headers["content-security-policy"]]).toEqual([
    200,
    expect.stringMatching(/default-src 'none'.*form-action 'self'/),
  ]);
  expect(text).toContain("Sign in to see why");
  expect(text).not.toMatch(/deny-list|unreviewed/);
  const wrong = await signIn("dev", "not the password");
  expect([wrong.status, /role="alert"/.test(wrong.text)]).toEqual([403, true]);
});

it("signs in and comes back to itself", async () => {
  const { status, headers } = await signIn("dev", "the password of dev");
  expect([status, headers["location"]]).toEqual([303, `${app.url}${PAGE}`]);
  expect((await signIn("admin", ADMIN_PASSWORD)).status).toBe(303);
});

it("shows the rule, what would work instead, and the words for a terminal, with nothing that runs", async () => {
  const { text } = await open("dev");
  expect(text).toContain("deny-list");
  expect(text).toContain("unreviewed &lt;script&gt;");
  expect(text).not.toContain("<script>");
  expect(text).toMatch(/What works instead<\/dt>\s*<dd>1\.0\.0/);
  expect(text).toContain("entrepot request &#39;left@1.1.0&#39; --registry default --rule deny-list");
});

it("a request is sent, refused with what was typed, decided on by who may, and seen by who asked", async () => {
  const csrf = await csrfOf("dev");
  const empty = await send("dev", { fields: { do: "ask", csrf, reason: "", days: "3", range: "1.1.0" } });
  expect([empty.status, empty.text]).toEqual([400, expect.stringContaining("reason is missing")]);
  expect(empty.text).toContain('value="3"');

  const asked = await send("dev", {
    fields: { do: "ask", csrf, reason: "it has <b>the</b> fix", days: "3", range: "1.1.0" },
  });
  expect([asked.status, asked.text]).toEqual([200, expect.stringContaining("Your request is with")]);
  expect(asked.text).toContain("it has &lt;b&gt;the&lt;/b&gt; fix");
  expect(asked.text).toContain("Take it back");

  const own = { do: "approve", csrf, id: idIn(asked) };
  expect((await send("dev", { fields: own })).status).toBe(403);

  const shown = await open("admin");
  expect(shown.text).toMatch(/value="approve"/);
  const adminCsrf = await csrfOf("admin");
  const approved = await send("admin", {
    fields: { do: "approve", csrf: adminCsrf, id: idIn(shown), note: "until Friday" },
  });
  expect(approved.text).toContain("It is approved now.");
  expect((await open("dev")).text).toMatch(/nothing refuses[^]*admin says: until Friday/);
  const tarball = await app.admin.request("/npm/default/left/-/left-1.1.0.tgz");
  expect(tarball.status).toBe(200);
});

it("a form counts only from this page, with the session's own secret", async () => {
  const csrf = await csrfOf("dev");
  const fields = { do: "ask", csrf, reason: "x", days: "1", range: "*" };
  const other = await send("dev", { fields, headers: { origin: "https://elsewhere.example" } });
  expect([other.status, other.json.error]).toEqual([403, expect.stringContaining("Another site")]);
  const forged = await send("dev", { fields: { ...fields, csrf: "x".repeat(csrf.length) } });
  expect([forged.status, forged.text]).toEqual([403, expect.stringContaining("sign in again")]);
  expect((await send(null, { fields })).status).toBe(403);
  const { items } = (await api("GET /exceptions?state=requested")).json as { items: unknown[] };
  expect(items).toEqual([]);
});

it("of what somebody may not see it says nothing", async () => {
  await api("POST /registries", { name: "secret" });
  const rule = {
    effect: "restrict",
    permissions: ["view"],
    registry: "secret",
    subject: "user",
    name: "dev",
  };
  await api("POST /access-rules", rule);
  const path = "/-/request?registry=secret&package=left&version=1.0.0";
  const absent = "/-/request?registry=absent&package=left&version=1.0.0";
  const texts = [(await open("dev", path)).text, (await open("dev", absent)).text];
  expect(texts[0]).toContain("that dev may see");
  expect(texts[0]).toBe(texts[1]?.replaceAll("absent", "secret"));
});

it.each([
  ["/-/request", 400],
  ["/-/request?registry=default&package=..%2f&version=1.0.0", 400],
  ["/-/request?registry=default&package=left&version=soon", 400],
])("%s is a bad request", async (path, status) => {
  expect((await open("dev", path)).status).toBe(status);
});

it("lists the refused versions of a package of which no single one is meant", async () => {
  await api("PUT /policy/rules/deny-list", {
    options: { entries: [{ packages: "left", range: "1.0.0", reason: "old" }] },
  });
  const { text } = await open("admin", "/-/request?registry=default&package=left");
  expect(text).toMatch(/href="\?registry=default&amp;package=left&amp;version=1\.0\.0"/);
  expect(text).toMatch(/deny-list\. .*old/);
});

it("what an operator refused by hand cannot be asked for", async () => {
  const path = "/registries/default/packages/left/versions/1.0.0/status";
  await api(`PUT ${path}`, { status: "blocked", reason: "stolen" });
  const { text } = await open("dev", "/-/request?registry=default&package=left&version=1.0.0");
  expect(text).toContain("No exception lifts the rule operator-status");
  expect(text).not.toContain('value="ask"');
});
