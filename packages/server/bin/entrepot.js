#!/usr/bin/env node
import { existsSync } from "node:fs";

// npm links commands when it installs; in a clone the program is built only after that.
const program = new URL("../dist/main.js", import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write(
    "entrepot is not built yet. Build it with `npm run build`, or build and start it with `npm start`.\n",
  );
  process.exitCode = 1;
}
