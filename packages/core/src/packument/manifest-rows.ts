import type { JsonScanner, MemberVisitor } from "./json-scanner.ts";
import { MANIFEST_SHAPE, SLOT_COUNT, type Shape, type ShapeMember } from "./member-shape.ts";

const ROW_LENGTH = SLOT_COUNT * 2;
const ROWS_AT_FIRST = 32;

/** For each version's manifest a row of columns; a column has the start and end of one member's value. */
export class RowTable {
  #ranges: Int32Array = new Int32Array(ROWS_AT_FIRST * ROW_LENGTH);
  readonly #repeated: Set<number> = new Set();
  #count = 0;

  /** Starts a new row and gives its number. */
  begin(): number {
    const row = this.#count;
    this.#count += 1;
    if (this.#count * ROW_LENGTH > this.#ranges.length) {
      const grown = new Int32Array(this.#ranges.length * 2);
      grown.set(this.#ranges);
      this.#ranges = grown;
    }
    return row;
  }

  /** Notes a member of the newest row. */
  note(slot: number, start: number, end: number): void {
    const row = this.#count - 1;
    const at = row * ROW_LENGTH + slot * 2;
    if (this.#ranges[at] !== 0) this.#repeated.add(row);
    this.#ranges[at] = start;
    this.#ranges[at + 1] = end;
  }

  /** Where a member's value begins; 0 if the manifest does not have the member. */
  start(row: number, slot: number): number {
    return this.#ranges[row * ROW_LENGTH + slot * 2] as number;
  }

  /** The position after a member's value. */
  end(row: number, slot: number): number {
    return this.#ranges[row * ROW_LENGTH + slot * 2 + 1] as number;
  }

  /**
   * Tells whether a member of the row occurred more than once, so that its columns may be of different ones.
   */
  hasRepeated(row: number): boolean {
    return this.#repeated.has(row);
  }
}

/** Walks over the members of a manifest and notes those of the shape in the table's newest row. */
export class RowVisitor implements MemberVisitor {
  readonly #scanner: JsonScanner;
  readonly #rows: RowTable;
  readonly #shape: Shape;
  readonly #depth: number;
  readonly #inside: Map<number, RowVisitor> = new Map();

  constructor(
    scanner: JsonScanner,
    rows: RowTable,
    at: { shape: Shape; depth: number } = { shape: MANIFEST_SHAPE, depth: 3 },
  ) {
    this.#scanner = scanner;
    this.#rows = rows;
    this.#shape = at.shape;
    this.#depth = at.depth;
  }

  visitMember(keyStart: number, keyEnd: number, valueStart: number): number {
    const scanner = this.#scanner;
    const member = this.#shape.find(scanner.bytes, keyStart, keyEnd) ?? this.#findEscaped(keyStart, keyEnd);
    if (member === null) return scanner.skipValue(valueStart, this.#depth);
    const end =
      member.inside !== null && scanner.isObject(valueStart)
        ? scanner.walkObject(valueStart, this.#depth + 1, this.#visitorInside(member.slot, member.inside))
        : scanner.skipValue(valueStart, this.#depth);
    this.#rows.note(member.slot, valueStart, end);
    return end;
  }

  #findEscaped(keyStart: number, keyEnd: number): ShapeMember | null {
    for (let at = keyStart; at < keyEnd; at += 1) {
      if (this.#scanner.bytes[at] === 0x5c) return this.#shape.findText(this.#scanner.text(keyStart, keyEnd));
    }
    return null;
  }

  #visitorInside(slot: number, shape: Shape): RowVisitor {
    let visitor = this.#inside.get(slot);
    if (visitor === undefined) {
      visitor = new RowVisitor(this.#scanner, this.#rows, { shape, depth: this.#depth + 1 });
      this.#inside.set(slot, visitor);
    }
    return visitor;
  }
}
