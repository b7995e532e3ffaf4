const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
/** Up to here a loop beats the call of the decoder. */
const SHORT_TEXT_BYTES_MAX = 64;

/** The text of the UTF-8 bytes from `start` up to, not including, `end`. */
export function textOfBytes(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_TEXT_BYTES_MAX) return DECODER.decode(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte > 0x7f) return DECODER.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The bytes of a text that has only ASCII characters. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Tells whether the ASCII text `expected` stands at `start` in `bytes`. */
export function hasAsciiAt(bytes: Uint8Array, start: number, expected: string): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[start + index] !== expected.charCodeAt(index)) return false;
  }
  return true;
}
