import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { crc32, inflateRawSync } from "node:zlib";
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from "yauzl";
import { ImportRefusal } from "./import-refusal.ts";

/** Ceilings of a zip; sizes in bytes. */
export interface ZipLimits {
  entriesMax: number;
  /** Of one entry, unpacked. */
  entryBytesMax: number;
  /** Of all entries, unpacked. */
  totalBytesMax: number;
  /** How much larger than its compressed form an entry may be; small ones may be anything. */
  ratioMax: number;
}

/** Entries below this size may be packed as well as they can. */
const RATIO_FREE_BYTES = 64 * 1024;
const WINDOW_BYTES = 1024 * 1024;
const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * Reads the files of a zip one after the other; folders are left out. `use` is given a name as it stands in the zip, with
 * forward slashes and leading nowhere else, and the content, which is good until `use` ends. Throws
 * {@link ImportRefusal} for what is no whole zip, or above a limit. Blocks, so it is for a thread of its own.
 */
export async function readZip(
  path: string,
  limits: ZipLimits,
  use: (name: string, content: Buffer) => void,
): Promise<void> {
  const fd = openSync(path, "r");
  try {
    const sizeBytes = fstatSync(fd).size;
    const zip = await openZip(new WindowReader(new FileWindow(fd, sizeBytes)), sizeBytes);
    if (zip.entryCount > limits.entriesMax) {
      throw new ImportRefusal(`the zip has ${zip.entryCount} entries, and ${limits.entriesMax} are taken`);
    }
    await readEntries(zip, { limits, use, data: new FileWindow(fd, sizeBytes) });
  } finally {
    closeSync(fd);
  }
}

interface Reading {
  limits: ZipLimits;
  use: (name: string, content: Buffer) => void;
  data: FileWindow;
}

async function openZip(reader: RandomAccessReader, sizeBytes: number): Promise<ZipFile> {
  try {
    return await fromRandomAccessReaderPromise(reader, sizeBytes, {
      autoClose: false,
      strictFileNames: true,
    });
  } catch (error) {
    throw notWhole(error);
  }
}

async function readEntries(zip: ZipFile, reading: Reading): Promise<void> {
  let [totalBytes, packedBytes] = [0, 0];
  const entries = zip.eachEntry()[Symbol.asyncIterator]();
  for (;;) {
    const next = await nextEntry(entries);
    if (next === null) return;
    totalBytes += next.uncompressedSize;
    packedBytes += next.compressedSize;
    if (totalBytes > reading.limits.totalBytesMax) {
      throw new ImportRefusal(`the zip unpacks to more than ${reading.limits.totalBytesMax} bytes`);
    }
    // Entries that share their bytes unpack to any size.
    if (packedBytes > zip.fileSize) throw new ImportRefusal("entries of the zip overlap");
    if (!next.fileName.endsWith("/")) reading.use(next.fileName, contentOf(next, reading));
  }
}

async function nextEntry(entries: AsyncIterator<Entry>): Promise<Entry | null> {
  try {
    const { done, value } = await entries.next();
    return done === true ? null : value;
  } catch (error) {
    throw notWhole(error);
  }
}

function contentOf(entry: Entry, { limits, data }: Reading): Buffer {
  const { fileName, compressedSize, uncompressedSize, compressionMethod } = entry;
  const refuse = (why: string): ImportRefusal => new ImportRefusal(`the entry ${shown(fileName)} ${why}`);
  if (uncompressedSize > limits.entryBytesMax) throw refuse(`is larger than ${limits.entryBytesMax} bytes`);
  if (uncompressedSize > RATIO_FREE_BYTES && uncompressedSize > compressedSize * limits.ratioMax) {
    throw refuse(`unpacks to more than ${limits.ratioMax} times its size`);
  }
  if (entry.isEncrypted()) throw refuse("is encrypted");
  const packed = data.read(dataStart(entry, data, refuse), compressedSize);
  if (packed === null) throw refuse("lies beyond the end of the zip");
  const content = unpack(packed, { compressionMethod, uncompressedSize });
  if (content === null) throw refuse("cannot be unpacked");
  if (content.length !== uncompressedSize) throw refuse("has another size than the zip says");
  if (crc32(content) !== entry.crc32) throw refuse("is damaged: its checksum is another");
  return content;
}

function dataStart(entry: Entry, data: FileWindow, refuse: (why: string) => ImportRefusal): number {
  const at = entry.relativeOffsetOfLocalHeader;
  const header = data.read(at, LOCAL_HEADER_BYTES);
  if (header === null || header.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE) {
    throw refuse("is not where the zip says");
  }
  return at + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
}

function unpack(
  packed: Buffer,
  { compressionMethod, uncompressedSize }: Pick<Entry, "compressionMethod" | "uncompressedSize">,
): Buffer | null {
  if (compressionMethod === STORED) return packed;
  if (compressionMethod !== DEFLATED) return null;
  try {
    // One byte more would be a lie of the directory, and is told from it.
    return inflateRawSync(packed, { maxOutputLength: uncompressedSize + 1 });
  } catch {
    // Broken, or longer than promised.
    return null;
  }
}

function notWhole(error: unknown): ImportRefusal {
  const reason = error instanceof Error ? error.message : String(error);
  return new ImportRefusal(`this is not a whole, valid zip: ${reason}`);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

/** Reads a file through a buffer: most reads are small and follow one another. */
class FileWindow {
  readonly #fd: number;
  readonly #sizeBytes: number;
  readonly #buffer: Buffer = Buffer.allocUnsafe(WINDOW_BYTES);
  #at = 0;
  #filled = 0;

  constructor(fd: number, sizeBytes: number) {
    this.#fd = fd;
    this.#sizeBytes = sizeBytes;
  }

  /** Bytes that are good until the next read; null beyond the end of the file. */
  read(position: number, length: number): Buffer | null {
    if (position < 0 || position + length > this.#sizeBytes) return null;
    if (length > WINDOW_BYTES) return this.#fill(Buffer.allocUnsafe(length), position);
    if (position < this.#at || position + length > this.#at + this.#filled) {
      const wanted = Math.min(WINDOW_BYTES, this.#sizeBytes - position);
      this.#at = position;
      this.#filled = this.#fill(this.#buffer.subarray(0, wanted), position)?.length ?? 0;
      if (this.#filled < length) return null;
    }
    return this.#buffer.subarray(position - this.#at, position - this.#at + length);
  }

  #fill(into: Buffer, position: number): Buffer | null {
    for (let at = 0; at < into.length;) {
      const bytes = readSync(this.#fd, into, at, into.length - at, position + at);
      if (bytes === 0) return null;
      at += bytes;
    }
    return into;
  }
}

/** Gives the zip library its directory from memory: its own way would be two calls of the system for each entry. */
class WindowReader extends RandomAccessReader {
  readonly #window: FileWindow;

  constructor(window: FileWindow) {
    super();
    this.#window = window;
  }

  override read(...[buffer, offset, length, position, done]: Parameters<RandomAccessReader["read"]>): void {
    const bytes = this.#window.read(position, length);
    if (bytes === null) return process.nextTick(done, new Error("it ends too early"));
    bytes.copy(buffer, offset);
    process.nextTick(done, null);
  }

  override close(done: (error: Error | null) => void): void {
    done(null);
  }
}
