import { readFile, stat } from "node:fs/promises";
import type { ClientIo } from "./client-io.ts";
import { usageFailure } from "./failure.ts";

/** Reads a file, or standard input for `-`. Ends the command with a usage failure when that cannot be, or is too long. */
export async function readText(
  io: Pick<ClientIo, "readInput">,
  path: string,
  bytesMax: number,
): Promise<string> {
  if (path === "-") return await io.readInput();
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > bytesMax) throw usageFailure(`${path} has more than ${bytesMax} bytes.`);
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (typeof code !== "string" || !code.startsWith("E")) throw error;
    throw usageFailure(`${path} cannot be read (${code}).`);
  }
  return text;
}
