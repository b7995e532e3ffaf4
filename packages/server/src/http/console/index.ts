/**
 * The console: serves the built files of `packages/web` and its one page. It is loaded with the first request that a
 * browser makes, and knows nothing of what the console shows: that comes from the JSON API.
 */
export { consoleAnswer } from "./console-answer.ts";
export { hasConsole, openConsoleFiles, type ConsoleFiles } from "./console-files.ts";
