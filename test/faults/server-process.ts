import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ADMIN_PASSWORD } from "@entrepot/testkit";

/** The compiled server's command; `npx tsc -b` makes it. */
export const MAIN: string = fileURLToPath(new URL("../../packages/server/dist/main.js", import.meta.url));

export interface LaunchOptions {
  /** The data folder. */
  data: string;
  /** URL of the upstream of `default`; none when left out. */
  upstream?: string;
  env?: Readonly<Record<string, string>>;
  /** Further arguments of `serve`. */
  args?: readonly string[];
  /** Whom to run as, where this process may choose. */
  uid?: number;
  /** The Node that it runs on; this one when left out. */
  node?: string;
  /** The working directory, which must be readable for whoever it runs as. */
  cwd?: string;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A server in a process of its own, from the moment of its start. */
export interface ServerProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote so far, both streams. */
  output(): string;
  /** Its address, once it listens; rejects when it ends before that. */
  listening(): Promise<string>;
  /** How it ended. */
  readonly exit: Promise<Exit>;
  hasEnded(): boolean;
  signal(name: NodeJS.Signals): void;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<Exit>;
}

/** A server that listens. */
export interface RunningServer extends ServerProcess {
  /** Without a trailing slash. */
  readonly url: string;
}

/** Makes the environment of a server: nothing of ours but the path. */
function serverEnvironment(options: LaunchOptions): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: options.data,
    ENTREPOT_PORT: "0",
    ENTREPOT_DATA: options.data,
    ENTREPOT_UPSTREAM: options.upstream ?? "none",
    ENTREPOT_ADVISORIES: "none",
    ENTREPOT_ADMIN_PASSWORD: ADMIN_PASSWORD,
    ...options.env,
  };
}

function processOptions(options: LaunchOptions): SpawnOptions {
  return {
    env: serverEnvironment(options),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  };
}

/** Starts the compiled server and returns at once. */
export function launchServer(options: LaunchOptions): ServerProcess {
  const child = spawn(options.node ?? process.execPath, [MAIN, "serve", ...(options.args ?? [])], {
    stdio: ["ignore", "pipe", "pipe"],
    ...processOptions(options),
  });
  const output = collectOutput(child);
  const exit = new Promise<Exit>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  // A test run that ends without stopping it must not leave a server behind.
  const killAtExit = (): void => void child.kill("SIGKILL");
  process.once("exit", killAtExit);
  void exit.then(() => process.removeListener("exit", killAtExit));
  return {
    pid: child.pid as number,
    child,
    output: output.text,
    exit,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    signal: (name) => void child.kill(name),
    listening: () => output.until(/"url":"(http[^"]+)","msg":"listening"/, exit),
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
    async stop() {
      child.kill("SIGTERM");
      return await exit;
    },
  };
}

/** Starts the compiled server and waits until it listens. */
export async function startServer(options: LaunchOptions): Promise<RunningServer> {
  const launched = launchServer(options);
  const url = await launched.listening();
  return { ...launched, url };
}

interface Collected {
  text(): string;
  until(pattern: RegExp, exit: Promise<Exit>): Promise<string>;
}

function collectOutput(child: ChildProcess): Collected {
  let text = "";
  const looks = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (const look of looks) look();
    });
  }
  return {
    text: () => text,
    until: (pattern, exit) =>
      new Promise((resolve, reject) => {
        function look(): void {
          const found = pattern.exec(text);
          if (found === null) return;
          looks.delete(look);
          resolve(found[1] ?? found[0]);
        }
        looks.add(look);
        look();
        void exit.then(({ code, signal }) => reject(new Error(`it ended (${code ?? signal}): ${text}`)));
      }),
  };
}

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs another command of the server, such as `admin`, to its end. */
export async function runCommand(args: readonly string[], options: LaunchOptions): Promise<CommandResult> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...processOptions(options),
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}

/** A folder of its own for a test, and how to be rid of it. */
export async function makeFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), "entrepot-faults-"));
}

/** Removes what {@link makeFolder} made. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
