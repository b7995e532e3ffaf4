import { rmSync } from "node:fs";
import { withEvidence, type EvidenceByCve } from "@entrepot/core";
import {
  encodeFooter,
  hashOf,
  INDEX_BYTES_MAX,
  ROW_NUMBERS,
  ROWS_MAX,
  type IndexTable,
} from "./index-format.ts";
import { ImportRefusal } from "./import-refusal.ts";
import { snapshotRecords, type SnapshotRecord } from "./snapshot-lines.ts";
import { FileWriter, GzipWriter, type WrittenFile } from "./work-files.ts";

/** An index that was written: its compressed form, which is a blob, and the file that is read. */
export interface WrittenIndex extends WrittenFile {
  indexBytes: number;
  advisories: number;
  packages: number;
}

/** Makes the index of all snapshots: `to` is read from, `to` with `.gz` is the same, compressed. */
export async function writeIndex(
  snapshots: readonly string[],
  evidence: EvidenceByCve,
  to: string,
): Promise<WrittenIndex> {
  const pieces = new Pieces(`${to}.pieces`);
  const out = new IndexWriter(to);
  let advisories = 0;
  try {
    for await (const record of mergedRecords(snapshots)) {
      advisories += 1;
      addRecord(pieces, record, evidence);
      const names = JSON.stringify(record.packages.map(([name]) => name));
      for (const id of new Set([record.id, record.advisory.id, ...record.advisory.aliases])) {
        out.addId(id, `[${JSON.stringify(id)},${names}]\n`);
      }
    }
    const packages = pieces.eachPackage((name, list) => {
      out.addName(name, `[${JSON.stringify(name)},[`, list);
    });
    return { ...out.finish(), advisories, packages };
  } finally {
    pieces.remove();
  }
}

function addRecord(pieces: Pieces, { advisory, packages }: SnapshotRecord, evidence: EvidenceByCve): void {
  // Whatever belongs to the advisory is written once, whatever number of packages it has.
  const start = JSON.stringify(withEvidence(advisory, evidence)).slice(0, -1);
  for (const [name, affected] of packages) {
    pieces.add(name, Buffer.from(`${start},"affected":${JSON.stringify(affected)}}`));
  }
}

/** All records in the order of ids. Of those with the same id the one that changed last, or of the first feed, counts. */
async function* mergedRecords(paths: readonly string[]): AsyncGenerator<SnapshotRecord> {
  const sources = paths.map((path) => snapshotRecords(path));
  const heads = await Promise.all(sources.map((source) => headOf(source)));
  for (;;) {
    let first: SnapshotRecord | null = null;
    for (const head of heads) {
      if (head === null) continue;
      if (first === null || head.id < first.id) first = head;
      else if (head.id === first.id && head.advisory.modifiedAt > first.advisory.modifiedAt) first = head;
    }
    if (first === null) return;
    yield first;
    for (const [index, head] of heads.entries()) {
      if (head?.id === first.id) heads[index] = await headOf(sources[index] as RecordSource);
    }
  }
}

type RecordSource = ReturnType<typeof snapshotRecords>;

async function headOf(source: RecordSource): Promise<SnapshotRecord | null> {
  const { done, value } = await source.next();
  return done === true ? null : value.record;
}

/** What belongs to one package lies scattered over a file until all is known. */
class Pieces {
  readonly #path: string;
  readonly #file: FileWriter;
  readonly #names = new Map<string, number>();
  readonly #rows = new NumberRows();

  constructor(path: string) {
    this.#path = path;
    this.#file = new FileWriter(path);
  }

  add(name: string, piece: Buffer): void {
    const known = this.#names.get(name);
    const number = known ?? this.#names.size;
    if (known === undefined) this.#names.set(name, number);
    if (this.#file.position + piece.length > INDEX_BYTES_MAX) throw tooLarge();
    this.#rows.push(number, this.#file.position, piece.length);
    this.#file.write(piece);
  }

  /** Gives each package with its pieces in the order in which they came; returns how many there are. */
  eachPackage(use: (name: string, pieces: Buffer[]) => void): number {
    this.#file.flush();
    const rows = this.#rows.sorted();
    let row = 0;
    for (const [name, number] of this.#names) {
      const pieces: Buffer[] = [];
      for (; row < this.#rows.length && rows[row * ROW_NUMBERS] === number; row += 1) {
        const [, at = 0, length = 0] = rows.subarray(row * ROW_NUMBERS, (row + 1) * ROW_NUMBERS);
        pieces.push(this.#file.read(at, length));
      }
      use(name, pieces);
    }
    return this.#names.size;
  }

  remove(): void {
    this.#file.close();
    rmSync(this.#path);
  }
}

class IndexWriter {
  readonly #file: FileWriter;
  readonly #packed: GzipWriter;
  readonly #names = new NumberRows();
  readonly #ids = new NumberRows();

  constructor(path: string) {
    this.#file = new FileWriter(path);
    this.#packed = new GzipWriter(`${path}.gz`);
  }

  addId(id: string, line: string): void {
    this.#add(this.#ids, id, [Buffer.from(line)]);
  }

  addName(name: string, start: string, pieces: readonly Buffer[]): void {
    const parts: Buffer[] = [Buffer.from(start)];
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) parts.push(COMMA);
      parts.push(piece);
    }
    parts.push(LINE_END);
    this.#add(this.#names, name, parts);
  }

  finish(): WrittenFile & { indexBytes: number } {
    const names = this.#table(this.#names);
    const ids = this.#table(this.#ids);
    this.#write(encodeFooter({ names, ids }));
    const indexBytes = this.#file.position;
    this.#file.closeDurably();
    return { ...this.#packed.finish(), indexBytes };
  }

  #add(rows: NumberRows, key: string, parts: readonly Buffer[]): void {
    const at = this.#file.position;
    for (const part of parts) this.#write(part);
    if (this.#file.position > INDEX_BYTES_MAX) throw tooLarge();
    rows.push(hashOf(key), at, this.#file.position - at);
  }

  #table(rows: NumberRows): IndexTable {
    const at = this.#file.position;
    const numbers = rows.sorted();
    this.#write(Buffer.from(numbers.buffer));
    return { at, rows: rows.length };
  }

  #write(bytes: Buffer): void {
    this.#file.write(bytes);
    this.#packed.write(bytes);
  }
}

const COMMA = Buffer.from(",");
const LINE_END = Buffer.from("]]\n");

/** Rows of three numbers, in memory that grows. */
class NumberRows {
  #numbers: Uint32Array<ArrayBuffer> = new Uint32Array(ROW_NUMBERS * 1024);
  length = 0;

  push(...row: [key: number, at: number, bytes: number]): void {
    if (this.length === ROWS_MAX) throw tooLarge();
    if ((this.length + 1) * ROW_NUMBERS > this.#numbers.length) {
      const grown = new Uint32Array(this.#numbers.length * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers.set(row, this.length * ROW_NUMBERS);
    this.length += 1;
  }

  /** All rows in the order of their first numbers, those with the same one in the order in which they came. */
  sorted(): Uint32Array<ArrayBuffer> {
    // A key of 32 bits and a row below 2^21 are one number without loss.
    const order = new Float64Array(this.length);
    for (let row = 0; row < this.length; row += 1) {
      order[row] = (this.#numbers[row * ROW_NUMBERS] as number) * ROWS_MAX + row;
    }
    order.sort();
    const sorted = new Uint32Array(this.length * ROW_NUMBERS);
    for (let to = 0; to < this.length; to += 1) {
      const from = ((order[to] as number) % ROWS_MAX) * ROW_NUMBERS;
      sorted.set(this.#numbers.subarray(from, from + ROW_NUMBERS), to * ROW_NUMBERS);
    }
    return sorted;
  }
}

function tooLarge(): ImportRefusal {
  return new ImportRefusal("all feeds together are more than an index can hold");
}
