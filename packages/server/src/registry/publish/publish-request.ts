import {
  EntrepotError,
  assertPublishableName,
  compareVersions,
  isTagName,
  normalizeVersion,
  type PackageName,
} from "@entrepot/core";
import { withoutNul } from "../../db/index.ts";
import { tagInvalid } from "../tags.ts";
import type { Attachment } from "./attachment.ts";
import type { PackageBody } from "./read-publish-body.ts";

const DESCRIPTION_CHARS_MAX = 255;
const README_BYTES_MAX = 64 * 1024;
const DEPENDENCIES_MAX = 1000;
const TAGS_MAX = 20;

/** A publish, checked as far as its document alone allows. */
export interface PublishRequest {
  name: PackageName;
  version: string;
  manifest: Record<string, unknown>;
  tags: ReadonlyMap<string, string>;
  tarball: Attachment;
  /** Sigstore bundles, parsed. */
  bundles: unknown[];
  readme: string;
  readmeFilename: string;
}

/** Checks a publish document. Throws 4xx errors whose text says which part is wrong and what would do. */
export function parsePublishRequest(name: PackageName, body: PackageBody): PublishRequest {
  assertPublishableName(name.full);
  const { document } = body;
  if (document["name"] !== name.full) {
    throw manifestInvalid(`The document is for "${String(document["name"])}", the URL for "${name.full}".`);
  }
  const [key, manifest] = onlyVersion(document);
  const version = checkedVersion(key, manifest);
  if (manifest["name"] !== name.full) {
    throw manifestInvalid(`The manifest names "${String(manifest["name"])}" instead of "${name.full}".`);
  }
  if (manifest["private"] === true) {
    throw new EntrepotError("permission-denied", {
      message: `${name.full} says "private": true in its package.json; remove it to publish.`,
    });
  }
  assertDependencyCount(manifest);
  return {
    name,
    version,
    manifest: withoutReadme(manifest, version),
    tags: tagsOf(document["dist-tags"], version),
    tarball: tarballOf(body),
    bundles: bundlesOf(document["_attachments"]),
    readme: cutReadme(withoutNul(textOf(manifest["readme"]) ?? textOf(document["readme"]) ?? "")),
    readmeFilename: withoutNul(
      textOf(manifest["readmeFilename"]) ?? textOf(document["readmeFilename"]) ?? "",
    ),
  };
}

function onlyVersion(document: Record<string, unknown>): [string, Record<string, unknown>] {
  const versions = document["versions"];
  if (!isObject(versions)) throw manifestInvalid('The document has no "versions".');
  const entries = Object.entries(versions);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw manifestInvalid(`A publish brings one version; this document brings ${entries.length}.`);
  }
  if (!isObject(entry[1])) throw manifestInvalid(`versions["${entry[0]}"] is not an object.`);
  return [entry[0], entry[1]];
}

function checkedVersion(key: string, manifest: Record<string, unknown>): string {
  const version = normalizeVersion(key);
  if (version === null) {
    throw new EntrepotError("version-invalid", {
      message: `"${key}" is not a semver version; it must look like 1.2.3 or 1.2.3-beta.1.`,
    });
  }
  const inside = normalizeVersion(String(manifest["version"]));
  if (inside === null || compareVersions(inside, version) !== 0) {
    throw manifestInvalid(
      `The manifest says version "${String(manifest["version"])}", the document "${key}".`,
    );
  }
  return version;
}

function tagsOf(value: unknown, version: string): Map<string, string> {
  if (value === undefined) return new Map();
  if (!isObject(value)) throw new EntrepotError("tag-invalid", { message: '"dist-tags" is not an object.' });
  const tags = Object.entries(value);
  if (tags.length > TAGS_MAX) {
    throw new EntrepotError("tag-invalid", { message: `More than ${TAGS_MAX} tags at once.` });
  }
  for (const [tag, target] of tags) {
    if (!isTagName(tag)) throw tagInvalid(tag);
    if (normalizeVersion(String(target)) !== version) {
      throw new EntrepotError("tag-invalid", {
        message: `The tag "${tag}" names ${String(target)}, but this publish brings ${version}.`,
      });
    }
  }
  return new Map(tags.map(([tag]) => [tag, version]));
}

function tarballOf(body: PackageBody): Attachment {
  const [tarball, second] = body.attachments;
  if (tarball === undefined) throw manifestInvalid('The document has no tarball in "_attachments".');
  if (second !== undefined) throw manifestInvalid("The document has more than one tarball.");
  const declared = isObject(body.document["_attachments"])
    ? body.document["_attachments"][tarball.name]
    : undefined;
  const length = isObject(declared) ? declared["length"] : undefined;
  if (typeof length === "number" && length !== tarball.sizeBytes) {
    throw new EntrepotError("integrity-mismatch", {
      message: `The tarball has ${tarball.sizeBytes} bytes, the document says ${length}; publish again.`,
    });
  }
  return tarball;
}

// A bundle is JSON text; the public registry's documents also call it base64, so both are read.
function bundlesOf(attachments: unknown): unknown[] {
  if (!isObject(attachments)) return [];
  const bundles: unknown[] = [];
  for (const [name, attachment] of Object.entries(attachments)) {
    if (!name.endsWith(".sigstore")) continue;
    const text = isObject(attachment) ? textOf(attachment["data"]) : null;
    if (text === null) throw manifestInvalid(`The attachment "${name}" has no data.`);
    bundles.push(parseBundle(name, text));
  }
  return bundles;
}

function parseBundle(name: string, text: string): unknown {
  const json = text.trimStart().startsWith("{") ? text : Buffer.from(text, "base64").toString("utf8");
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new EntrepotError("manifest-invalid", {
      message: `The attachment "${name}" is not a sigstore bundle.`,
      cause,
    });
  }
}

function assertDependencyCount(manifest: Record<string, unknown>): void {
  for (const member of ["dependencies", "optionalDependencies", "peerDependencies", "devDependencies"]) {
    const value = manifest[member];
    if (value === undefined || value === null) continue;
    if (!isObject(value)) throw manifestInvalid(`"${member}" is not an object.`);
    const count = Object.keys(value).length;
    if (count > DEPENDENCIES_MAX) {
      throw manifestInvalid(`"${member}" lists ${count} packages; at most ${DEPENDENCIES_MAX} are taken.`);
    }
  }
}

function withoutReadme(manifest: Record<string, unknown>, version: string): Record<string, unknown> {
  const { readme: _readme, readmeFilename: _filename, ...rest } = manifest;
  const description = textOf(rest["description"]);
  if (description !== null) rest["description"] = cutText(withoutNul(description), DESCRIPTION_CHARS_MAX);
  return { ...rest, version };
}

// Never between the halves of a surrogate pair: strict parsers refuse a document that holds one half.
function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const isPairCut = /[\ud800-\udbff]$/.test(text.slice(0, charsMax));
  return text.slice(0, isPairCut ? charsMax - 1 : charsMax);
}

function cutReadme(readme: string): string {
  const bytes = Buffer.from(readme);
  return bytes.length <= README_BYTES_MAX
    ? readme
    : new TextDecoder().decode(bytes.subarray(0, README_BYTES_MAX)).replace(/\ufffd+$/, "");
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function manifestInvalid(message: string): EntrepotError {
  return new EntrepotError("manifest-invalid", { message });
}
