import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

const READY_TRIES_MAX = 1200;
const READY_PAUSE_MS = 100;

export interface StartedServer {
  /** Without a trailing slash. */
  url: string;
  /** What it wrote so far, both streams. */
  output(): string;
  /** Waits until `/health/ready` answers 200; throws when the process ends or two minutes are over. */
  untilReady(): Promise<void>;
  /** Tells it to stop, as a service manager does, and gives its exit code. */
  stop(): Promise<number | null>;
  kill(): void;
}

/** Starts a server command on a free port with new data in `folder`, without upstreams and without our environment. */
export async function startServer(command: string, args: string[], folder: string): Promise<StartedServer> {
  const port = await freePort();
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ENTREPOT_PORT: String(port),
      ENTREPOT_DATA: join(folder, "data"),
      ENTREPOT_UPSTREAM: "none",
      ENTREPOT_ADVISORIES: "none",
    },
  });
  const output: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));

  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    output: () => output.join(""),
    async untilReady() {
      for (let tries = 0; tries < READY_TRIES_MAX; tries += 1) {
        if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}:\n${output.join("")}`);
        const response = await fetch(`${url}/health/ready`).catch(() => undefined);
        if (response?.status === 200) return;
        await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MS));
      }
      throw new Error(`It did not become ready:\n${output.join("")}`);
    },
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      return child.exitCode;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
