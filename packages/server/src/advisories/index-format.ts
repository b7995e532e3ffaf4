/*
 * How an index lies in its file: lines of JSON, then two tables of hash, offset and length that lead to them, then a
 * footer of fixed length that leads to the tables. A line of the first table is what is known of one package, a line of
 * the second names the packages that one id or alias is about. Numbers are in the order of bytes of the machine.
 */

export const FOOTER_BYTES = 256;
/** Numbers of a table's row: hash, offset, length. */
export const ROW_NUMBERS = 3;
export const NUMBER_BYTES: number = Uint32Array.BYTES_PER_ELEMENT;
/** Offsets have 32 bits. */
export const INDEX_BYTES_MAX: number = 3 * 1024 ** 3;
/** Rows of a table; more would not sort by one number each. */
export const ROWS_MAX: number = 2 ** 21;

const FORMAT = "entrepot-advisory-index-1";
/** Reads as another number where bytes are in the other order. */
const ORDER_MARK = 0x01020304;

/** Where a table lies. */
export interface IndexTable {
  at: number;
  rows: number;
}

export interface IndexFooter {
  names: IndexTable;
  ids: IndexTable;
}

/** A hash of 32 bits; equal texts have equal ones, and what was found is compared. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

export function encodeFooter(footer: IndexFooter): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES, " ");
  bytes.write(`${JSON.stringify({ format: FORMAT, ...footer })}`, "utf8");
  bytes.set(new Uint8Array(Uint32Array.of(ORDER_MARK).buffer), FOOTER_BYTES - NUMBER_BYTES);
  return bytes;
}

/** Null when these are not the last bytes of an index of `sizeBytes` that this machine can read. */
export function decodeFooter(bytes: Buffer, sizeBytes: number): IndexFooter | null {
  const mark = new Uint32Array(Uint8Array.from(bytes.subarray(FOOTER_BYTES - NUMBER_BYTES)).buffer)[0];
  if (bytes.length !== FOOTER_BYTES || mark !== ORDER_MARK) return null;
  const footer = parsed(bytes.toString("utf8", 0, FOOTER_BYTES - NUMBER_BYTES)) as
    | (IndexFooter & { format?: unknown })
    | null;
  if (footer?.format !== FORMAT) return null;
  const end = footer.ids.at + tableBytes(footer.ids);
  if (footer.names.at + tableBytes(footer.names) !== footer.ids.at) return null;
  return end + FOOTER_BYTES === sizeBytes ? footer : null;
}

export function tableBytes({ rows }: IndexTable): number {
  return rows * ROW_NUMBERS * NUMBER_BYTES;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not an index.
    return null;
  }
}
