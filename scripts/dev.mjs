/** `npm run dev`: rebuilds on every change and restarts the server after each build without errors. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ensureInstalled, root } from "./prepare.mjs";

const BUILD_DONE = /Found (\d+) errors?\. Watching for file changes/;

ensureInstalled();

let server;
let isRestarting = false;

const tsc = join(root, "node_modules/typescript/bin/tsc");
const compiler = spawn(process.execPath, [tsc, "-b", "--watch", "--preserveWatchOutput"], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
});
createInterface({ input: compiler.stdout }).on("line", (line) => {
  console.log(line);
  const done = BUILD_DONE.exec(line);
  if (done?.[1] === "0") restart();
});
compiler.on("exit", (code) => stop(code ?? 1));

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop(0));

function restart() {
  if (server === undefined) return start();
  isRestarting = true;
  server.kill("SIGTERM");
}

function start() {
  const main = join(root, "packages/server/dist/main.js");
  server = spawn(process.execPath, [main, "serve", ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
  });
  server.on("exit", (code) => {
    server = undefined;
    if (!isRestarting)
      return console.log(`The server ended (${code ?? "signal"}); it starts again after the next build.`);
    isRestarting = false;
    start();
  });
}

function stop(code) {
  process.exitCode = code;
  isRestarting = false;
  compiler.kill();
  server?.kill("SIGTERM");
}
