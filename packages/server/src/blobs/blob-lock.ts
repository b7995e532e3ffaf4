import type { Transaction } from "kysely";
import { holdLock, type Schema } from "../db/index.ts";

const BLOB_LOCK = 7_164_205_312;

/*
 * A blob that nothing refers to can be put again by a publish while the collection is about to remove it. So the two
 * never look at the same time: a publish shares this lock from its look whether the blob is still there to the commit
 * of the row that refers to it, and the collection holds the lock alone from its last look for such rows to the
 * removal. Whichever comes second sees what the other did.
 */

/** For transactions that write a row which must never refer to a missing blob. */
export async function keepBlobs(trx: Transaction<Schema>): Promise<void> {
  await holdLock(trx, { key: BLOB_LOCK, mode: "shared" });
}

/** For transactions that remove blobs. */
export async function keepBlobsFromUse(trx: Transaction<Schema>): Promise<void> {
  await holdLock(trx, { key: BLOB_LOCK, mode: "alone" });
}
