import { isEntrepotError } from "@entrepot/core";
import { runAdminCommand } from "./commands/admin.ts";
import { runMaintenanceCommand } from "./commands/maintenance.ts";
import { serve } from "./commands/serve.ts";
import { loadConfig, readProcess, runConfigCommand, type ProcessInputs } from "./config/index.ts";

const USAGE = `Usage: entrepot [command] [options]

Server commands
  serve              start the server (the default)
  config check|print look at the configuration
  admin …            users and tokens, straight on the database: entrepot admin --help
  migrate            bring the database's schema up to date
  gc                 remove tarballs that nothing refers to

Client commands, over HTTP
  login, registry, upstream, claim, status, token, user: entrepot <command> --help

Options of serve come from flags, environment and entrepot.yaml: see entrepot config print.
`;

const SERVER_COMMANDS: Readonly<Record<string, (inputs: ProcessInputs) => Promise<number>>> = {
  serve: async (inputs) => serve(loadConfig(inputs)),
  config: async (inputs) =>
    runConfigCommand({
      ...inputs,
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
    }),
  admin: runAdminCommand,
  migrate: (inputs) => runMaintenanceCommand("migrate", inputs),
  gc: (inputs) => runMaintenanceCommand("gc", inputs),
};

async function run(inputs: ProcessInputs): Promise<number> {
  const [name, ...rest] = inputs.argv;
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (name === undefined || name.startsWith("-")) return await serve(loadConfig(inputs));
  const command = SERVER_COMMANDS[name];
  if (command !== undefined) return await command({ ...inputs, argv: rest });
  const { runClientCommand } = await import("@entrepot/cli");
  return await runClientCommand(inputs.argv);
}

/** Runs the command that the process was started with, and sets its exit code. */
export async function runProgram(): Promise<void> {
  try {
    process.exitCode = await run(readProcess());
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    process.stderr.write(`entrepot: ${error.message}\n`);
    process.exitCode = error.code === "config-invalid" ? 2 : 1;
  }
}
