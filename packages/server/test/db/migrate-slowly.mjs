// Opens the database at argv[2] with a migration that never ends; says "migrating" once it is in the middle of it.
import { sql } from "kysely";
import { openDatabase } from "../../dist/db/index.js";
import { MIGRATIONS } from "../../dist/db/migrations/index.js";

const slow = {
  async up(db) {
    await sql`create table half_done (id integer)`.execute(db);
    process.stdout.write("migrating\n");
    await new Promise((resolve) => setTimeout(resolve, 3_600_000));
  },
};

await openDatabase({ url: process.argv[2], migrations: { ...MIGRATIONS, "0002-slow": slow } });
