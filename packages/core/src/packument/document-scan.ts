import { EntrepotError } from "../errors.ts";
import { normalizeVersion } from "../versions.ts";
import { isoTime } from "./iso-time.ts";
import { JsonScanner, type MemberVisitor } from "./json-scanner.ts";
import { RowTable, RowVisitor } from "./manifest-rows.ts";

/** Most versions that a document may have. */
export const DOCUMENT_VERSIONS_MAX = 100_000;

/** Where a value lies in the document. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Where a moment of the document's `time` lies, and which it is once somebody has asked. */
export interface TimeRange extends ByteRange {
  moment: string | null | undefined;
}

/** One version of a document: how we call it, and where its manifest lies. */
export interface ScannedVersion {
  version: string;
  /** The key under which the upstream has it. */
  key: string;
  row: number;
  start: number;
  end: number;
  /** Keys of versions that differ in build metadata only and were published earlier. */
  otherKeys: readonly string[];
}

/** A document that was walked over and found valid. Holds on to its bytes. */
export interface ScannedDocument {
  scanner: JsonScanner;
  name: string;
  /** Top-level members in their order; `keyStart` is the position of the key's opening quote. */
  members: ReadonlyMap<string, ByteRange & { keyStart: number }>;
  /** By our spelling of the version, in the document's order. */
  versions: ReadonlyMap<string, ScannedVersion>;
  rows: RowTable;
  times: ReadonlyMap<string, TimeRange>;
  /** Tags as the upstream has them; targets in its spelling. */
  tags: ReadonlyMap<string, string>;
}

/**
 * Walks over a document once, checks that all of it is JSON, and notes where its parts lie.
 * `name`: which package it must be of; null takes the document's word.
 *
 * @throws EntrepotError `upstream-invalid`
 */
export function scanDocument(bytes: Uint8Array, name: string | null): ScannedDocument {
  const subject = name === null ? "The document" : `The document of ${name}`;
  const scanner = new JsonScanner(bytes, { code: "upstream-invalid", subject });
  const start = scanner.skipSpace(0);
  if (!scanner.isObject(start)) return scanner.fail("expected an object", start);
  const document = new DocumentVisitor(scanner);
  const end = scanner.skipSpace(scanner.walkObject(start, 1, document));
  if (end < bytes.length) return scanner.fail("there is something after its end", end);
  if (document.name === null) throw invalid(`${subject} does not say its name.`);
  if (name !== null && document.name !== name) {
    throw invalid(`${subject} is of another package, ${JSON.stringify(document.name.slice(0, 214))}.`);
  }
  return {
    scanner,
    name: document.name,
    members: document.members,
    versions: withoutCollisions(document),
    rows: document.versions.rows,
    times: document.times.ranges,
    tags: document.tags.tags,
  };
}

/**
 * The moment that the document's `time` has under a key, in our spelling; null if it has none or no valid
 * one.
 */
export function timeOf(document: Pick<ScannedDocument, "scanner" | "times">, key: string): string | null {
  const range = document.times.get(key);
  if (range === undefined) return null;
  if (range.moment === undefined) range.moment = momentAt(document.scanner, range);
  return range.moment;
}

/** The moment that a value of the document says, in our spelling; null if it says none. */
export function momentAt(scanner: JsonScanner, { start, end }: ByteRange): string | null {
  const text = scanner.stringValue(start, end);
  return text === null ? null : isoTime(text);
}

/** When a version was published, by whichever of its spellings the upstream notes it. */
export function publishTimeOf(
  document: Pick<ScannedDocument, "scanner" | "times">,
  scanned: ScannedVersion,
): string | null {
  return (
    timeOf(document, scanned.key) ??
    (scanned.key === scanned.version ? null : timeOf(document, scanned.version))
  );
}

class DocumentVisitor implements MemberVisitor {
  readonly scanner: JsonScanner;
  readonly members: Map<string, ByteRange & { keyStart: number }> = new Map();
  name: string | null = null;
  versions: VersionsVisitor;
  times: TimesVisitor;
  tags: TagsVisitor;

  constructor(scanner: JsonScanner) {
    this.scanner = scanner;
    this.versions = new VersionsVisitor(scanner);
    this.times = new TimesVisitor(scanner);
    this.tags = new TagsVisitor(scanner);
  }

  visitMember(keyStart: number, keyEnd: number, valueStart: number): number {
    const key = this.scanner.text(keyStart, keyEnd);
    const end = this.#walk(key, valueStart);
    this.members.delete(key);
    this.members.set(key, { keyStart: keyStart - 1, start: valueStart, end });
    return end;
  }

  /** A repeated member replaces the one before it, as every JSON parser has it. */
  #walk(key: string, at: number): number {
    const { scanner } = this;
    if (key === "versions") {
      return this.#walkRequired(key, at, (this.versions = new VersionsVisitor(scanner)));
    }
    if (key === "dist-tags") return this.#walkRequired(key, at, (this.tags = new TagsVisitor(scanner)));
    if (key === "time") {
      this.times = new TimesVisitor(scanner);
      if (scanner.isObject(at)) return scanner.walkObject(at, 2, this.times);
    }
    const end = scanner.skipValue(at, 1);
    if (key === "name") this.name = scanner.stringValue(at, end);
    return end;
  }

  #walkRequired(key: string, at: number, visitor: MemberVisitor): number {
    if (this.scanner.isObject(at)) return this.scanner.walkObject(at, 2, visitor);
    throw invalid(`The document's "${key}" is not an object.`);
  }
}

class VersionsVisitor implements MemberVisitor {
  readonly #scanner: JsonScanner;
  readonly #rowVisitor: RowVisitor;
  readonly rows: RowTable = new RowTable();
  readonly versions: Map<string, ScannedVersion> = new Map();
  /**
   * Versions with build metadata, or that another one with build metadata meets; by our spelling, then by
   * key.
   */
  readonly collisions: Map<string, Map<string, ScannedVersion>> = new Map();

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner;
    this.#rowVisitor = new RowVisitor(scanner, this.rows);
  }

  visitMember(keyStart: number, keyEnd: number, valueStart: number): number {
    const key = this.#scanner.text(keyStart, keyEnd);
    const version = normalizeVersion(key);
    if (version === null || !this.#scanner.isObject(valueStart)) {
      return this.#scanner.skipValue(valueStart, 2);
    }
    const row = this.rows.begin();
    if (row >= DOCUMENT_VERSIONS_MAX) {
      throw invalid(`The document has more than ${DOCUMENT_VERSIONS_MAX} versions.`);
    }
    const end = this.#scanner.walkObject(valueStart, 3, this.#rowVisitor);
    this.#add({ version, key, row, start: valueStart, end, otherKeys: [] });
    return end;
  }

  #add(scanned: ScannedVersion): void {
    const existing = this.versions.get(scanned.version);
    this.versions.set(scanned.version, scanned);
    const rivals = this.collisions.get(scanned.version);
    if (rivals !== undefined) rivals.set(scanned.key, scanned);
    else if (existing !== undefined && existing.key !== scanned.key) {
      const pair = [existing, scanned].map((rival) => [rival.key, rival] as const);
      this.collisions.set(scanned.version, new Map(pair));
    }
  }
}

class TimesVisitor implements MemberVisitor {
  readonly #scanner: JsonScanner;
  readonly ranges: Map<string, TimeRange> = new Map();

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner;
  }

  visitMember(keyStart: number, keyEnd: number, valueStart: number): number {
    const end = this.#scanner.skipValue(valueStart, 2);
    this.ranges.set(this.#scanner.text(keyStart, keyEnd), { start: valueStart, end, moment: undefined });
    return end;
  }
}

class TagsVisitor implements MemberVisitor {
  readonly #scanner: JsonScanner;
  readonly tags: Map<string, string> = new Map();

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner;
  }

  visitMember(keyStart: number, keyEnd: number, valueStart: number): number {
    const end = this.#scanner.skipValue(valueStart, 2);
    const tag = this.#scanner.text(keyStart, keyEnd);
    const target = this.#scanner.stringValue(valueStart, end);
    if (target === null) this.tags.delete(tag);
    else this.tags.set(tag, target);
    return end;
  }
}

/** Of versions that differ in build metadata only, keeps the one that was published last. */
function withoutCollisions(document: DocumentVisitor): Map<string, ScannedVersion> {
  const { versions, collisions } = document.versions;
  const timed = { scanner: document.scanner, times: document.times.ranges };
  for (const [version, rivals] of collisions) {
    const ranked = [...rivals.values()]
      .map((scanned) => ({ scanned, time: Date.parse(timeOf(timed, scanned.key) ?? "1970-01-01") }))
      .sort((a, b) => b.time - a.time)
      .map(({ scanned }) => scanned);
    const [winner, ...losers] = ranked as [ScannedVersion, ...ScannedVersion[]];
    versions.set(version, { ...winner, otherKeys: losers.map((loser) => loser.key) });
  }
  return versions;
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("upstream-invalid", { message });
}
