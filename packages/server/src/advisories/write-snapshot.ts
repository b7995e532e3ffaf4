import { rmSync } from "node:fs";
import { FileWriter, GzipWriter, type WrittenFile } from "./work-files.ts";
import { lineOf, SNAPSHOT_HEAD, snapshotRecords, type SnapshotRecord } from "./snapshot-lines.ts";

/** A snapshot that was written. */
export interface WrittenSnapshot extends WrittenFile {
  records: number;
  /** Newest time of change among them, milliseconds; null without any. */
  newestAt: number | null;
}

const HEAD_LINE = `${SNAPSHOT_HEAD}\n`;

/** Gathers records in any order, on disk, and writes them as a snapshot. */
export class SnapshotWriter {
  readonly #path: string;
  readonly #file: FileWriter;
  readonly #lines = new Map<string, { at: number; bytes: number }>();
  #newestAt: number | null = null;

  /** Writes to `path`, and to a file beside it until the end. */
  constructor(path: string) {
    this.#path = path;
    this.#file = new FileWriter(`${path}.unsorted`);
  }

  has(id: string): boolean {
    return this.#lines.has(id);
  }

  add(record: SnapshotRecord): void {
    const line = lineOf(record);
    this.#lines.set(record.id, { at: this.#file.position, bytes: line.length });
    this.#file.write(line);
    this.#newestAt = Math.max(this.#newestAt ?? 0, record.advisory.modifiedAt);
  }

  finish(): WrittenSnapshot {
    this.#file.flush();
    const out = new GzipWriter(this.#path);
    out.write(Buffer.from(HEAD_LINE));
    for (const id of [...this.#lines.keys()].sort(byCodeUnits)) {
      const { at, bytes } = this.#lines.get(id) as { at: number; bytes: number };
      out.write(this.#file.read(at, bytes));
    }
    this.#file.close();
    rmSync(`${this.#path}.unsorted`);
    return { ...out.finish(), records: this.#lines.size, newestAt: this.#newestAt };
  }
}

/**
 * Writes the snapshot at `from` anew, with some records replaced or added, and those that are null left out.
 */
export async function mergeSnapshot(
  from: string,
  changed: ReadonlyMap<string, SnapshotRecord | null>,
  to: string,
): Promise<WrittenSnapshot> {
  const out = new GzipWriter(to);
  out.write(Buffer.from(HEAD_LINE));
  const fresh = [...changed.keys()].sort(byCodeUnits);
  let [next, records] = [0, 0];
  let newestAt: number | null = null;
  const write = (record: SnapshotRecord, line: Buffer): void => {
    out.write(line);
    records += 1;
    newestAt = Math.max(newestAt ?? 0, record.advisory.modifiedAt);
  };
  const writeFreshUpTo = (id: string | null): void => {
    for (; next < fresh.length && (id === null || (fresh[next] as string) <= id); next += 1) {
      const record = changed.get(fresh[next] as string) ?? null;
      if (record !== null) write(record, lineOf(record));
    }
  };
  for await (const { record, line } of snapshotRecords(from)) {
    writeFreshUpTo(record.id);
    if (!changed.has(record.id)) write(record, Buffer.from(`${line.toString("utf8")}\n`));
  }
  writeFreshUpTo(null);
  return { ...out.finish(), records, newestAt };
}

function byCodeUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
