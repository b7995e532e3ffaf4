import { operatorDeprecation } from "../policy/deprecation.ts";
import { judgePackage, type JudgedVersion } from "../policy/judge-package.ts";
import { repointTags } from "../policy/repoint-tags.ts";
import type { Verdict } from "../policy/verdict.ts";
import { normalizeVersion } from "../versions.ts";
import { ABBREVIATED_FIELDS, abbreviate } from "./abbreviated-fields.ts";
import { ByteWriter } from "./byte-writer.ts";
import { asciiBytes, textOfBytes } from "./bytes.ts";
import {
  publishTimeOf,
  scanDocument,
  timeOf,
  type ScannedDocument,
  type ScannedVersion,
} from "./document-scan.ts";
import { deprecationTest, knownTags } from "./known-tags.ts";
import { isSpliceable, parseManifest, patchManifest, upstreamSpelling } from "./manifest-patch.ts";
import { SLOT } from "./member-shape.ts";
import { modifiedOf } from "./package-index.ts";
import { factsReader, runsAtInstall } from "./version-facts.ts";
import {
  attestationsUrlStart,
  movedLatest,
  policyMember,
  restrictionsMember,
  tarballUrlStart,
  type RenderedView,
  type ViewOptions,
} from "./view.ts";

/** Members that we write ourselves, or that would contradict what we write. */
const OWN_MEMBERS = new Set(["_id", "_rev", "name", "dist-tags", "versions", "time"]);
/** Members that we write ourselves where something is hidden. */
const POLICY_MEMBERS = new Set(["_policy", "policyRestrictions"]);
const REVISION = /^[A-Za-z0-9._~-]{1,200}$/u;
const VERSION_EXTRA_BYTES = 200;
const QUOTE = 0x22;

/** `,"key":` of each abbreviated field, by slot. */
const FIELD_STARTS: readonly Uint8Array[] = ABBREVIATED_FIELDS.map((field) => asciiBytes(`,"${field}":`));

/**
 * Renders what a client sees of an upstream's document: versions that policy allows, with our tarball URLs,
 * and all else as the upstream has it, byte for byte.
 *
 * @throws EntrepotError `upstream-invalid` if the bytes are not a packument
 */
export function renderUpstreamView(bytes: Uint8Array, options: ViewOptions): RenderedView {
  return renderScanned(scanDocument(bytes, null), options);
}

/** Like {@link renderUpstreamView}, of a document that was scanned before. */
export function renderScanned(document: ScannedDocument, options: ViewOptions): RenderedView {
  const { hidden, recheckAt } = judgePackage(judgedVersions(document), options.policy);
  const shown = [...document.versions.values()].filter(({ version }) => !hidden.has(version));
  const tags = knownTags(document);
  const repointed =
    hidden.size === 0
      ? { tags, dropped: new Map<string, string>() }
      : repointTags(
          tags,
          shown.map(({ version }) => version),
          deprecationTestOf(document, options),
        );
  const parts: ViewParts = {
    document,
    options,
    hidden,
    shown,
    tags: repointed.tags,
    droppedTags: repointed.dropped,
    moved: movedLatest(tags, repointed.tags),
  };
  const bytes = options.form === "full" ? renderFull(parts) : renderAbbreviated(parts);
  return { bytes, hidden: [...hidden], shown: shown.length, recheckAt, movedLatest: parts.moved };
}

function deprecationTestOf(
  document: ScannedDocument,
  options: ViewOptions,
): ReturnType<typeof deprecationTest> {
  const isByAuthor = deprecationTest(document);
  return (version) => operatorDeprecation(options.policy, version) !== null || isByAuthor(version);
}

interface ViewParts {
  document: ScannedDocument;
  options: ViewOptions;
  hidden: Map<string, Verdict>;
  shown: ScannedVersion[];
  tags: Map<string, string>;
  droppedTags: Map<string, string>;
  moved: RenderedView["movedLatest"];
}

function* judgedVersions(document: ScannedDocument): Generator<JudgedVersion> {
  const factsIn = factsReader(document);
  for (const scanned of document.versions.values()) {
    yield {
      version: scanned.version,
      upstreamVersion: upstreamSpelling(document, scanned),
      origin: "upstream",
      facts: () => factsIn(scanned),
    };
  }
}

function renderFull(parts: ViewParts): Uint8Array {
  const { document } = parts;
  const writer = new ByteWriter(
    document.scanner.bytes.length + (parts.shown.length + 10) * VERSION_EXTRA_BYTES,
  );
  writer.text(`{"_id":${JSON.stringify(document.name)},"_rev":${revisionOf(parts)},`);
  writer.text(`"name":${JSON.stringify(document.name)}`);
  writeTags(parts, writer);
  writeVersions(parts, writer);
  writeTime(parts, writer);
  for (const [key, { keyStart, end }] of document.members) {
    if (OWN_MEMBERS.has(key) || (POLICY_MEMBERS.has(key) && parts.hidden.size > 0)) continue;
    writer.ascii(",");
    writer.copy(document.scanner.bytes, keyStart, end);
  }
  return finish(parts, writer);
}

function renderAbbreviated(parts: ViewParts): Uint8Array {
  const { document } = parts;
  const extraBytes = (parts.shown.length + 10) * VERSION_EXTRA_BYTES;
  const writer = new ByteWriter(Math.ceil(document.scanner.bytes.length / 2) + extraBytes);
  writer.text(`{"name":${JSON.stringify(document.name)}`);
  const modified = modifiedOf(document);
  if (modified !== null) writer.ascii(`,"modified":"${modified}"`);
  writeTags(parts, writer);
  writeVersions(parts, writer);
  writeTime(parts, writer);
  return finish(parts, writer);
}

function finish(parts: ViewParts, writer: ByteWriter): Uint8Array {
  if (parts.hidden.size > 0) {
    writer.ascii(',"_policy":');
    writer.json(policyMember(parts.hidden, parts));
    if (parts.options.form === "full") {
      writer.ascii(',"policyRestrictions":');
      writer.json(restrictionsMember(parts.hidden, subjectOf(parts)));
    }
  }
  writer.ascii("}");
  return writer.finish();
}

function subjectOf({ document, options }: ViewParts): Parameters<typeof restrictionsMember>[1] {
  const { requestUrl, policy } = options;
  const subject = { name: document.name, registry: policy.registry };
  return requestUrl === undefined ? subject : { ...subject, requestUrl };
}

function writeTags({ tags }: ViewParts, writer: ByteWriter): void {
  const entries = [...tags].map(([tag, version]) => `${JSON.stringify(tag)}:"${version}"`);
  writer.text(`,"dist-tags":{${entries.join(",")}}`);
}

function writeVersions(parts: ViewParts, writer: ByteWriter): void {
  const { document, options } = parts;
  const base = document.name.slice(document.name.lastIndexOf("/") + 1);
  const urlStart = tarballUrlStart(options.packageUrl, base);
  const attestationsStart = attestationsUrlStart(options.packageUrl, document.name);
  const splice = options.form === "full" ? spliceFull : spliceAbbreviated;
  writer.ascii(',"versions":{');
  let separator = "";
  for (const scanned of parts.shown) {
    writer.ascii(`${separator}"${scanned.version}":`);
    separator = ",";
    const url = `${urlStart}${scanned.version}.tgz"`;
    const part = { document, scanned, url, attestationsUrl: `${attestationsStart}${scanned.version}"` };
    const isMarked = operatorDeprecation(options.policy, scanned.version, scanned.key) !== null;
    if (!isMarked && isSpliceable(document, scanned)) splice(part, writer);
    else writer.json(patchedManifest(part, options));
  }
  writer.ascii("}");
}

/** One version to be written; the URLs, of its tarball and its attestations, are JSON text, quotes included. */
interface VersionPart {
  document: ScannedDocument;
  scanned: ScannedVersion;
  url: string;
  attestationsUrl: string;
}

function patchedManifest(
  { document, scanned, url, attestationsUrl }: VersionPart,
  options: ViewOptions,
): unknown {
  const patched = patchManifest(parseManifest(document, scanned), {
    name: document.name,
    version: scanned.version,
    upstreamVersion: upstreamSpelling(document, scanned),
    tarball: JSON.parse(url) as string,
    attestations: JSON.parse(attestationsUrl) as string,
  });
  const deprecated = operatorDeprecation(options.policy, scanned.version, scanned.key);
  const marked = deprecated === null ? patched : { ...patched, deprecated };
  return options.form === "full" ? marked : abbreviate(marked);
}

function spliceFull(part: VersionPart, writer: ByteWriter): void {
  copyWithOurUrls(part, writer, part.scanned);
}

/** Copies what lies between two places, with our URLs in the place of the upstream's. */
function copyWithOurUrls(
  { document, scanned, url, attestationsUrl }: VersionPart,
  writer: ByteWriter,
  { start, end }: { start: number; end: number },
): void {
  const { rows, scanner } = document;
  const { row } = scanned;
  let at = start;
  const replace = (slot: number, text: string): void => {
    writer.copy(scanner.bytes, at, rows.start(row, slot));
    writer.text(text);
    at = rows.end(row, slot);
  };
  const attestations = rows.start(row, SLOT.attestationsUrl);
  const hasAttestations = attestations !== 0 && scanner.bytes[attestations] === QUOTE;
  const isBefore = hasAttestations && attestations < rows.start(row, SLOT.tarball);
  if (isBefore) replace(SLOT.attestationsUrl, attestationsUrl);
  replace(SLOT.tarball, url);
  if (hasAttestations && !isBefore) replace(SLOT.attestationsUrl, attestationsUrl);
  writer.copy(scanner.bytes, at, end);
}

function spliceAbbreviated(part: VersionPart, writer: ByteWriter): void {
  const { document, scanned } = part;
  const { rows, scanner } = document;
  const { row } = scanned;
  writer.ascii("{");
  for (let slot: number = SLOT.name; slot < SLOT.dist; slot += 1) {
    const source =
      slot === SLOT.bundleDependencies && rows.start(row, slot) === 0 ? SLOT.bundledDependencies : slot;
    const start = rows.start(row, source);
    const key = FIELD_STARTS[slot] as Uint8Array;
    if (start !== 0) {
      writer.copy(key, slot === SLOT.name ? 1 : 0, key.length);
      writer.copy(scanner.bytes, start, rows.end(row, source));
    } else if (slot === SLOT.hasInstallScript && runsAtInstall(document, row)) {
      writer.ascii(',"hasInstallScript":true');
    }
  }
  const key = FIELD_STARTS[SLOT.dist] as Uint8Array;
  writer.copy(key, 0, key.length);
  copyWithOurUrls(part, writer, { start: rows.start(row, SLOT.dist), end: rows.end(row, SLOT.dist) });
  writer.ascii("}");
}

function writeTime(parts: ViewParts, writer: ByteWriter): void {
  const { document, shown } = parts;
  const entries: string[] = [];
  for (const key of ["created", "modified"]) {
    const time = timeOf(document, key);
    if (time !== null) entries.push(`"${key}":"${time}"`);
  }
  for (const scanned of shown) {
    const time = publishTimeOf(document, scanned);
    if (time !== null) entries.push(`"${scanned.version}":"${time}"`);
  }
  if (parts.options.form === "full") entries.push(...removedTimes(document));
  if (entries.length > 0) writer.text(`,"time":{${entries.join(",")}}`);
}

/** Entries of versions that are no more, and of a package that was taken back as a whole. */
function removedTimes(document: ScannedDocument): string[] {
  const removed = new Map<string, string>();
  for (const key of document.times.keys()) {
    const version = normalizeVersion(key);
    const time = version === null || document.versions.has(version) ? null : timeOf(document, key);
    if (time !== null) removed.set(`"${version}"`, `"${time}"`);
  }
  const unpublished = document.times.get("unpublished");
  if (unpublished !== undefined) {
    removed.set('"unpublished"', textOfBytes(document.scanner.bytes, unpublished.start, unpublished.end));
  }
  return [...removed].map(([key, value]) => `${key}:${value}`);
}

/**
 * The upstream's revision if it can stand in a URL, else one made of the document's versions, tags and time.
 * As JSON text.
 */
function revisionOf({ document }: ViewParts): string {
  const range = document.members.get("_rev");
  const given = range === undefined ? null : document.scanner.stringValue(range.start, range.end);
  if (given !== null && REVISION.test(given)) return JSON.stringify(given);
  const content = JSON.stringify([[...document.versions.keys()], [...document.tags], modifiedOf(document)]);
  let hash = 0x811c9dc5;
  for (let index = 0; index < content.length; index += 1) {
    hash = Math.imul(hash ^ content.charCodeAt(index), 0x01000193);
  }
  return `"${document.versions.size}-${(hash >>> 0).toString(16).padStart(8, "0")}"`;
}
