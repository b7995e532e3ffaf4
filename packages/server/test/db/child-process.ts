import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A helper program of its own process, which speaks in lines. */
export interface Child {
  /** Lines that it has printed so far. */
  readonly lines: readonly string[];
  /** Resolves with the first line that fits, printed before or later; rejects when the process ends without it. */
  line(fits: (line: string) => boolean): Promise<string>;
  say(line: string): void;
  /** Kills it with SIGKILL and resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a program beside this file; it runs the compiled code. */
export function startChild(program: string, args: readonly string[]): Child {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let errors = "";
  const wake = (): void => {
    for (const look of waiting) look();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    wake();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  void gone.then(wake);

  function line(fits: (line: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find(fits);
        if (found === undefined && !hasEnded(child)) return;
        waiting.delete(look);
        if (found === undefined) reject(new Error(`${program} ended: ${errors}`));
        else resolve(found);
      };
      waiting.add(look);
      look();
    });
  }

  async function kill(): Promise<void> {
    child.kill("SIGKILL");
    await gone;
  }

  return { lines, line, say: (text) => void child.stdin.write(`${text}\n`), kill };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
