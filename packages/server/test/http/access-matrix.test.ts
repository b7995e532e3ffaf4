import { READING, type Permission } from "@entrepot/core";
import {
  ADMIN_PASSWORD,
  createTestClock,
  startTestApp,
  type TestApp,
  type TestRequest,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_ROUTES } from "../../src/http/api/routes.ts";
import { NPM_ROUTES } from "../../src/http/index.ts";
import { API_NEEDS, NPM_NEEDS, type Need } from "./route-needs.ts";
import { requestFor } from "./route-requests.ts";

/*
 * Every kind of credential on every route. What a route needs and what a credential holds are written down by hand,
 * here and in route-needs.ts, beside what the code says, so that neither changes unnoticed and no new route goes without an entry.
 */

/** Routes of registries that are about the workspace, or about people in it. */
const OF_WORKSPACE: ReadonlySet<string> = new Set([
  ...NPM_ROUTES.filter(({ organizationIn }) => organizationIn !== undefined).map(({ id }) => id),
  "list-user-packages",
]);

/** Routes of a registry whose path names no package. */
const OF_REGISTRY: ReadonlySet<string> = new Set([
  "search",
  "registry-info",
  "keys",
  "search",
  "audit-bulk",
  "audit-quick",
  "audit-full",
]);

interface Credential {
  header: string | null;
  /** What the answer is when the credential is not enough. */
  refusal: 401 | 403;
  who: "nobody" | "user" | "limited user" | "key";
  /** On the registry `default` and its package. */
  npm: ReadonlySet<Permission> | "all";
  /** On that registry as a whole; as for its package when left out. */
  registry?: ReadonlySet<Permission>;
  /** On the workspace. */
  workspace: ReadonlySet<Permission> | "all";
  /** What is asked without any permission is answered too. */
  isValid: boolean;
}

const NOTHING: ReadonlySet<Permission> = new Set();
const DEVELOPER: ReadonlySet<Permission> = new Set<Permission>([
  "view",
  "download",
  "publish",
  "tag",
  "deprecate",
  "unpublish",
  "manage-access",
  "promote",
  "query",
  "view-teams",
]);
const LOOKING: ReadonlySet<Permission> = new Set<Permission>(["view", "query", "view-teams"]);
const TARGET = { name: "@acme/left", spelling: "@acme%2fleft", version: "1.0.0" };

let app: TestApp;
const credentials = new Map<string, Credential>();

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

function add(name: string, given: Partial<Credential> & { header: string | null }): void {
  credentials.set(name, {
    refusal: 403,
    who: "user",
    npm: NOTHING,
    workspace: NOTHING,
    isValid: true,
    ...given,
  });
}

async function make(
  path: "tokens" | "keys",
  body: Record<string, unknown>,
): Promise<{ id: string; header: string }> {
  const { status, json } = await app.admin.request(`/api/v1/${path}`, {
    method: "POST",
    body: { name: "matrix", ...body },
  });
  if (status !== 201) throw new Error(String(json.error));
  return { id: String(json["id"]), header: `Bearer ${String(json["token"])}` };
}

function addRefused(name: string, header: string | null): void {
  add(name, { header, refusal: 401, who: "nobody", isValid: header === null });
}

async function addUsers(): Promise<void> {
  const all = { npm: "all", workspace: "all" } as const;
  add("the owner's token", { header: `Bearer ${app.admin.token}`, ...all });
  add("the owner's token as the password of api", { header: basic(`api:${app.admin.token}`), ...all });
  add("the owner's password", { header: basic(`admin:${ADMIN_PASSWORD}`), ...all });
  for (const [role, held] of [
    ["admin", "all"],
    ["developer", DEVELOPER],
    ["read-only", LOOKING],
  ] as const) {
    const { token } = await app.as(`a-${role}`, role);
    add(`the token of one who is ${role}`, { header: `Bearer ${token}`, npm: held, workspace: held });
  }
}

async function addLimited(): Promise<void> {
  const limited = { who: "limited user" } as const;
  const reading = { npm: READING, workspace: READING };
  add("a read-only token", { header: (await make("tokens", {})).header, ...limited, ...reading });
  const publishing = new Set<Permission>(["view", "publish"]);
  add("a token for publishing", {
    header: (await make("tokens", { permissions: [...publishing] })).header,
    ...limited,
    npm: publishing,
    workspace: publishing,
  });
  const wide = { readonly: false };
  add("a token for this registry", {
    header: (await make("tokens", { ...wide, registries: ["default"] })).header,
    ...limited,
    npm: "all",
  });
  add("a token for another registry", {
    header: (await make("tokens", { ...wide, registries: ["other"] })).header,
    ...limited,
  });
  add("a token for this scope", {
    header: (await make("tokens", { ...wide, packages: ["@acme/*"] })).header,
    ...limited,
    npm: "all",
    // Whatever is about more than its packages, such as people and registries, is not for it.
    workspace: new Set<Permission>(["view"]),
  });
  add("a token for other packages", {
    header: (await make("tokens", { ...wide, packages: ["@other/*"] })).header,
    ...limited,
    registry: new Set<Permission>(["view"]),
    workspace: new Set<Permission>(["view"]),
  });
  add("a token for this network", {
    header: (await make("tokens", { ...wide, networks: ["127.0.0.0/8"] })).header,
    npm: "all",
    workspace: "all",
  });
}

async function addKeys(): Promise<void> {
  const key = { who: "key" } as const;
  const viewing = new Set<Permission>(["view", "download"]);
  const feed = await make("keys", { kind: "feed", registries: ["default"], permissions: [...viewing] });
  add("a feed key for viewing", { header: feed.header, ...key, npm: viewing });
  add("a feed key as the password of api", {
    header: basic(`api:${feed.header.slice("Bearer ".length)}`),
    ...key,
    npm: viewing,
  });
  const system = await make("keys", { kind: "system", readonly: false });
  add("a system key", { header: system.header, ...key, npm: "all", workspace: "all" });
  await app.as("dev");
  const tied = await make("keys", { kind: "system", user: "dev", readonly: false });
  add("a system key that is tied to a developer", {
    header: tied.header,
    npm: DEVELOPER,
    workspace: DEVELOPER,
  });
}

async function addEnded(clock: { advance(ms: number): void }): Promise<void> {
  const revoked = await make("tokens", {});
  await app.admin.request(`/api/v1/tokens/${revoked.id}`, { method: "DELETE" });
  addRefused("a revoked token", revoked.header);
  const { token } = await app.as("gone");
  await app.admin.request("/api/v1/users/gone", { method: "PATCH", body: { disabled: true } });
  addRefused("the token of a disabled user", `Bearer ${token}`);
  addRefused("a token for another network", (await make("tokens", { networks: ["192.0.2.0/24"] })).header);
  addRefused("an expired token", (await make("tokens", { expiresInDays: 1 })).header);
  clock.advance(25 * 60 * 60 * 1000);
  addRefused("nothing", null);
  addRefused("a token of elsewhere", "Bearer npm_abcdefghijklmnopqrstuvwxyz0123456789");
  addRefused("a pair that is none", "Basic bm9jb2xvbg==");
}

beforeAll(async () => {
  const clock = createTestClock();
  app = await startTestApp({ now: clock.now, file: "signUp: open\n" });
  await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "other" } });
  const bundle = { dsseEnvelope: { payload: "" } };
  await app.admin.publish({ ...TARGET, bundle });
  await addUsers();
  await addLimited();
  await addKeys();
  await addEnded(clock);
});
afterAll(() => app.close());

function isEnough(need: Need, credential: Credential, held: ReadonlySet<Permission> | "all"): boolean {
  if (need === "nothing") return true;
  if (need === "somebody") return credential.who !== "nobody";
  if (need === "a user") return credential.who === "user" || credential.who === "limited user";
  if (need === "a whole user") return credential.who === "user";
  return held === "all" || held.has(need);
}

function heldAt(
  { npm, registry, workspace }: Credential,
  place: "npm" | "registry" | "workspace",
): ReadonlySet<Permission> | "all" {
  return { npm, registry: registry ?? npm, workspace }[place];
}

function placeOf(routeId: string): "npm" | "registry" | "workspace" {
  if (OF_WORKSPACE.has(routeId)) return "workspace";
  return OF_REGISTRY.has(routeId) ? "registry" : "npm";
}

interface Outcome {
  credential: string;
  isLetIn: boolean;
  status?: number;
}

/** What each credential is told, as far as rights go; only refusals are kept with their status. */
async function outcomes(path: string, request: TestRequest): Promise<Outcome[]> {
  const found: Outcome[] = [];
  for (const [name, { header }] of credentials) {
    const headers: Record<string, string> = header === null ? {} : { authorization: header };
    const { status, text } = await app.request(path, { ...request, headers });
    const isRefused = status === 401 || (status === 403 && /"code":"permission-denied"/.test(text));
    found.push({ credential: name, isLetIn: !isRefused, ...(isRefused ? { status } : {}) });
  }
  return found;
}

function expected(
  needs: Need | readonly Need[],
  { place, ignoresCredential }: { place: "npm" | "registry" | "workspace"; ignoresCredential: boolean },
): Outcome[] {
  return [...credentials].map(([name, credential]) => {
    const isKnown = credential.isValid || ignoresCredential;
    const isLetIn =
      isKnown && [needs].flat().some((need) => isEnough(need, credential, heldAt(credential, place)));
    return { credential: name, isLetIn, ...(isLetIn ? {} : { status: credential.refusal }) };
  });
}

describe("the npm endpoint", () => {
  /** Requests that would be refused for another reason than a missing right. */
  const REPLACED: Readonly<Record<string, string>> = {
    "remove-tag": "/-/package/@acme%2fleft/dist-tags/absent",
    "login": "",
    "login-again": "",
    "logout": "",
  };

  it.each(NPM_ROUTES.map((route) => [route.id, route] as const))("%s", async (id, route) => {
    const needs = NPM_NEEDS[id];
    expect(needs, `say in NPM_NEEDS what ${id} needs`).toBeDefined();
    // Both look at another credential than that of the header, and have tests of their own.
    if (needs === undefined || REPLACED[id] === "") return;
    const { path, ...request } = requestFor(id, TARGET);
    const ignoresCredential = route.ignoresCredential === true;
    expect(await outcomes(`/npm/default${REPLACED[id] ?? path}`, request)).toEqual(
      expected(needs, { place: placeOf(id), ignoresCredential }),
    );
  });

  it("a URL that is nothing says so to who may look, and to nobody else", async () => {
    expect(await outcomes("/npm/default/-/nothing", {})).toEqual(
      expected("view", { place: "registry", ignoresCredential: false }),
    );
  });
});

describe("the JSON API", () => {
  it.each(API_ROUTES.map((route) => [route.id, route] as const))("%s", async (id, { method, path }) => {
    const needs = API_NEEDS[id];
    expect(needs, `say in API_NEEDS what ${id} needs`).toBeDefined();
    if (needs === undefined || id === "login") return;
    // Of things that are not there, so that whoever is let in changes nothing.
    const url = `/api/v1${path.replaceAll(/:(\w+)/g, "x")}`;
    const body = method === "GET" ? {} : { body: { unknown: true } };
    expect(await outcomes(url, { method, ...body })).toEqual(
      expected(needs, { place: "workspace", ignoresCredential: needs === "nothing" }),
    );
  });
});

it("there is no entry for a route that is not there", () => {
  const gone = (needs: object, routes: readonly { id: string }[]): string[] =>
    Object.keys(needs).filter((id) => !routes.some((route) => route.id === id));
  expect([gone(NPM_NEEDS, NPM_ROUTES), gone(API_NEEDS, API_ROUTES)]).toEqual([[], []]);
});
