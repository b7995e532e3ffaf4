/**
 * `npm run dev`: rebuilds on every change and restarts the server after each build without errors. The console is built
 * once, at the start; to work on it with reload see packages/web/README.md.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildConsole } from "./build-console.mjs";
import { ensureInstalled, root } from "./prepare.mjs";

const BUILD_DONE = /Found (\d+) errors?\. Watching for file changes/;

ensureInstalled();
await buildConsole(root);

const server = superviseServer(process.argv.slice(2));
const tsc = join(root, "node_modules/typescript/bin/tsc");
// The command starts the compiler below it and passes no signal on, so both get it, as a group.
const isGroup = process.platform !== "win32";
const compiler = spawn(process.execPath, [tsc, "-b", "--watch", "--preserveWatchOutput"], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
  detached: isGroup,
});
createInterface({ input: compiler.stdout }).on("line", (line) => {
  console.log(line);
  if (BUILD_DONE.exec(line)?.[1] === "0") server.restart();
});
compiler.on("exit", (code) => {
  process.exitCode = code ?? 0;
  server.stop();
});

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stopCompiler);

function stopCompiler() {
  const { pid, exitCode, signalCode } = compiler;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  process.kill(isGroup ? -pid : pid);
}

/** One server at a time: the next starts when the last has drained and gone. */
function superviseServer(args) {
  let child;
  let isWanted = false;

  function start() {
    isWanted = false;
    const main = join(root, "packages/server/dist/main.js");
    child = spawn(process.execPath, [main, "serve", ...args], { cwd: root, stdio: "inherit" });
    child.on("exit", () => {
      child = undefined;
      if (isWanted) start();
    });
  }

  return {
    restart() {
      isWanted = true;
      if (child === undefined) start();
      else child.kill("SIGTERM");
    },
    stop() {
      isWanted = false;
      child?.kill("SIGTERM");
    },
  };
}
