/** `npm start`: installs what is missing, builds, and serves until it is told to stop. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { build, ensureInstalled, root } from "./prepare.mjs";

ensureInstalled();
await build();

const main = join(root, "packages/server/dist/main.js");
const server = spawn(process.execPath, [main, "serve", ...process.argv.slice(2)], { stdio: "inherit" });

// A terminal sends its signal to the whole group, a service manager to this process only. The server takes
// a second one while it drains as "now", so a signal that the terminal has sent already is not repeated.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) server.kill(signal);
  });
}

server.on("error", (error) => {
  console.error(`The server did not start: ${error.message}`);
  process.exitCode = 1;
});
server.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
