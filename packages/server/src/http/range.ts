/** Part of a body; both ends inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

const RANGE_PATTERN = /^bytes=(\d*)-(\d*)$/;

/**
 * Reads a `Range` header against a body of `sizeBytes`. Null means the whole body: no header, another unit, or
 * several ranges at once, which a server may ignore.
 */
export function parseRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | "unsatisfiable" | null {
  if (header === undefined) return null;
  const match = RANGE_PATTERN.exec(header.trim());
  if (match === null) return null;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return null;
  return first === "" ? suffixRange(Number(last), sizeBytes) : boundedRange(Number(first), last, sizeBytes);
}

function suffixRange(length: number, sizeBytes: number): ByteRange | "unsatisfiable" {
  if (length === 0 || sizeBytes === 0) return "unsatisfiable";
  return { start: Math.max(0, sizeBytes - length), end: sizeBytes - 1 };
}

function boundedRange(start: number, last: string, sizeBytes: number): ByteRange | "unsatisfiable" | null {
  if (start >= sizeBytes) return "unsatisfiable";
  const end = last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  return end < start ? null : { start, end };
}
