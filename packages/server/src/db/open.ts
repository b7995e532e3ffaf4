import { EntrepotError } from "@entrepot/core";
import type { Database, DatabaseEvent } from "./database.ts";
import type { Migrations } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { openPostgresDatabase } from "./postgres/postgres-database.ts";
import { openSqliteDatabase } from "./sqlite/sqlite-database.ts";
import { WORK_MS_MAX } from "./with-deadline.ts";

export interface DatabaseOptions {
  /** `sqlite:<path>` (relative to the working directory, or absolute) or `postgres://…`. */
  url: string;
  /** Hears of what goes wrong beside any call. */
  log?: (event: DatabaseEvent) => void;
  /** Other migrations than ours; for tests. */
  migrations?: Migrations;
  /** Longest that a transaction may stay open, in milliseconds; 10 s when left out. */
  workMsMax?: number;
}

/**
 * Opens the database and brings its schema up to date under a lock; several processes may do so at once.
 * Throws `config-invalid` for a URL of another kind and for a database of a newer version, `storage-unavailable`
 * when the file or the server cannot be used.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, log = () => undefined, migrations = MIGRATIONS, workMsMax = WORK_MS_MAX } = options;
  const scheme = /^([a-z]+):/.exec(url)?.[1];
  if (scheme === "sqlite") return openSqliteDatabase({ path: sqlitePath(url), migrations, workMsMax });
  if (scheme === "postgres" || scheme === "postgresql") {
    return openPostgresDatabase({ url, migrations, workMsMax, log });
  }
  throw new EntrepotError("config-invalid", {
    message: "The database URL must start with sqlite: or postgres://.",
    details: { scheme: scheme ?? null },
  });
}

/** The file of an SQLite database; null for one that a server keeps. Throws `config-invalid`. */
export function databaseFile(url: string): string | null {
  return url.startsWith("sqlite:") ? sqlitePath(url) : null;
}

function sqlitePath(url: string): string {
  const path = url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
  if (path === "" || path.startsWith(":")) {
    throw new EntrepotError("config-invalid", { message: "The sqlite: URL must name a file." });
  }
  return path;
}
