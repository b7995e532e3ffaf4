/** A client at work: an empty home with nothing cached, and one project folder in it. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Access, Client } from "./clients.ts";
import type { Tools } from "./tools.ts";

const RUN_MS_MAX = 60_000;
/** Some clients throw away what was typed before they had shown the whole prompt; nothing tells when they have. */
const TYPING_MS = 200;

export interface Output {
  code: number | null;
  /** Both streams in the order in which they came. */
  text: string;
}

/** What is on the screen, and what is typed then, or done with what is on the screen. */
export type Answered = readonly [prompt: string, answer: string | ((screen: string) => Promise<void>)];

export interface Workplace {
  readonly client: Client;
  /** The project folder. */
  readonly folder: string;
  readonly home: string;
  /** An empty project of the same user: what the client keeps in the home, such as its cache, is still there. */
  again(): Workplace;
  /** Runs the client and expects success; a failure's text is in the error. */
  run(...args: string[]): Promise<string>;
  /** Runs the client and expects that it fails. */
  fail(...args: string[]): Promise<string>;
  /** Runs the client in a terminal, answering each prompt that `answers` names. */
  converse(args: string[], answers: readonly Answered[]): Promise<string>;
  /** Requires an installed package and gives what its main file exports. */
  require(name: string): Promise<unknown>;
  read(path: string): string;
  json<T = Record<string, unknown>>(path: string): T;
  has(path: string): boolean;
  write(path: string, text: string): void;
  remove(...paths: string[]): void;
  /** Files beside the project folder, in the home. */
  readHome(path: string): string;
  hasHome(path: string): boolean;
}

export interface WorkplaceOptions {
  tools: Tools;
  client: Client;
  /** Where the home is made. */
  inside: string;
  access: Access;
  /** Further members of package.json. */
  manifest?: Readonly<Record<string, unknown>>;
  /** Further environment variables. */
  env?: Readonly<Record<string, string>>;
  /** A home that is there already; one is made when left out. */
  home?: string;
}

export function createWorkplace(options: WorkplaceOptions): Workplace {
  const { client, tools } = options;
  const home = options.home ?? mkdtempSync(join(options.inside, "home-"));
  const folder = options.home === undefined ? join(home, "project") : mkdtempSync(join(home, "project-"));
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(home, "tmp"), { recursive: true });
  const place = { home, folder, env: { ...cleanEnvironment(home, tools), ...options.env } };
  const manifest = { name: "app", version: "1.0.0", license: "MIT", ...options.manifest };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  for (const [path, text] of Object.entries(client.settings(options.access))) {
    writeFileSync(join(folder, path), text);
  }
  const command = client.command(tools);
  return {
    client,
    folder,
    home,
    again: () => createWorkplace({ ...options, home }),
    async run(...args) {
      const { code, text } = await start(place, [...command, ...args]);
      if (code !== 0) throw new Error(`${client.name} ${args.join(" ")} ended with ${code}:\n${text}`);
      return text;
    },
    async fail(...args) {
      const { code, text } = await start(place, [...command, ...args]);
      if (code === 0) throw new Error(`${client.name} ${args.join(" ")} succeeded:\n${text}`);
      return text;
    },
    converse: (args, answers) => converse(place, [...command, ...args], answers),
    async require(name) {
      const code = `console.log(JSON.stringify(require(${JSON.stringify(name)})))`;
      const { text } = await start(place, [process.execPath, "-e", code]);
      return JSON.parse(text) as unknown;
    },
    read: (path) => readFileSync(join(folder, path), "utf8"),
    json: (path) => JSON.parse(readFileSync(join(folder, path), "utf8")),
    has: (path) => existsSync(join(folder, path)),
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    remove: (...paths) => paths.forEach((path) => rmSync(join(folder, path), { recursive: true })),
    readHome: (path) => readFileSync(join(home, path), "utf8"),
    hasHome: (path) => existsSync(join(home, path)),
  };
}

interface Place {
  folder: string;
  env: Record<string, string>;
}

/**
 * Nothing of our own environment: npm exports its settings to what it runs, and these would leak. Whoever tries to
 * leave this machine meets a proxy that is not there.
 */
function cleanEnvironment(home: string, tools: Tools): Record<string, string> {
  const nowhere = "http://127.0.0.1:9";
  return {
    PATH: [tools.bin, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter),
    HOME: home,
    TMPDIR: join(home, "tmp"),
    XDG_CACHE_HOME: join(home, ".cache"),
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_DATA_HOME: join(home, ".local/share"),
    XDG_STATE_HOME: join(home, ".local/state"),
    LC_ALL: "C.UTF-8",
    NO_COLOR: "1",
    NO_UPDATE_NOTIFIER: "1",
    DO_NOT_TRACK: "1",
    YARN_ENABLE_TELEMETRY: "0",
    npm_config_globalconfig: join(home, "no-global-npmrc"),
    npm_config_update_notifier: "false",
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: "127.0.0.1",
  };
}

async function start(place: Place, command: string[]): Promise<Output> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: place.folder,
    env: place.env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: RUN_MS_MAX,
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  return { code, text };
}

// `script` gives the client a terminal; it belongs to Debian's essential packages.
async function converse(place: Place, command: string[], answers: readonly Answered[]): Promise<string> {
  const quoted = command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
  const child = spawn("script", ["-qec", quoted, "/dev/null"], {
    cwd: place.folder,
    env: place.env,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: RUN_MS_MAX,
  });
  const left = [...answers];
  let text = "";
  let readUntil = 0;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const [prompt, answer] = left[0] ?? [];
    if (prompt === undefined || !text.includes(prompt, readUntil)) return;
    readUntil = text.length;
    left.shift();
    if (typeof answer === "string") setTimeout(() => child.stdin.write(`${answer}\n`), TYPING_MS);
    else void answer?.(text).catch((error: unknown) => child.emit("error", error));
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  if (code !== 0) throw new Error(`${quoted} ended with ${code}:\n${text}`);
  return text;
}
