import { createApp, type App } from "../app.ts";
import { optionsHelp, type Config } from "../config/index.ts";
import { newWorkspaceText, welcomeText, type AdminPassword } from "../first-run.ts";
import { createAccessLog, createLog, createMetrics, createOutput, type Log } from "../telemetry/index.ts";
import { VERSION } from "../version.ts";

const STDOUT = 1;

/** Says how `entrepot serve` is written. */
export function serveUsage(): string {
  return `Usage: entrepot serve [options]
Starts the server and runs it until it is told to stop.

${optionsHelp()}
Options come before the environment and entrepot.yaml; entrepot config print shows what holds.
`;
}

/** Runs the server until it is told to stop; gives the exit code. A second signal ends it at once. */
export async function serve(config: Config): Promise<number> {
  const output = createOutput(STDOUT);
  const metrics = createMetrics();
  const dropped = metrics.counter("entrepot_log_lines_dropped_total", { log: "server" });
  const log = createLog({ output, now: Date.now, dropped }, config.logLevel);
  const accessLog = config.accessLog && config.logLevel !== "silent" ? createAccessLog(output) : null;
  metrics.watch("entrepot_log_lines_dropped_total", () => [
    { labels: { log: "access" }, value: accessLog?.droppedLines ?? 0 },
  ]);
  const app = await createApp({
    config,
    version: VERSION,
    now: Date.now,
    log,
    accessLog,
    metrics,
  });
  // Whoever sees that it listens may tell it to stop.
  const told = stopSignal();
  const url = await listenOrClose(app);
  log.info("listening", { url });
  const program = process.argv[1] ?? "";
  for (const workspace of app.newWorkspaces) {
    output.write(`${newWorkspaceText(workspace, { url, program, config })}\n`);
  }
  if (app.isUnused) {
    const text = welcomeText({ url, password: adminPassword(app), program, config });
    output.write(`${text}\n`);
  }
  log.info("stopping", { reason: await told });
  await stop(app, log);
  await accessLog?.close();
  await output.flush();
  return 0;
}

// Threads and connections would keep a process alive that serves nobody.
async function listenOrClose(app: App): Promise<string> {
  try {
    return await app.listen();
  } catch (error) {
    await app.close();
    throw error;
  }
}

function adminPassword({ firstAdmin }: App): AdminPassword {
  if (firstAdmin === null) return { kind: "unknown" };
  const { oneTimePassword } = firstAdmin;
  return oneTimePassword === null ? { kind: "configured" } : { kind: "one-time", text: oneTimePassword };
}

async function stopSignal(): Promise<string> {
  return await new Promise<string>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
}

async function stop(app: App, log: Log): Promise<void> {
  const giveUp = (): void => process.exit(1);
  process.once("SIGINT", giveUp);
  process.once("SIGTERM", giveUp);
  await app.close();
  log.info("stopped");
}
