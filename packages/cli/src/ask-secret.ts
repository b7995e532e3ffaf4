import type { ClientIo } from "./client-io.ts";
import { usageFailure } from "./failure.ts";

/**
 * Takes a secret from standard input when told to, else asks for it. Ends the command when nobody can be
 * asked.
 */
export async function askSecret(
  io: ClientIo,
  input: { fromInput: boolean; question: string; option: string },
): Promise<string> {
  const text = await readSecret(io, input);
  if (text === "") throw usageFailure(`${input.question} is empty.`);
  return text;
}

async function readSecret(
  io: ClientIo,
  input: { fromInput: boolean; question: string; option: string },
): Promise<string> {
  if (input.fromInput) return (await io.readInput()).replace(/\r?\n$/, "");
  if (!io.isInteractive) {
    throw usageFailure(`Nobody can be asked here; give it on standard input with --${input.option}.`);
  }
  return io.ask(`${input.question}: `, { hidden: true });
}

/** Asks before something is deleted for good; `--yes` answers for a script. */
export async function confirm(io: ClientIo, input: { yes: boolean; question: string }): Promise<void> {
  if (input.yes) return;
  if (!io.isInteractive) throw usageFailure(`${input.question} Nobody can be asked here; give --yes.`);
  const answer = await io.ask(`${input.question} [y/N] `, { hidden: false });
  if (!/^y(?:es)?$/i.test(answer.trim())) throw usageFailure("Nothing was changed.");
}
