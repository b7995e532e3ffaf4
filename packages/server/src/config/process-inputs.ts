import { readFileSync } from "node:fs";

/** What a program gets from its surroundings. */
export interface ProcessInputs {
  env: Readonly<Record<string, string | undefined>>;
  /** Arguments after the program's name. */
  argv: readonly string[];
  cwd: string;
  /** Reads a text file. Throws what the file system throws. */
  readFile: (path: string) => string;
}

/**
 * Takes environment, arguments and folder of this process. The only place of the server that looks at them.
 */
export function readProcess(): ProcessInputs {
  return {
    env: { ...process.env },
    argv: process.argv.slice(2),
    cwd: process.cwd(),
    readFile: (path) => readFileSync(path, "utf8"),
  };
}
