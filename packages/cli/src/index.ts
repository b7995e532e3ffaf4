/*
 * The client commands: each speaks to a server's API and to nothing else. They must start fast in a build, so
 * nothing
 * of the server, and no dependency, is loaded here.
 */
export type { ClientIo } from "./client-io.ts";
export type { ClientCommand, CommandContext } from "./command.ts";
export { CLIENT_COMMANDS } from "./commands/index.ts";
export { endWithReader } from "./environment.ts";
export { EXIT } from "./failure.ts";
export type { ExitCode } from "./failure.ts";
export { commandHelp, commandList, listHelp } from "./help.ts";
export { isClientCommand, runClientCommand } from "./run.ts";
export type { Surroundings } from "./run.ts";
