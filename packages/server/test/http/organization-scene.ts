import { startTestApp, type Persona, type TestApp, type TestResponse } from "@entrepot/testkit";

/** A server with the organization acme and its people, who are all developers of the workspace. */
export interface OrganizationScene {
  app: TestApp;
  /** Owner of the organization. */
  olga: Persona;
  /** Admin of it. */
  adam: Persona;
  /** Developer in it. */
  dora: Persona;
  /** Nothing in it. */
  eve: Persona;
}

/** Starts the server; the administrator is no member. */
export async function startOrganizationScene(): Promise<OrganizationScene> {
  const app = await startTestApp();
  const [olga, adam, dora, eve] = [
    await app.as("olga"),
    await app.as("adam"),
    await app.as("dora"),
    await app.as("eve"),
  ];
  await api(app, "POST /organizations", { name: "acme" });
  await npm(app.admin, "PUT /-/org/acme/user", { user: "olga", role: "owner" });
  await npm(app.admin, "DELETE /-/org/acme/user", { user: "admin" });
  await npm(olga, "PUT /-/org/acme/user", { user: "adam", role: "admin" });
  await npm(olga, "PUT /-/org/acme/user", { user: "dora" });
  return { app, olga, adam, dora, eve };
}

/** Sends a request to the registry `default`; `call` is a method and a path below it. */
export async function npm(who: Persona, call: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = call.split(" ");
  return await who.request(`/npm/default${path}`, { method, ...(body === undefined ? {} : { body }) });
}

/** The JSON that somebody gets at a path of the registry `default`. */
export async function get(who: Persona, path: string): Promise<unknown> {
  return (await npm(who, `GET ${path}`)).json;
}

/** Sends a request to the JSON API as the administrator; `call` is a method and a path below `/api/v1`. */
export async function api(app: TestApp, call: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = call.split(" ");
  return await app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

/** Somebody with a token that may do all that they may, but for what `body` says. */
export async function limited(
  { app }: Pick<OrganizationScene, "app">,
  who: Persona,
  body: Record<string, unknown>,
): Promise<Persona> {
  const readonly = "permissions" in body ? undefined : false;
  const made = await who.request("/api/v1/tokens", {
    method: "POST",
    body: { name: "limited", readonly, ...body },
  });
  const authorization = `Bearer ${String(made.json["token"])}`;
  return {
    ...who,
    request: (path, sent = {}) => app.request(path, { ...sent, headers: { authorization, ...sent.headers } }),
  };
}
