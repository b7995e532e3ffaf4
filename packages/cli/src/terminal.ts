import { createInterface } from "node:readline/promises";
import type { ReadStream, WriteStream } from "node:tty";
import { Writable } from "node:stream";
import { CommandFailure, EXIT } from "./failure.ts";

/** Asks for one line on a terminal. Hidden ones are not shown while they are typed. */
export async function askOnTerminal(
  terminal: { input: ReadStream; output: WriteStream },
  question: string,
  options: { hidden: boolean },
): Promise<string> {
  const { input, output } = terminal;
  let isMuted = false;
  const echo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isMuted) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: echo, terminal: true });
  const stopped = new AbortController();
  // Ctrl-C and Ctrl-D: without this the question would stay open and the program end without a word.
  for (const event of ["SIGINT", "close"] as const) lines.once(event, () => stopped.abort());
  try {
    const answer = lines.question(question, { signal: stopped.signal });
    isMuted = options.hidden;
    return await answer;
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    throw new CommandFailure(EXIT.refused, "Stopped.");
  } finally {
    lines.close();
    if (options.hidden) output.write("\n");
  }
}
