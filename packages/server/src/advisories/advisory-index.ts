import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { EntrepotError, type PackageAdvisory } from "@entrepot/core";
import {
  decodeFooter,
  FOOTER_BYTES,
  hashOf,
  NUMBER_BYTES,
  ROW_NUMBERS,
  tableBytes,
  type IndexFooter,
} from "./index-format.ts";

/** What is known of every package, read from a file when it is asked. */
export interface AdvisoryIndex {
  readonly digest: string;
  /** Everything about a package, what was withdrawn included; empty when nothing is known. Some ten microseconds. */
  of(name: string): readonly PackageAdvisory[];
  /** Names of the packages that an advisory is about, by its id or an alias. */
  namesOf(id: string): string[];
  /** Lets go of the file; ask nothing after it. */
  close(): void;
}

/** Opens an index file without waiting. Throws `storage-unavailable` when it is not whole. */
export function openIndex(path: string, digest: string): AdvisoryIndex {
  const fd = openSync(path, "r");
  try {
    const sizeBytes = fstatSync(fd).size;
    const footerAt = Math.max(0, sizeBytes - FOOTER_BYTES);
    const footer = decodeFooter(
      readAt(fd, { at: footerAt, bytes: Math.min(sizeBytes, FOOTER_BYTES) }),
      sizeBytes,
    );
    if (footer === null) throw damaged(path);
    return indexOf(fd, digest, footer);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function indexOf(fd: number, digest: string, footer: IndexFooter): AdvisoryIndex {
  // The names are asked for all the time, ids by people.
  const names = readNumbers(fd, footer.names.at, tableBytes(footer.names));
  const nameRow = (row: number): Uint32Array => names.subarray(row * ROW_NUMBERS, (row + 1) * ROW_NUMBERS);
  const idRow = (row: number): Uint32Array =>
    readNumbers(fd, footer.ids.at + row * ROW_NUMBERS * NUMBER_BYTES, ROW_NUMBERS * NUMBER_BYTES);
  let isOpen = true;
  return {
    digest,
    of(name) {
      for (const line of linesOf(fd, { rows: footer.names.rows, rowAt: nameRow, key: name })) {
        const [key, list] = line as [string, PackageAdvisory[]];
        if (key === name) return list;
      }
      return [];
    },
    namesOf(id) {
      const found = new Set<string>();
      for (const line of linesOf(fd, { rows: footer.ids.rows, rowAt: idRow, key: id })) {
        const [key, list] = line as [string, string[]];
        if (key === id) for (const name of list) found.add(name);
      }
      return [...found];
    },
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

interface Search {
  rows: number;
  rowAt: (row: number) => Uint32Array;
  key: string;
}

function* linesOf(fd: number, { rows, rowAt, key }: Search): Generator<unknown> {
  const hash = hashOf(key);
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rowAt(middle)[0] as number) < hash) low = middle + 1;
    else high = middle;
  }
  for (let row = low; row < rows; row += 1) {
    const [found, at = 0, bytes = 0] = rowAt(row);
    if (found !== hash) return;
    yield JSON.parse(readAt(fd, { at, bytes }).toString("utf8")) as unknown;
  }
}

function readNumbers(fd: number, at: number, bytes: number): Uint32Array {
  const numbers = new Uint32Array(bytes / NUMBER_BYTES);
  readInto(fd, new Uint8Array(numbers.buffer), at);
  return numbers;
}

function readAt(fd: number, { at, bytes }: { at: number; bytes: number }): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  readInto(fd, buffer, at);
  return buffer;
}

function readInto(fd: number, buffer: Uint8Array, position: number): void {
  for (let read = 0; read < buffer.length;) {
    const bytes = readSync(fd, buffer, read, buffer.length - read, position + read);
    if (bytes === 0) throw damaged("the index of advisories");
    read += bytes;
  }
}

function damaged(what: string): EntrepotError {
  return new EntrepotError("storage-unavailable", {
    message: `${what} is damaged: it ends too early or has another form.`,
  });
}
