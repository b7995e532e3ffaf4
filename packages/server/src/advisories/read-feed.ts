import { closeSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { parseOsvRecord } from "@entrepot/core";
import { ImportRefusal } from "./import-refusal.ts";
import type { SnapshotRecord } from "./snapshot-lines.ts";
import { mergeSnapshot, SnapshotWriter, type WrittenSnapshot } from "./write-snapshot.ts";
import { readZip, type ZipLimits } from "./zip-file.ts";

/** Problems that are told of one feed; the rest are counted. */
const EXAMPLES_MAX = 20;
const RECORD_SUFFIX = ".json";

/** What came of reading records of a feed. */
export interface ReadFeed extends WrittenSnapshot {
  /** Records that cannot be used. */
  malformed: number;
  /** What is wrong with the first of them. */
  examples: string[];
  /** Records about no package of npm. */
  foreign: number;
  /** Records that were looked at. */
  read: number;
}

/** Where one fetched record lies in a file. */
export interface RecordPlace {
  id: string;
  at: number;
  bytes: number;
}

class Account {
  malformed = 0;
  foreign = 0;
  read = 0;
  readonly examples: string[] = [];

  /** The record, or null when it cannot be used or is about nothing of npm. */
  take(id: string, content: Buffer, feed: string): SnapshotRecord | null {
    this.read += 1;
    const record = recordOf(id, content, feed);
    if (typeof record === "string") return this.#refuse(id, record);
    if (record.packages.length > 0) return record;
    this.foreign += 1;
    return null;
  }

  refuseTwice(id: string): void {
    this.#refuse(id, "it is there twice");
  }

  #refuse(id: string, why: string): null {
    this.malformed += 1;
    if (this.examples.length < EXAMPLES_MAX) this.examples.push(`${id.slice(0, 128)}: ${why}`);
    return null;
  }

  counts(): Omit<ReadFeed, keyof WrittenSnapshot> {
    const { malformed, foreign, read, examples } = this;
    return { malformed, foreign, read, examples };
  }
}

/** Makes a snapshot of a zip with a file for each record. Throws {@link ImportRefusal}. */
export async function readOsvZip(input: {
  path: string;
  feed: string;
  to: string;
  limits: ZipLimits;
}): Promise<ReadFeed> {
  const account = new Account();
  const snapshot = new SnapshotWriter(input.to);
  await readZip(input.path, input.limits, (name, content) => {
    if (!name.endsWith(RECORD_SUFFIX)) return;
    const id = basename(name, RECORD_SUFFIX);
    if (snapshot.has(id)) return account.refuseTwice(id);
    const record = account.take(id, content, input.feed);
    if (record !== null) snapshot.add(record);
  });
  return { ...snapshot.finish(), ...account.counts() };
}

/**
 * Makes a snapshot of an older one and of records that were fetched since. A malformed record leaves the older one in
 * force; one that is about npm no more takes it away. Throws {@link ImportRefusal}.
 */
export async function mergeOsvRecords(input: {
  from: string;
  path: string;
  places: readonly RecordPlace[];
  feed: string;
  to: string;
}): Promise<ReadFeed> {
  const account = new Account();
  const changed = new Map<string, SnapshotRecord | null>();
  const fd = openSync(input.path, "r");
  try {
    for (const { id, at, bytes } of input.places) {
      const before = account.malformed;
      const record = account.take(id, contentAt(fd, at, bytes), input.feed);
      if (account.malformed === before) changed.set(id, record);
    }
  } finally {
    closeSync(fd);
  }
  return { ...(await mergeSnapshot(input.from, changed, input.to)), ...account.counts() };
}

function contentAt(fd: number, at: number, bytes: number): Buffer {
  const content = Buffer.allocUnsafe(bytes);
  for (let read = 0; read < bytes;) {
    const some = readSync(fd, content, read, bytes - read, at + read);
    if (some === 0) throw new ImportRefusal("the fetched records are not all there");
    read += some;
  }
  return content;
}

/** The record, or what is wrong with it. */
function recordOf(id: string, content: Buffer, feed: string): SnapshotRecord | string {
  let raw: unknown;
  try {
    raw = JSON.parse(content.toString("utf8"));
  } catch {
    return "it is not JSON";
  }
  const parsed = parseOsvRecord(raw, feed);
  if ("problem" in parsed) return parsed.problem;
  if (parsed.advisory.id !== id) return `its id is ${parsed.advisory.id}`;
  return { id, advisory: parsed.advisory, packages: [...parsed.packages] };
}
