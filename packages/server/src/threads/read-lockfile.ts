import { parseLockfile } from "@entrepot/core";
import type { ReadLockfileInput, TaskResult } from "./tasks.ts";

/** Reads what a project pins, or asks for: a large file takes longer than any answer may wait. */
export function readLockfile({ fileName, content }: ReadLockfileInput): TaskResult<"readLockfile"> {
  return { output: parseLockfile(fileName, new TextDecoder().decode(content)), transfer: [] };
}
