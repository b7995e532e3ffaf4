/** What programs that embed the server, tests among them, may use. */
export { createApp, type App, type AppInputs } from "./app.ts";
export { loadConfig, type Config, type ConfigInputs } from "./config/index.ts";
export { API_ROUTES, NPM_ROUTES } from "./http/index.ts";
export {
  createAccessLog,
  createLog,
  createMetrics,
  createOutput,
  createSilentLog,
} from "./telemetry/index.ts";
export { VERSION } from "./version.ts";
