import { EntrepotError, type ErrorCode } from "../errors.ts";
import { asciiBytes, textOfBytes } from "./bytes.ts";

/** Deepest nesting of objects and arrays that is followed. */
export const NESTING_DEPTH_MAX = 200;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/**
 * Bytes that end the plain run of a string: quote, backslash, control characters, and all that are not ASCII.
 */
const STRING_STOPS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE || byte === BACKSLASH || byte < SPACE || byte > 0x7f ? 1 : 0,
);
/** What may follow a backslash, apart from `u`: `"` `\` `/` `b` `f` `n` `r` `t`. */
const SIMPLE_ESCAPES: ReadonlySet<number> = new Set(asciiBytes('"\\/bfnrt'));
const TRUE: Uint8Array = asciiBytes("true");
const FALSE: Uint8Array = asciiBytes("false");
const NULL: Uint8Array = asciiBytes("null");

/** How many bytes follow the first byte of a character in UTF-8; 0 if no character begins with it. */
const TAIL_COUNTS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0xc2 || byte > 0xf4) return 0;
  if (byte < 0xe0) return 1;
  return byte < 0xf0 ? 2 : 3;
});
/** Narrower bounds of the second byte, by the first. */
const SECOND_MIN: Readonly<Record<number, number>> = { 0xe0: 0xa0, 0xf0: 0x90 };
const SECOND_MAX: Readonly<Record<number, number>> = { 0xed: 0x9f, 0xf4: 0x8f };

/** A member of an object: where its key's text lies (without the quotes) and where its value begins. */
export interface MemberVisitor {
  /** Must walk over the value and return the position after it. */
  visitMember(keyStart: number, keyEnd: number, valueStart: number): number;
}

/**
 * Walks over JSON in bytes and checks all of it, without making anything of it. Methods take the position of
 * a value's first byte and return the position after its last.
 */
export class JsonScanner {
  readonly bytes: Uint8Array;
  readonly #code: ErrorCode;
  readonly #subject: string;

  /** `failure` is what is thrown at the first wrong byte: `<subject> is not valid JSON: …`. */
  constructor(bytes: Uint8Array, failure: { code: ErrorCode; subject: string }) {
    // Always the same class, not a subclass, keeps the loops below on the engine's fast path.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#code = failure.code;
    this.#subject = failure.subject;
  }

  /** Position of the first byte at or after `at` that is not white space. */
  skipSpace(at: number): number {
    const bytes = this.bytes;
    let position = at;
    for (;;) {
      const byte = bytes[position] as number;
      if (byte > SPACE) return position;
      if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return position;
      position += 1;
    }
  }

  /** Walks over any value; `depth` is the number of objects and arrays around it. */
  skipValue(at: number, depth: number): number {
    const byte = this.bytes[at];
    if (byte === QUOTE) return this.skipString(at);
    if (byte === OPEN_BRACE) return this.#skipObject(at, depth + 1);
    if (byte === OPEN_BRACKET) return this.#skipArray(at, depth + 1);
    if (byte === 0x74) return this.#skipWord(at, TRUE);
    if (byte === 0x66) return this.#skipWord(at, FALSE);
    if (byte === 0x6e) return this.#skipWord(at, NULL);
    return this.#skipNumber(at);
  }

  /** Walks over a string, quotes included. */
  skipString(at: number): number {
    const bytes = this.bytes;
    if (bytes[at] !== QUOTE) return this.fail("expected a string", at);
    let position = at + 1;
    for (;;) {
      while (STRING_STOPS[bytes[position] as number] === 0) position += 1;
      const byte = bytes[position];
      if (byte === QUOTE) return position + 1;
      position = byte === BACKSLASH ? this.#skipEscape(position) : this.#skipMultiByte(position);
    }
  }

  /** Walks over an object and shows each member to the visitor. `depth` is that of the object itself. */
  walkObject(at: number, depth: number, visitor: MemberVisitor): number {
    if (depth > NESTING_DEPTH_MAX) return this.fail(`it is nested deeper than ${NESTING_DEPTH_MAX}`, at);
    const bytes = this.bytes;
    let position = this.skipSpace(at + 1);
    if (bytes[position] === CLOSE_BRACE) return position + 1;
    for (;;) {
      const keyEnd = this.skipString(position);
      const valueStart = this.skipColon(keyEnd);
      const valueEnd = visitor.visitMember(position + 1, keyEnd - 1, valueStart);
      const after = (bytes[valueEnd] as number) > SPACE ? valueEnd : this.skipSpace(valueEnd);
      if (bytes[after] === CLOSE_BRACE) return after + 1;
      if (bytes[after] !== COMMA) return this.fail('expected "," or "}"', after);
      position = this.skipSpace(after + 1);
    }
  }

  /** Walks over a colon and the white space around it. */
  skipColon(at: number): number {
    const position = this.skipSpace(at);
    if (this.bytes[position] !== COLON) return this.fail('expected ":"', position);
    return this.skipSpace(position + 1);
  }

  /** Tells whether the value at `at` is an object. */
  isObject(at: number): boolean {
    return this.bytes[at] === OPEN_BRACE;
  }

  /** The text of a key or string whose content lies between `start` and `end`, quotes excluded. */
  text(start: number, end: number): string {
    const text = textOfBytes(this.bytes, start, end);
    return text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text;
  }

  /**
   * The text of the string value that lies between `start` and `end`, quotes included; null if it is not a
   * string.
   */
  stringValue(start: number, end: number): string | null {
    return this.bytes[start] === QUOTE ? this.text(start + 1, end - 1) : null;
  }

  fail(what: string, at: number): never {
    throw new EntrepotError(this.#code, {
      message: `${this.#subject} is not valid JSON: ${what} at byte ${Math.min(at, this.bytes.length)}.`,
    });
  }

  #skipObject(at: number, depth: number): number {
    if (depth > NESTING_DEPTH_MAX) return this.fail(`it is nested deeper than ${NESTING_DEPTH_MAX}`, at);
    const bytes = this.bytes;
    let position = this.skipSpace(at + 1);
    if (bytes[position] === CLOSE_BRACE) return position + 1;
    for (;;) {
      const valueEnd = this.skipValue(this.skipColon(this.skipString(position)), depth);
      const after = this.skipSpace(valueEnd);
      if (bytes[after] === CLOSE_BRACE) return after + 1;
      if (bytes[after] !== COMMA) return this.fail('expected "," or "}"', after);
      position = this.skipSpace(after + 1);
    }
  }

  #skipArray(at: number, depth: number): number {
    if (depth > NESTING_DEPTH_MAX) return this.fail(`it is nested deeper than ${NESTING_DEPTH_MAX}`, at);
    const bytes = this.bytes;
    let position = this.skipSpace(at + 1);
    if (bytes[position] === CLOSE_BRACKET) return position + 1;
    for (;;) {
      const after = this.skipSpace(this.skipValue(position, depth));
      if (bytes[after] === CLOSE_BRACKET) return after + 1;
      if (bytes[after] !== COMMA) return this.fail('expected "," or "]"', after);
      position = this.skipSpace(after + 1);
    }
  }

  #skipEscape(at: number): number {
    const kind = this.bytes[at + 1];
    if (kind !== 0x75) {
      if (kind !== undefined && SIMPLE_ESCAPES.has(kind)) return at + 2;
      return this.fail("a string has a wrong escape", at);
    }
    for (let position = at + 2; position < at + 6; position += 1) {
      if (!isHexDigit(this.bytes[position])) return this.fail("a string has a wrong escape", at);
    }
    return at + 6;
  }

  /** Walks over a character of two to four bytes, none of them overlong, a surrogate or beyond Unicode. */
  #skipMultiByte(at: number): number {
    const { bytes } = this;
    const lead = bytes[at];
    if (lead === undefined || lead < 0x80) {
      return this.fail("a string is not closed or has a control character", at);
    }
    const count = TAIL_COUNTS[lead] as number;
    const second = bytes[at + 1] as number;
    const isRight = count > 0 && second >= (SECOND_MIN[lead] ?? 0x80) && second <= (SECOND_MAX[lead] ?? 0xbf);
    if (!isRight) return this.fail("a string is not UTF-8", at);
    for (let position = at + 2; position <= at + count; position += 1) {
      if (((bytes[position] as number) & 0xc0) !== 0x80) return this.fail("a string is not UTF-8", at);
    }
    return at + count + 1;
  }

  #skipWord(at: number, word: Uint8Array): number {
    for (let index = 1; index < word.length; index += 1) {
      if (this.bytes[at + index] !== word[index]) return this.fail("expected a value", at);
    }
    return at + word.length;
  }

  #skipNumber(at: number): number {
    const bytes = this.bytes;
    let position = bytes[at] === 0x2d ? at + 1 : at;
    position = bytes[position] === 0x30 ? position + 1 : this.#skipDigits(position);
    if (bytes[position] === 0x2e) position = this.#skipDigits(position + 1);
    if (bytes[position] === 0x65 || bytes[position] === 0x45) {
      const sign = bytes[position + 1];
      position = this.#skipDigits(sign === 0x2b || sign === 0x2d ? position + 2 : position + 1);
    }
    return position;
  }

  #skipDigits(at: number): number {
    let position = at;
    while (isDigit(this.bytes[position])) position += 1;
    return position === at ? this.fail("expected a value", at) : position;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}
