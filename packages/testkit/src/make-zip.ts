import { crc32, deflateRawSync } from "node:zlib";

/** A file of a zip; what is given beside the content are the lies that a hostile zip would tell. */
export interface ZipEntry {
  name: string;
  content: string | Buffer;
  /** Stored as it is, not compressed. */
  isStored?: boolean;
  crc?: number;
  uncompressedSize?: number;
  compressedSize?: number;
  /** Number of the compression method. */
  method?: number;
  isEncrypted?: boolean;
  /** Where the zip says that the entry lies. */
  offset?: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const STORED = 0;
const DEFLATED = 8;

/** Makes a zip without comments, dates or folders. */
export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { local, central } = partsOf(entry, at);
    parts.push(local);
    directory.push(central);
    at += local.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

function partsOf(entry: ZipEntry, at: number): { local: Buffer; central: Buffer } {
  const content = Buffer.from(entry.content);
  const packed = entry.isStored === true ? content : deflateRawSync(content);
  const name = Buffer.from(entry.name);
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(entry.isEncrypted === true ? 1 : 0, 2);
  fields.writeUInt16LE(entry.method ?? (entry.isStored === true ? STORED : DEFLATED), 4);
  fields.writeUInt32LE(entry.crc ?? crc32(content), 10);
  fields.writeUInt32LE(entry.compressedSize ?? packed.length, 14);
  fields.writeUInt32LE(entry.uncompressedSize ?? content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([uint32(LOCAL), fields, name, packed]);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(entry.offset ?? at, 10);
  const central = Buffer.concat([uint32(CENTRAL), Buffer.from([20, 0]), fields, rest, name]);
  return { local, central };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
