/** What the tests of refused versions share: rules, packages, the command line, and what each client prints. */
import { runClientCommand } from "@entrepot/cli";
import type { Persona } from "@entrepot/testkit";
import { expect } from "vitest";
import { bun, npm10, npm11, pnpm10, pnpm12, pnpm9, yarn1, yarn4, type Client } from "./clients.ts";
import { setScene, type Scene, type SceneOptions } from "./scene.ts";
import type { Workplace } from "./workplace.ts";

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Clients that look at the age themselves must find all versions old, so the server lives in the past. */
const BEHIND_MS = 200 * DAY_MS;

/** A version that is refused, and where its page is. */
export interface Refused {
  name: string;
  rule: string;
  /** The page of the version, and that of the package. */
  versionUrl: string;
  packageUrl: string;
}

/** What a client prints of a refusal: these parts, whatever lies between them. */
type Parts = (refused: Refused) => string[];

/** How a client takes refusals of `1.1.0` of a package that has an older version too. */
export interface Terminal {
  client: Client;
  name: string;
  /** Asked for exactly: the client decides by the list of versions, in which it is not. */
  exact: Parts;
  /** Named by a lockfile, denied by `deny-list` since. */
  locked: Parts;
  /** Every version is refused, by `deny-list`. */
  whole: Parts;
  /** Whether an exact version that is in its own cache is installed without asking; and a range. */
  trustsCache: { exact: boolean; range: boolean };
}

const ASKS_ALWAYS = { exact: false, range: false };
const ASKS_FOR_RANGES = { exact: true, range: false };

const npm: Omit<Terminal, "client" | "name"> = {
  exact: ({ name, rule, packageUrl }) => [
    "code E403",
    `${name}@1.1.0 is `,
    `(rule ${rule})`,
    "Use 1.0.0",
    `Ask at ${packageUrl}`,
  ],
  locked: ({ name, rule, versionUrl }) => [
    `npm notice ${name}@1.1.0 is blocked`,
    "code E403",
    `${name}@1.1.0 is blocked`,
    `(rule ${rule})`,
    "Use 1.0.0",
    `Ask at ${versionUrl}`,
  ],
  whole: ({ name, rule, versionUrl }) => [
    "code E403",
    `Every version of ${name} is refused`,
    `(rule ${rule})`,
    "Choose another package",
    `Ask at ${versionUrl}`,
  ],
  trustsCache: ASKS_ALWAYS,
};
const pnpm: Omit<Terminal, "client" | "name"> = {
  exact: ({ name }) => [
    `No matching version found for ${name}@1.1.0`,
    `The latest release of ${name} is "1.0.0"`,
  ],
  locked: ({ rule, versionUrl }) => [
    "ERR_PNPM_FETCH_403",
    `Forbidden by rule ${rule}, use 1.0.0, see ${versionUrl} - 403`,
  ],
  whole: ({ rule, versionUrl }) => [
    "ERR_PNPM_FETCH_403",
    `Forbidden by rule ${rule}, see ${versionUrl} - 403`,
  ],
  trustsCache: ASKS_FOR_RANGES,
};

const KNOWN: ReadonlyArray<Omit<Terminal, "name">> = [
  { client: npm11, ...npm },
  { client: npm10, ...npm },
  {
    client: pnpm12,
    exact: pnpm.exact,
    locked: ({ name }) => [`${name}@1.1.0 could not be checked`, "version not present in registry manifest"],
    whole: ({ rule, versionUrl }) => [`403 Forbidden by rule ${rule}, see ${versionUrl}`],
    trustsCache: { exact: true, range: true },
  },
  { client: pnpm10, ...pnpm },
  { client: pnpm9, ...pnpm },
  {
    client: yarn1,
    exact: ({ name }) => [`Couldn't find any versions for "${name}" that matches "1.1.0"`],
    locked: () => [`-1.1.0.tgz: Request failed "403 Forbidden"`],
    whole: (refused) => npm.whole(refused).slice(1),
    trustsCache: ASKS_ALWAYS,
  },
  {
    client: yarn4,
    exact: ({ name }) => [`${name}@npm:1.1.0: No candidates found`],
    locked: ({ rule, versionUrl }) => [`403 (Forbidden by rule ${rule}, use 1.0.0, see ${versionUrl})`],
    whole: ({ rule, versionUrl }) => [`403 (Forbidden by rule ${rule}, see ${versionUrl})`],
    trustsCache: ASKS_FOR_RANGES,
  },
  {
    client: bun,
    exact: ({ name }) => [`No version matching "1.1.0" found for specifier "${name}" (but package exists)`],
    locked: () => ["-1.1.0.tgz - 403"],
    whole: () => [" - 403"],
    trustsCache: ASKS_FOR_RANGES,
  },
];

export const TERMINALS: readonly Terminal[] = KNOWN.map((known) => ({ ...known, name: known.client.name }));

/** A scene with a firewall. */
export interface FirewallScene extends Scene {
  /** The server's time in milliseconds. */
  now(): number;
  advance(milliseconds: number): void;
  /** Calls the API as an administrator: `PUT /policy/profile`. */
  api(wanted: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Publishes to the upstream: long ago, unless `ageMs` says else. */
  publish(
    name: string,
    version: string,
    options?: { ageMs?: number; manifest?: object; tag?: string | null },
  ): void;
  /** Denies `1.1.0` of a package from now on. */
  deny(name: string): Promise<void>;
  /** Runs `entrepot …` as the developer, or as somebody else; gives its exit code and both outputs. */
  entrepot(words: readonly string[], persona?: Persona): Promise<{ code: number; text: string }>;
  refused(name: string, rule: string): Refused;
}

/** Sets a scene whose server's clock a test may move. */
export function setFirewallScene(options: Omit<SceneOptions, "now"> = {}): FirewallScene {
  let shiftMs = -BEHIND_MS;
  const now = (): number => Date.now() + shiftMs;
  const scene = setScene({ ...options, now });
  async function api(wanted: string, body?: unknown): Promise<Record<string, unknown>> {
    const [method = "", path = ""] = wanted.split(" ");
    const sent = { method, ...(body === undefined ? {} : { body }) };
    const { status, text } = await scene.app.admin.request(`/api/v1${path}`, sent);
    if (status >= 300) throw new Error(`${wanted} is ${status}: ${text}`);
    return JSON.parse(text || "{}") as Record<string, unknown>;
  }
  const page = (name: string, version: Record<string, string>): string => {
    const query = new URLSearchParams({ registry: "default", package: name, ...version });
    return `${scene.app.url}/-/request?${query.toString()}`;
  };
  const more: Omit<FirewallScene, keyof Scene> = {
    now,
    advance: (milliseconds: number) => void (shiftMs += milliseconds),
    api,
    publish(name, version, options = {}) {
      const { ageMs = 1000 * DAY_MS, manifest = {}, tag } = options;
      scene.upstream.publish({
        name,
        version,
        time: now() - ageMs,
        manifest: { license: "MIT", main: "index.js", ...manifest },
        files: { "index.js": `module.exports = ["${name}@${version}"];\n` },
        ...(tag === undefined ? {} : { tag }),
      });
    },
    async deny(name) {
      const entries = [{ packages: name, range: "1.1.0", reason: "INC-9: gone bad" }];
      await api("PUT /policy/rules/deny-list", { packages: name, options: { entries } });
    },
    entrepot: async (words, persona = scene.dev) => await runEntrepot(scene, words, persona),
    refused: (name, rule) => ({
      name,
      rule,
      versionUrl: page(name, { version: "1.1.0" }),
      packageUrl: page(name, {}),
    }),
  };
  // The scene's members are there from the first test on only, so they are not copied.
  return Object.defineProperties(scene, Object.getOwnPropertyDescriptors(more)) as FirewallScene;
}

async function runEntrepot(
  { app }: Scene,
  words: readonly string[],
  { token }: Persona,
): Promise<{ code: number; text: string }> {
  let text = "";
  const code = await runClientCommand(words, {
    io: {
      env: { ENTREPOT_SERVER: app.url, ENTREPOT_TOKEN: token },
      homeFolder: "/nowhere",
      folder: "/nowhere",
      isInteractive: false,
      readInput: async () => "",
      ask: async () => "",
      out: (more) => (text += more),
      err: (more) => (text += more),
      fetch,
    },
  });
  return { code, text };
}

/** Expects all parts in a text, in this order. Some clients break lines anywhere and draw a frame around them. */
export function expectShown(text: string, parts: readonly string[]): void {
  let rest = squeezed(text);
  for (const part of parts) {
    const at = rest.indexOf(squeezed(part));
    expect(at, `${part}\nin\n${text}`).toBeGreaterThanOrEqual(0);
    rest = rest.slice(at + squeezed(part).length);
  }
}

function squeezed(text: string): string {
  return text.replaceAll(/[\s│├╰─▶×]+/gu, "");
}

/** A project of another machine that has the same lockfile. */
export function withLockfileOf(user: Workplace, other: Workplace): Workplace {
  for (const file of ["package.json", user.client.lockfile]) other.write(file, user.read(file));
  return other;
}
