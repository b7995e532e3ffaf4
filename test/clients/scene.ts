/** What one file of client tests shares: a server, an upstream with packages, a user, and the clients. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createFakeFeed,
  createFakeUpstream,
  startTestApp,
  type FakeFeed,
  type FakeRecord,
  type FakeUpstream,
  type Persona,
  type TestApp,
} from "@entrepot/testkit";
import { afterAll, beforeAll, beforeEach, vi } from "vitest";
import { REASON, type Access, type Client } from "./clients.ts";
import { installTools, type Tools } from "./tools.ts";
import { createWorkplace, type Workplace } from "./workplace.ts";

const HOUR_MS = 3_600_000;

export interface StartOptions {
  /** Defaults to the registry `default` with the token of a developer. */
  access?: Partial<Access>;
  manifest?: Readonly<Record<string, unknown>>;
  env?: Readonly<Record<string, string>>;
}

/** A request as the server's access log has it. */
export interface SeenRequest {
  method: string;
  path: string;
  status: number;
  principal: string | null;
  userAgent: string;
}

export interface Scene {
  readonly app: TestApp;
  readonly upstream: FakeUpstream;
  /** URL of the registry `default`, with its slash. */
  readonly registry: string;
  /** `host:port` of the server. */
  readonly host: string;
  /** A user of the role `developer`, whose password is `the password of dev`. */
  readonly dev: Persona;
  /** Requests that the server answered since the last {@link Scene.forget}. */
  readonly seen: SeenRequest[];
  forget(): void;
  /** Puts a client to work in a clean home. */
  start(client: Client, options?: StartOptions): Workplace;
  /** Blocks a version everywhere, as an administrator does. */
  block(name: string, version: string): Promise<void>;
  /** GETs a path below `default` as the developer, as JSON. */
  get(path: string, accept?: string): Promise<Record<string, unknown>>;
}

export interface SceneOptions {
  /** Text of a configuration file. */
  file?: string;
  /** What the server knows of vulnerabilities; nothing when left out. */
  advisories?: readonly FakeRecord[];
  /** The server's clock; the machine's when left out. */
  now?: () => number;
}

interface State {
  tools: Tools;
  folder: string;
  upstream: FakeUpstream;
  feed: FakeFeed | null;
  app: TestApp;
  dev: Persona;
}

/** Sets the scene before the tests of a file and clears it after them. Its members are there from the first test on. */
export function setScene(options: SceneOptions = {}): Scene {
  const seen: SeenRequest[] = [];
  let state: State | undefined;
  let missing: string | undefined;

  beforeAll(async () => {
    try {
      state = await build(seen, options);
    } catch (error) {
      // Where the clients cannot be had, the other tests still mean something; .ci/run insists.
      const isMissing = String(error).includes("npm install of the clients");
      if (process.env["CI"] !== undefined || !isMissing) throw error;
      missing =
        "the clients cannot be installed; the registry of this machine's npm has to be reachable once";
    }
  });
  beforeEach((context) => context.skip(missing !== undefined, missing));
  afterAll(async () => {
    await state?.app.close();
    await state?.upstream.close();
    await state?.feed?.close();
    if (state !== undefined) rmSync(state.folder, { recursive: true, force: true });
  });

  function ready(): State {
    if (state === undefined) throw new Error("The scene is not set yet.");
    return state;
  }
  const registry = (): string => `${ready().app.url}/npm/default/`;
  return {
    seen,
    get app() {
      return ready().app;
    },
    get upstream() {
      return ready().upstream;
    },
    get registry() {
      return registry();
    },
    get host() {
      return new URL(ready().app.url).host;
    },
    get dev() {
      return ready().dev;
    },
    forget: () => void seen.splice(0),
    start(client, { access, ...options } = {}) {
      const { tools, folder, dev } = ready();
      return createWorkplace({
        tools,
        client,
        inside: folder,
        access: { registry: registry(), token: dev.token, ...access },
        ...options,
      });
    },
    block: (name, version) => block(ready().app, name, version),
    async get(path, accept = "application/json") {
      const response = await ready().dev.request(`/npm/default/${path}`, { headers: { accept } });
      if (response.status !== 200) throw new Error(`${path} is ${response.status}: ${response.text}`);
      return response.json;
    },
  };
}

async function build(seen: SeenRequest[], options: SceneOptions): Promise<State> {
  const tools = await installTools();
  const folder = mkdtempSync(join(tmpdir(), "entrepot-clients-"));
  const upstream = await createFakeUpstream();
  const feed = options.advisories === undefined ? null : await createFakeFeed();
  feed?.put(...(options.advisories ?? []));
  const file = [options.file, feed === null ? undefined : feedIn(feed)].filter((part) => part !== undefined);
  const app = await startTestApp({
    upstream: upstream.url,
    ...(file.length === 0 ? {} : { file: file.join("\n") }),
    ...(options.now === undefined ? {} : { now: options.now }),
    accessLog: {
      line: ({ method, path, status, principal, userAgent }) => {
        seen.push({ method, path, status, principal, userAgent });
      },
      droppedLines: 0,
      flush: async () => undefined,
      flushSync: () => undefined,
      close: async () => undefined,
    },
  });
  fill(upstream);
  await block(app, "risky", "1.1.0");
  await block(app, "doomed", "1.0.0");
  if (feed !== null) await untilAdvised(app);
  return { tools, folder, upstream, feed, app, dev: await app.as("dev") };
}

function feedIn({ url }: FakeFeed): string {
  return `advisories: { feeds: [{ name: osv, url: "${url}" }] }`;
}

/** The server fetches its advisories behind its start. */
async function untilAdvised(app: TestApp): Promise<void> {
  const path = "/npm/default/-/npm/v1/security/advisories/bulk";
  await vi.waitFor(
    async () => {
      const { status, text } = await app.admin.request(path, { method: "POST", body: {} });
      if (status !== 200) throw new Error(text);
    },
    { timeout: 30_000, interval: 100 },
  );
}

/** Requiring a package gives its name and those of everything below it. */
function fill(upstream: FakeUpstream): void {
  const publish = (
    name: string,
    version: string,
    options: { dependencies?: string[]; time?: number } = {},
  ): void => {
    const dependencies = Object.fromEntries((options.dependencies ?? []).map((one) => [one, "^1.0.0"]));
    const parts = Object.keys(dependencies).map((one) => `require("${one}")`);
    upstream.publish({
      name,
      version,
      manifest: { license: "MIT", main: "index.js", dependencies },
      files: { "index.js": `module.exports = [${[`"${name}@${version}"`, ...parts].join(", ")}].flat();\n` },
      ...(options.time === undefined ? {} : { time: options.time }),
    });
  };
  publish("twig", "1.0.0");
  publish("@up/leaf", "1.0.0", { dependencies: ["twig"] });
  publish("left", "1.0.0");
  publish("left", "1.1.0");
  publish("trunk", "1.0.0", { dependencies: ["left", "@up/leaf"] });
  publish("risky", "1.0.0");
  publish("risky", "1.1.0");
  publish("doomed", "1.0.0");
  publish("plus", "1.0.0");
  publish("plus", "1.1.0+4.17.0");
  publish("young", "1.0.0", { time: Date.now() - 30 * 24 * HOUR_MS });
  publish("young", "1.1.0", { time: Date.now() - HOUR_MS });
}

async function block(app: TestApp, name: string, version: string): Promise<void> {
  const path = `/api/v1/registries/*/packages/${name}/versions/${version}/status`;
  const { status, text } = await app.admin.request(path, {
    method: "PUT",
    body: { status: "blocked", reason: REASON },
  });
  if (status !== 200) throw new Error(`${name}@${version} cannot be blocked: ${text}`);
}
