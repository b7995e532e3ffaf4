/*
 * Reads the configuration: one schema, from defaults, file, environment and options. Code elsewhere receives
 * its slice
 * as a value; nothing else looks at the environment or the command line. Imports no other part of the server.
 */
export type {
  AdvisoryFeed,
  AdvisorySettings,
  CacheSizes,
  Config,
  DeclaredRegistry,
  DeclaredUpstream,
  DeclaredWorkspace,
  Limits,
  LogLevel,
  Proxies,
  SignUp,
} from "./config.ts";
export { loadConfig, resolveConfig } from "./load.ts";
export type { ConfigInputs, ResolvedConfig } from "./load.ts";
export { CONFIG_USAGE, runConfigCommand } from "./print.ts";
export type { ConfigCommandInputs } from "./print.ts";
export { readProcess } from "./process-inputs.ts";
export type { ProcessInputs } from "./process-inputs.ts";
export { configReference, optionsHelp } from "./reference.ts";
