import { OWN_FEED, parseOsvRecord } from "@entrepot/core";
import type { SnapshotWriter } from "./write-snapshot.ts";

/** Puts what was written here into a snapshot; `records` has the JSON of each by its id. */
export function addOwnRecords(writer: SnapshotWriter, records: ReadonlyMap<string, string>): void {
  for (const [id, record] of records) {
    const parsed = parseOsvRecord(JSON.parse(record), OWN_FEED);
    // Checked when it was written; a later version may read it otherwise.
    if ("problem" in parsed) continue;
    writer.add({ id, advisory: parsed.advisory, packages: [...parsed.packages] });
  }
}
