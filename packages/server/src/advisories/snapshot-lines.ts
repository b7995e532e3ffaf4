import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import type { Advisory, AffectedVersions } from "@entrepot/core";
import { ImportRefusal } from "./import-refusal.ts";

/** Longest line; a record is at most as large as an entry of a zip. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;

/** The first line of a snapshot. Another format or version is not read but made anew. */
export const SNAPSHOT_HEAD = '{"format":"entrepot-advisory-snapshot","version":1}';

/** One record of a feed as it is kept; a snapshot has one per line, in the order of ids. */
export interface SnapshotRecord {
  /** Of the file that it came by, and of the advisory. */
  id: string;
  advisory: Advisory;
  packages: readonly (readonly [name: string, affected: AffectedVersions])[];
}

/** Lines of a gzip file, without their ends. Throws {@link ImportRefusal} for what is no whole gzip. */
export async function* gzipLines(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of gunzipped(path)) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      const piece = chunk.subarray(start, end);
      yield rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > LINE_BYTES_MAX) throw new ImportRefusal("a line is too long");
  }
  if (restBytes > 0) throw new ImportRefusal("it ends in the middle of a line");
}

async function* gunzipped(path: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  file.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const chunk of file.pipe(gunzip)) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith("Z_") === true) throw new ImportRefusal("it is not whole, valid gzip");
    throw error;
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

/** Records of a snapshot, in the order of ids, with their lines. Throws {@link ImportRefusal} for another file. */
export async function* snapshotRecords(
  path: string,
): AsyncGenerator<{ record: SnapshotRecord; line: Buffer }> {
  let before: string | null = null;
  for await (const line of gzipLines(path)) {
    if (before === null) {
      const isSnapshot = line.toString("utf8") === SNAPSHOT_HEAD;
      if (!isSnapshot) throw new ImportRefusal("it is not a snapshot of this version");
      before = "";
      continue;
    }
    const record = recordOf(line);
    if (record.id <= before) throw new ImportRefusal("its records are not in order");
    before = record.id;
    yield { record, line };
  }
  if (before === null) throw new ImportRefusal("it is empty");
}

export function lineOf(record: SnapshotRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

function recordOf(line: Buffer): SnapshotRecord {
  try {
    const record = JSON.parse(line.toString("utf8")) as SnapshotRecord;
    const isWhole =
      typeof record.id === "string" && typeof record.advisory === "object" && Array.isArray(record.packages);
    if (isWhole) return record;
  } catch {
    // Told below.
  }
  throw new ImportRefusal("it holds a line that is no record");
}
