// Writes to the database at argv[2] until it is killed; prints each key after its write was acknowledged.
import { writeSync } from "node:fs";
import { openDatabase } from "../../dist/db/index.js";

const [, , url, prefix] = process.argv;
const db = await openDatabase({ url });
let count = 0;

async function writeForEver() {
  for (;;) {
    const key = `${prefix}-${++count}`;
    await db.write(async (trx) => {
      await trx.insertInto("settings").values({ key, value: "1" }).execute();
      await trx.updateTable("settings").set({ value: "2" }).where("key", "=", key).execute();
    });
    writeSync(1, `${key}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, writeForEver));
