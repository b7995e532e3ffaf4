import type { Migrations } from "../migrate.ts";
import * as first from "./0001-first-tables.ts";

/** Every migration by name. Released ones are never edited; a change of the schema is a new file. */
export const MIGRATIONS: Migrations = {
  "0001-first-tables": first,
};
