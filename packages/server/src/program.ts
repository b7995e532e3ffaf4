import { isEntrepotError } from "@entrepot/core";
import { ADMIN_USAGE, runAdminCommand } from "./commands/admin.ts";
import { MAINTENANCE_USAGE, runMaintenanceCommand } from "./commands/maintenance.ts";
import { serve, serveUsage } from "./commands/serve.ts";
import { runVerifyCommand, VERIFY_USAGE } from "./commands/verify.ts";
import {
  CONFIG_USAGE,
  loadConfig,
  readProcess,
  runConfigCommand,
  type ProcessInputs,
} from "./config/index.ts";
import { VERSION } from "./version.ts";

const USAGE = `Usage: entrepot [command] [options]

Server commands
  serve              start the server (the default)
  config check|print look at the configuration
  admin …            users and tokens, straight on the database
  migrate            bring the database's schema up to date
  gc                 remove tarballs that nothing refers to
  verify             check that the audit trail was not tampered with

Client commands, over HTTP
`;

interface ServerCommand {
  usage(): string;
  run(inputs: ProcessInputs): Promise<number>;
}

const SERVE: ServerCommand = { usage: serveUsage, run: async (inputs) => serve(loadConfig(inputs)) };

const SERVER_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  serve: SERVE,
  config: {
    usage: () => CONFIG_USAGE,
    run: async (inputs) =>
      runConfigCommand({
        ...inputs,
        out: (text) => process.stdout.write(text),
        err: (text) => process.stderr.write(text),
      }),
  },
  admin: { usage: () => ADMIN_USAGE, run: runAdminCommand },
  migrate: {
    usage: () => MAINTENANCE_USAGE.migrate,
    run: (inputs) => runMaintenanceCommand("migrate", inputs),
  },
  verify: { usage: () => VERIFY_USAGE, run: runVerifyCommand },
  gc: { usage: () => MAINTENANCE_USAGE.gc, run: (inputs) => runMaintenanceCommand("gc", inputs) },
};

const PRIVATE = 0o077;

const VERSION_OPTIONS: readonly string[] = ["--version", "-v"];

async function run(inputs: ProcessInputs): Promise<number> {
  const [name = "serve", ...rest] = inputs.argv;
  if (VERSION_OPTIONS.includes(name)) return say(`${VERSION}\n`);
  const isHelp = isHelpOption(name) || name === "help";
  const topic = isHelp ? (rest[0] ?? "help") : name;
  if (topic === "help") return say(await wholeUsage());
  const isOption = topic.startsWith("-");
  const command = isOption ? SERVE : ownCommand(topic);
  if (command === undefined) return await runOther(inputs);
  if (isHelp || rest.some(isHelpOption)) return say(command.usage());
  // The database holds hashes of secrets, the folder other people's packages: for this user alone.
  process.umask(PRIVATE);
  return await runOwn(command, isOption ? inputs : { ...inputs, argv: rest });
}

/** Runs a client command, or complains of one that nobody knows. */
async function runOther({ argv }: ProcessInputs): Promise<number> {
  const { runClientCommand } = await import("@entrepot/cli");
  return await runClientCommand(argv, { otherCommands: Object.keys(SERVER_COMMANDS) });
}

async function runOwn(command: ServerCommand, inputs: ProcessInputs): Promise<number> {
  if (command !== SERVE) await endWithReader();
  return await command.run(inputs);
}

// A server goes on when nobody reads its log any more; what only answers does not.
async function endWithReader(): Promise<void> {
  (await import("@entrepot/cli")).endWithReader();
}

function ownCommand(name: string): ServerCommand | undefined {
  return Object.hasOwn(SERVER_COMMANDS, name) ? SERVER_COMMANDS[name] : undefined;
}

function isHelpOption(word: string): boolean {
  return word === "--help" || word === "-h";
}

async function wholeUsage(): Promise<string> {
  await endWithReader();
  const { CLIENT_COMMANDS, commandList } = await import("@entrepot/cli");
  return `${USAGE}${commandList(CLIENT_COMMANDS)}\nentrepot <command> --help shows the options.\n`;
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
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
