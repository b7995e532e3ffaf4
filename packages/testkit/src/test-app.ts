import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createApp,
  createMetrics,
  createSilentLog,
  loadConfig,
  VERSION,
  type App,
  type AppInputs,
} from "entrepot";
import { httpRequest, type TestRequest, type TestResponse } from "./http-request.ts";
import { makePublishDocument, type PublishDocument, type PublishDocumentInput } from "./publish-document.ts";

/** The administrator's password in every test. */
export const ADMIN_PASSWORD = "correct horse battery staple";

export interface TestAppOptions {
  /** URL of the upstream of `default`; none when left out. */
  upstream?: string;
  /** Further environment, such as `ENTREPOT_ANONYMOUS_READ`. */
  env?: Readonly<Record<string, string>>;
  /** Text of entrepot.yaml. */
  file?: string;
  /** Leaves the administrator with a one-time password; then nobody is logged in as `admin`. */
  hasOneTimePassword?: true;
  now?: () => number;
  log?: AppInputs["log"];
  accessLog?: AppInputs["accessLog"];
  /** A folder to open again; it outlives the app then. */
  data?: string;
}

/** Someone with a token. */
export interface Persona {
  name: string;
  token: string;
  /** Sends a request with the token. */
  request(path: string, request?: TestRequest): Promise<TestResponse>;
  /** Publishes to a registry, `default` when left out. */
  publish(
    input: PublishDocumentInput & { registry?: string },
  ): Promise<TestResponse & { document: PublishDocument }>;
}

/** A whole server on a free loopback port. */
export interface TestApp {
  app: App;
  /** Without a trailing slash. */
  url: string;
  /** The data folder. */
  data: string;
  /** Sends a request without a credential. */
  request(path: string, request?: TestRequest): Promise<TestResponse>;
  /** The administrator. */
  admin: Persona;
  /** A user of that name, made at first sight with the role `developer`. */
  as(name: string, role?: "admin" | "developer" | "read-only"): Promise<Persona>;
  close(): Promise<void>;
}

/** Starts a server with an empty data folder; everything it wrote goes with `close`. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "entrepot-test-")));
  const app = await createApp({
    config: loadConfig({
      env: {
        ENTREPOT_PORT: "0",
        ENTREPOT_DATA: data,
        ENTREPOT_ADMIN_PASSWORD: options.hasOneTimePassword === true ? "" : ADMIN_PASSWORD,
        ENTREPOT_UPSTREAM: options.upstream ?? "none",
        ...(options.file?.includes("advisories:") === true ? {} : { ENTREPOT_ADVISORIES: "none" }),
        ...(options.file === undefined ? {} : { ENTREPOT_CONFIG: "/test/entrepot.yaml" }),
        ...options.env,
      },
      cwd: data,
      readFile: (path) => {
        if (options.file !== undefined && path === "/test/entrepot.yaml") return options.file;
        throw Object.assign(new Error(`no such file: ${path}`), { code: "ENOENT" });
      },
    }),
    version: VERSION,
    now: options.now ?? Date.now,
    log: options.log ?? createSilentLog(),
    accessLog: options.accessLog ?? null,
    metrics: createMetrics(),
  });
  await app.listen();
  // `listen` gives the configured public URL, which need not lead here.
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const personas = new Map<string, Promise<Persona>>();
  const admin = personaOf(
    url,
    "admin",
    options.hasOneTimePassword === true ? "" : await loginAs(url, "admin", ADMIN_PASSWORD),
  );
  return {
    app,
    url,
    data,
    admin,
    request: (path, request) => httpRequest(url, path, request),
    as(name, role = "developer") {
      const known = personas.get(name) ?? createPersona({ url, admin, name, role });
      personas.set(name, known);
      return known;
    },
    async close() {
      await app.close();
      if (options.data === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}

async function createPersona(input: {
  url: string;
  admin: Persona;
  name: string;
  role: string;
}): Promise<Persona> {
  const password = `the password of ${input.name}`;
  const made = await input.admin.request("/api/v1/users", {
    method: "POST",
    body: { name: input.name, password, role: input.role },
  });
  if (made.status !== 201) throw new Error(`no user ${input.name}: ${made.text}`);
  return personaOf(input.url, input.name, await loginAs(input.url, input.name, password));
}

/** Logs in the way npm does and gives the token. */
export async function loginAs(url: string, name: string, password: string): Promise<string> {
  const response = await httpRequest(url, `/npm/default/-/user/org.couchdb.user:${name}`, {
    method: "PUT",
    body: {
      _id: `org.couchdb.user:${name}`,
      name,
      password,
      type: "user",
      roles: [],
      date: new Date().toISOString(),
    },
  });
  const { token } = response.json;
  if (typeof token !== "string") throw new Error(`no token for ${name}: ${response.text}`);
  return token;
}

function personaOf(url: string, name: string, token: string): Persona {
  async function request(path: string, sent: TestRequest = {}): Promise<TestResponse> {
    return await httpRequest(url, path, {
      ...sent,
      headers: { authorization: `Bearer ${token}`, ...sent.headers },
    });
  }
  return {
    name,
    token,
    request,
    async publish({ registry = "default", ...input }) {
      const document = makePublishDocument(input);
      const path = `/npm/${registry}/${input.name.replace("/", "%2f")}`;
      const response = await request(path, { method: "PUT", body: document.body });
      return Object.assign(response, { document });
    },
  };
}
