import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A server in a process of its own. */
export interface ServerProcess {
  /** Without a trailing slash. */
  url: string;
  pid: number;
  /** Tells it to stop and resolves with its exit code. */
  stop(): Promise<number | null>;
}

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Starts the compiled server on a free port with this data folder, and resolves when it listens. */
export async function startServerProcess(
  data: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN, "serve"], {
    cwd: data,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: data,
      ENTREPOT_PORT: "0",
      ENTREPOT_DATA: data,
      ENTREPOT_UPSTREAM: "none",
      ENTREPOT_ADVISORIES: "none",
      ...env,
    },
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      output += `${line}\n`;
      const found = /"url":"([^"]+)"/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${output}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      return child.exitCode;
    },
  };
}
