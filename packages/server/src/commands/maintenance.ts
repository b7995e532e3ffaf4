import { join } from "node:path";
import { createFileStore } from "../blobs/index.ts";
import { loadConfig, type ProcessInputs } from "../config/index.ts";
import { purgeTokens } from "../identity/index.ts";
import { collectGarbage } from "../registry/index.ts";
import { openCommandStorage } from "./open-storage.ts";

/** How `entrepot migrate` and `entrepot gc` are written. */
export const MAINTENANCE_USAGE = {
  migrate: `Usage: entrepot migrate [--json] [--data FOLDER] [--config FILE]
Brings the schema of the database up to date; makes the database where there is none.
Also takes the other options of "entrepot serve".
`,
  gc: `Usage: entrepot gc [--json] [--data FOLDER] [--config FILE]
Removes tarballs that nothing refers to and that are older than a day, whether or not the server runs.
Also takes the other options of "entrepot serve".
`,
} as const;

/** Runs `entrepot migrate` or `entrepot gc`; gives the exit code. */
export async function runMaintenanceCommand(
  command: "migrate" | "gc",
  inputs: ProcessInputs,
): Promise<number> {
  const asJson = inputs.argv.includes("--json");
  const config = loadConfig({ ...inputs, argv: inputs.argv.filter((argument) => argument !== "--json") });
  // Opening the database brings its schema up to date.
  const storage = await openCommandStorage(config, {
    makesDatabase: command === "migrate",
    usesBlobs: command === "gc",
  });
  try {
    const result = command === "migrate" ? { migrated: true } : await collect(storage, config.data);
    process.stdout.write(asJson ? `${JSON.stringify(result)}\n` : `${textOf(result)}\n`);
    return 0;
  } finally {
    await storage.close();
  }
}

async function collect(
  storage: Awaited<ReturnType<typeof openCommandStorage>>,
  folder: string,
): Promise<object> {
  const blobs = createFileStore({ folder: join(folder, "blobs") });
  const deps = { db: storage.db, blobs, now: Date.now };
  const report = await collectGarbage(deps, { log: (text) => process.stderr.write(`${text}\n`) });
  return { ...report, removedTokens: await purgeTokens(deps) };
}

function textOf(result: object): string {
  return Object.entries(result)
    .map(([key, value]) => `${key}: ${String(value)}`)
    .join("\n");
}
