#!/usr/bin/env node
import { bundledProgram } from "./bundled-program.ts";

// Six hundred small modules take longer to find and read than all of them take to run.
const bundle = bundledProgram(import.meta.url);
const { runProgram } = (
  bundle === null ? await import("./program.ts") : await import(bundle.href)
) as typeof import("./program.ts");
await runProgram();
