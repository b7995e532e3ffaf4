import { normalizeVersion } from "../versions.ts";
import { isEmptyDeprecation, isJsonObject } from "./abbreviated-fields.ts";
import { hasAsciiAt, textOfBytes } from "./bytes.ts";
import type { ScannedDocument, ScannedVersion } from "./document-scan.ts";
import { SLOT } from "./member-shape.ts";

type JsonObject = Record<string, unknown>;

const QUOTE = 0x22;
const TRUE_FIRST = 0x74;

/**
 * Tells whether a version's manifest can be spliced as it is: it says the name and version under which we
 * list it, has a tarball to replace, and repeats no member of which we use the place. All others are parsed
 * and patched.
 */
export function isSpliceable(document: ScannedDocument, scanned: ScannedVersion): boolean {
  const { rows } = document;
  const { row } = scanned;
  if (scanned.key !== scanned.version || rows.hasRepeated(row)) return false;
  if (!saysText(document, { row, slot: SLOT.name, text: document.name })) return false;
  if (!saysText(document, { row, slot: SLOT.version, text: scanned.version })) return false;
  const { bytes } = document.scanner;
  const tarball = rows.start(row, SLOT.tarball);
  if (tarball === 0 || bytes[tarball] !== QUOTE) return false;
  return hasPlainDeprecation(document, row);
}

/** The parsed manifest of a version, as the upstream has it. */
export function parseManifest(document: ScannedDocument, scanned: ScannedVersion): JsonObject {
  return JSON.parse(textOfBytes(document.scanner.bytes, scanned.start, scanned.end)) as JsonObject;
}

/**
 * The spelling with build metadata by which an upstream knows a version, or null. An upstream that itself
 * lists the version without it notes the spelling in `dist.upstreamVersion`.
 */
export function upstreamSpelling(document: ScannedDocument, scanned: ScannedVersion): string | null {
  if (scanned.key !== scanned.version) return scanned.key;
  const start = document.rows.start(scanned.row, SLOT.upstreamVersion);
  if (start === 0) return null;
  const noted = document.scanner.stringValue(start, document.rows.end(scanned.row, SLOT.upstreamVersion));
  return noted !== null && noted !== scanned.version && normalizeVersion(noted) === scanned.version
    ? noted
    : null;
}

/**
 * A parsed manifest made fit for our list: name and version are those under which we list it, the URLs of the
 * tarball and of attestations are ours, an upstream's spelling with build metadata is kept in `dist.upstreamVersion`, a `deprecated`
 * that says nothing is gone.
 */
export function patchManifest(
  manifest: Readonly<JsonObject>,
  to: {
    name: string;
    version: string;
    upstreamVersion: string | null;
    tarball: string;
    attestations: string;
  },
): JsonObject {
  const isRenamed = manifest["name"] !== to.name || manifest["version"] !== to.version;
  const patched: JsonObject = { ...manifest, name: to.name, version: to.version };
  if (isRenamed && Object.hasOwn(manifest, "_id")) patched["_id"] = `${to.name}@${to.version}`;
  if (isEmptyDeprecation(manifest["deprecated"])) delete patched["deprecated"];
  const dist: JsonObject = isJsonObject(manifest["dist"]) ? { ...manifest["dist"] } : {};
  dist["tarball"] = to.tarball;
  const { attestations } = dist;
  if (isJsonObject(attestations) && typeof attestations["url"] === "string") {
    dist["attestations"] = { ...attestations, url: to.attestations };
  }
  if (to.upstreamVersion !== null) dist["upstreamVersion"] = to.upstreamVersion;
  patched["dist"] = dist;
  return patched;
}

/** Tells whether the version is deprecated, without parsing what is spliceable. */
export function isDeprecated(document: ScannedDocument, scanned: ScannedVersion): boolean {
  if (!document.rows.hasRepeated(scanned.row)) {
    const start = document.rows.start(scanned.row, SLOT.deprecated);
    return start !== 0 && hasPlainDeprecation(document, scanned.row);
  }
  return !isEmptyDeprecation(parseManifest(document, scanned)["deprecated"]);
}

/** No `deprecated` at all, or one that says something. */
function hasPlainDeprecation(document: ScannedDocument, row: number): boolean {
  const start = document.rows.start(row, SLOT.deprecated);
  if (start === 0) return true;
  const first = document.scanner.bytes[start];
  return first === QUOTE ? document.rows.end(row, SLOT.deprecated) - start > 2 : first === TRUE_FIRST;
}

function saysText(document: ScannedDocument, expected: { row: number; slot: number; text: string }): boolean {
  const start = document.rows.start(expected.row, expected.slot);
  const length = document.rows.end(expected.row, expected.slot) - start;
  if (start === 0 || length !== expected.text.length + 2) return false;
  return hasAsciiAt(document.scanner.bytes, start + 1, expected.text);
}
