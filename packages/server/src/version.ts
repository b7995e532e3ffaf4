import { readFileSync } from "node:fs";
import { distUrl } from "./threads/index.ts";

/** This server's version, from its package.json. */
export const VERSION: string = versionOf(
  readFileSync(new URL("../package.json", distUrl(import.meta.url)), "utf8"),
);

function versionOf(packageJson: string): string {
  const { version } = JSON.parse(packageJson) as { version?: unknown };
  return typeof version === "string" ? version : "0.0.0";
}
