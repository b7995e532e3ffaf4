import { homedir } from "node:os";
import type { ClientIo } from "./client-io.ts";
import { askOnTerminal } from "./terminal.ts";

const INPUT_CHARACTERS_MAX = 256 * 1024;

/** Takes this process as the world of a command. The only place of the client commands that looks at it. */
export function processIo(): ClientIo {
  endWithReader();
  return {
    env: { ...process.env },
    homeFolder: homedir(),
    folder: process.cwd(),
    isInteractive: process.stdin.isTTY && process.stderr.isTTY,
    async readInput() {
      let text = "";
      for await (const chunk of process.stdin.setEncoding("utf8")) {
        text += String(chunk);
        if (text.length > INPUT_CHARACTERS_MAX) throw new Error("Standard input is too long.");
      }
      return text;
    },
    ask: (question, options) =>
      askOnTerminal({ input: process.stdin, output: process.stderr }, question, options),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    fetch,
  };
}

/** Ends this process, without a word, when nobody reads its output any more, as in `entrepot decisions | head -1`. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endIfUnread);
}

function endIfUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}

/** The words after the program's name. */
export function processArguments(): string[] {
  return process.argv.slice(2);
}
