import { dependenciesOf, deprecationOf, factsOfManifest } from "../manifest.ts";
import type { VersionFacts } from "../policy/verdict.ts";
import { ByteWriter } from "./byte-writer.ts";
import { textOfBytes } from "./bytes.ts";
import { publishTimeOf, type ScannedDocument, type ScannedVersion } from "./document-scan.ts";
import { isSpliceable, parseManifest, upstreamSpelling } from "./manifest-patch.ts";
import { SLOT } from "./member-shape.ts";

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const LINE_FEED = 0x0a;
const NULL_FIRST = 0x6e;
const TRUE_FIRST = 0x74;
const ROW_BYTES_GUESS = 2048;

/** Members of a facts row, in their order. Changing it needs a new `INDEX_FORMAT`. */
type FactsRow = [
  upstreamVersion: string | null,
  publishedAt: string | null,
  integrity: unknown,
  shasum: unknown,
  tarball: unknown,
  license: unknown,
  deprecated: unknown,
  hasInstallScript: 0 | 1,
  hasSignatures: 0 | 1,
  attestations: unknown,
  publisher: unknown,
  dependencies: unknown,
  trustedPublisher: unknown,
  approver: unknown,
  otherSpellings?: string[],
];

/**
 * Writes the facts of versions as JSON arrays of one line each, of raw slices of the document where that is
 * possible.
 */
export class FactsWriter {
  readonly #document: ScannedDocument;
  readonly #writer: ByteWriter;
  readonly #hasLineFeeds: boolean;

  constructor(
    document: ScannedDocument,
    writer: ByteWriter,
    hasLineFeeds: boolean = document.scanner.bytes.includes(LINE_FEED),
  ) {
    this.#document = document;
    this.#writer = writer;
    this.#hasLineFeeds = hasLineFeeds;
  }

  write(scanned: ScannedVersion): void {
    if (isSpliceable(this.#document, scanned)) this.#splice(scanned);
    else this.#writer.json(rowOfFacts(factsByParsing(this.#document, scanned)));
  }

  #splice(scanned: ScannedVersion): void {
    const { row } = scanned;
    const writer = this.#writer;
    const spelling = upstreamSpelling(this.#document, scanned);
    const publishedAt = publishTimeOf(this.#document, scanned);
    writer.ascii(spelling === null ? "[null," : `[${JSON.stringify(spelling)},`);
    writer.ascii(publishedAt === null ? "null," : `"${publishedAt}",`);
    this.#raw(row, SLOT.integrity, QUOTE);
    writer.ascii(",");
    this.#raw(row, SLOT.shasum, QUOTE);
    writer.ascii(",");
    this.#raw(row, SLOT.tarball, QUOTE);
    writer.ascii(",");
    this.#raw(row, this.#isNullish(row, SLOT.license) ? SLOT.licenses : SLOT.license);
    writer.ascii(",");
    this.#raw(row, SLOT.deprecated);
    writer.ascii(`,${this.#hasInstallScript(row) ? 1 : 0},${this.#hasSignatures(row) ? 1 : 0},`);
    this.#raw(row, SLOT.predicateType, QUOTE);
    writer.ascii(",");
    this.#raw(row, SLOT.publisher, QUOTE);
    writer.ascii(",");
    this.#raw(row, SLOT.dependencies, OPEN_BRACE);
    writer.ascii(",");
    this.#raw(row, SLOT.trustedPublisher, QUOTE);
    writer.ascii(",");
    this.#raw(row, SLOT.approver, QUOTE);
    writer.ascii(scanned.otherKeys.length === 0 ? "]" : `,${JSON.stringify(scanned.otherKeys)}]`);
  }

  /**
   * Appends a value as the document has it, on one line; `null` if it is absent or does not begin with
   * `firstByte`.
   */
  #raw(row: number, slot: number, firstByte?: number): void {
    const { rows, scanner } = this.#document;
    const start = rows.start(row, slot);
    const first = scanner.bytes[start];
    if (start === 0 || (firstByte !== undefined && first !== firstByte)) return this.#writer.ascii("null");
    const end = rows.end(row, slot);
    if (!this.#hasLineFeeds || (first !== OPEN_BRACE && first !== OPEN_BRACKET)) {
      return this.#writer.copy(scanner.bytes, start, end);
    }
    this.#writer.json(JSON.parse(textOfBytes(scanner.bytes, start, end)));
  }

  #isNullish(row: number, slot: number): boolean {
    const start = this.#document.rows.start(row, slot);
    return start === 0 || this.#document.scanner.bytes[start] === NULL_FIRST;
  }

  #hasInstallScript(row: number): boolean {
    const { rows, scanner } = this.#document;
    const declared = rows.start(row, SLOT.hasInstallScript);
    if (declared !== 0 && scanner.bytes[declared] === TRUE_FIRST) return true;
    return runsAtInstall(this.#document, row);
  }

  #hasSignatures(row: number): boolean {
    const { rows, scanner } = this.#document;
    const start = rows.start(row, SLOT.signatures);
    return (
      start !== 0 &&
      scanner.bytes[start] === OPEN_BRACKET &&
      scanner.bytes[scanner.skipSpace(start + 1)] !== 0x5d
    );
  }
}

/** Tells whether a spliceable manifest's `scripts` run something at installation. */
export function runsAtInstall(document: ScannedDocument, row: number): boolean {
  const { rows } = document;
  for (const slot of [SLOT.preinstall, SLOT.install, SLOT.postinstall]) {
    const start = rows.start(row, slot);
    const isEmpty = document.scanner.bytes[start] === QUOTE && rows.end(row, slot) - start === 2;
    if (start !== 0 && !isEmpty) return true;
  }
  return false;
}

/**
 * Makes a reader of the facts of a scanned document's versions. One is made per document, for whether that has line
 * feeds at all takes a look at all of it.
 */
export function factsReader(document: ScannedDocument): (scanned: ScannedVersion) => VersionFacts {
  let hasLineFeeds: boolean | null = null;
  return (scanned) => {
    if (!isSpliceable(document, scanned)) return factsByParsing(document, scanned);
    hasLineFeeds ??= document.scanner.bytes.includes(LINE_FEED);
    const writer = new ByteWriter(ROW_BYTES_GUESS);
    new FactsWriter(document, writer, hasLineFeeds).write(scanned);
    const row = writer.finish();
    return factsOfRow(scanned.version, textOfBytes(row, 0, row.length));
  };
}

/** Reads back what {@link FactsWriter} wrote for a version. */
export function factsOfRow(version: string, json: string): VersionFacts {
  const row = JSON.parse(json) as FactsRow;
  const facts: VersionFacts = {
    version,
    upstreamVersion: row[0],
    origin: "upstream",
    publishedAt: row[1],
    integrity: row[2] as string | null,
    shasum: row[3] as string | null,
    tarball: row[4] as string | null,
    license: row[5],
    deprecated: deprecationOf(row[6]),
    hasInstallScript: row[7] === 1,
    hasSignatures: row[8] === 1,
    attestations: row[9] as string | null,
    publisher: row[10] as string | null,
    dependencies: dependenciesOf(row[11]),
  };
  const trustedPublisher = row[12] as string | null;
  if (trustedPublisher !== null && trustedPublisher !== "") facts.trustedPublisher = trustedPublisher;
  const approver = row[13] as string | null;
  if (approver !== null && approver !== "") facts.approver = approver;
  return row[14] === undefined ? facts : { ...facts, otherSpellings: row[14] };
}

function rowOfFacts(facts: VersionFacts): FactsRow {
  const row: FactsRow = [
    facts.upstreamVersion,
    facts.publishedAt,
    facts.integrity,
    facts.shasum,
    facts.tarball,
    facts.license,
    facts.deprecated,
    facts.hasInstallScript ? 1 : 0,
    facts.hasSignatures ? 1 : 0,
    facts.attestations,
    facts.publisher,
    facts.dependencies,
    facts.trustedPublisher ?? null,
    facts.approver ?? null,
  ];
  if (facts.otherSpellings !== undefined) row.push([...facts.otherSpellings]);
  return row;
}

function factsByParsing(document: ScannedDocument, scanned: ScannedVersion): VersionFacts {
  return factsOfManifest(parseManifest(document, scanned), {
    version: scanned.version,
    upstreamVersion: upstreamSpelling(document, scanned),
    origin: "upstream",
    publishedAt: publishTimeOf(document, scanned),
    otherSpellings: scanned.otherKeys,
  });
}
