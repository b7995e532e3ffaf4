import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chown, chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findPostgres, howToGet, serverUser, usableBinaries } from "./postgres-binaries.ts";
import type { PostgresBinaries, PostgresFlavour, ServerUser } from "./postgres-binaries.ts";

const READY_MS_MAX = 30_000;
const STOP_MS_MAX = 10_000;
const START_ATTEMPTS = 3;
const READY_TEXT = "ready to accept connections";

/** A real PostgreSQL on loopback, with its data in a temporary folder. */
export interface TestPostgres {
  /** URL of the `postgres` database; its one user `postgres` needs no password. */
  url: string;
  /** Kills the server at once, as when its machine dies; the data stay. */
  crash(): Promise<void>;
  /** Starts it again on the same port and data. */
  resume(): Promise<void>;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

interface ServerFiles {
  binaries: PostgresBinaries;
  folder: string;
  user: ServerUser | undefined;
}

/** Tells whether this machine has the flavour; prints how to get it when not. */
export function hasPostgres(flavour: PostgresFlavour): boolean {
  if (findPostgres(flavour) !== null) return true;
  process.stderr.write(`skipped: PostgreSQL (${flavour}) is not installed; ${howToGet(flavour)}.\n`);
  return false;
}

/** Starts a PostgreSQL of its own; takes about a second. Throws when the flavour is not installed. */
export async function startPostgres(options: { flavour: PostgresFlavour }): Promise<TestPostgres> {
  const installed = findPostgres(options.flavour);
  if (installed === null) {
    throw new Error(`PostgreSQL (${options.flavour}) is not installed; ${howToGet(options.flavour)}.`);
  }
  const folder = await mkdtemp(join(tmpdir(), "entrepot-pg-"));
  await chmod(folder, 0o755);
  const user = serverUser();
  const files = { binaries: await usableBinaries(installed, { folder, user }), folder, user };
  await initialise(files);
  for (let attempt = 1; ; attempt++) {
    try {
      const port = await freePort();
      return control(files, port, await launch(files, port));
    } catch (error) {
      // Another process may have taken the port in between.
      if (attempt >= START_ATTEMPTS) throw error;
    }
  }
}

async function initialise({ binaries, folder, user }: ServerFiles): Promise<void> {
  const data = join(folder, "data");
  await mkdir(data, { mode: 0o700 });
  if (user !== undefined) await chown(data, user.uid, user.gid);
  // A language's collation, so that tests see the order of names that real servers would give.
  const language = ["--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en"];
  const settings = ["--auth=trust", "--username=postgres", "--no-sync"];
  await promisify(execFile)(
    binaries.initdb,
    ["-D", data, ...settings, ...language],
    childOptions(folder, user),
  );
}

function childOptions(folder: string, user: ServerUser | undefined): { cwd: string; env: NodeJS.ProcessEnv } {
  return { cwd: folder, env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" }, ...user };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function launch({ binaries, folder, user }: ServerFiles, port: number): Promise<ChildProcess> {
  const data = join(folder, "data");
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: data,
    // Tests kill the server's process, never the machine's power.
    fsync: "off",
    max_connections: "200",
    shared_buffers: "32MB",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(binaries.postgres, ["-D", data, ...flags], {
    ...childOptions(folder, user),
    stdio: ["ignore", "ignore", "pipe"],
  });
  await untilReady(child);
  return child;
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (why: string): void => {
      child.kill("SIGKILL");
      reject(new Error(`PostgreSQL ${why}: ${said}`));
    };
    const timer = setTimeout(() => fail("did not start in time"), READY_MS_MAX);
    child.on("error", (error) => fail(`could not be started (${error.message})`));
    child.once("exit", () => {
      clearTimeout(timer);
      fail("ended at its start");
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < 10_000) said += text;
      if (!said.includes(READY_TEXT)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

function control(files: ServerFiles, port: number, first: ChildProcess): TestPostgres {
  let child = first;
  // A test run that ends without stopping it must not leave a server behind.
  const killAtExit = (): void => void child.kill("SIGQUIT");
  process.once("exit", killAtExit);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    crash: () => end(child, "SIGQUIT"),
    resume: async () => {
      child = await launch(files, port);
    },
    stop: async () => {
      process.removeListener("exit", killAtExit);
      await end(child, "SIGINT");
      await rm(files.folder, { recursive: true, force: true });
    },
  };
}

/** SIGINT is PostgreSQL's fast stop, SIGQUIT its immediate one, which leaves recovery to the next start. */
async function end(child: ChildProcess, signal: "SIGINT" | "SIGQUIT"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  await gone;
  clearTimeout(timer);
}
