import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

import { measuredSpec } from "./catalog.mjs";
import { inventedHashes, writeDocument } from "./documents.mjs";
import { createBytePool, hashesOf } from "./seeded-bytes.mjs";
import { buildTarball } from "./tarballs.mjs";

/**
 * The long tail is generated on demand and forgotten: ten thousand documents must not fill the stand-in's
 * memory.
 */
const FORGOTTEN = /^bench-many-/;

/**
 * Holds what the stand-in upstream answers with: compressed documents and tarballs, made at the first use and
 * kept.
 *
 * @param {{ baseUrl: string }} deps
 */
export function createStore({ baseUrl }) {
  const pool = createBytePool();
  const recorded = new Map();
  const documents = new Map();
  const tarballs = new Map();

  function specOf(name) {
    return recorded.get(name) ?? measuredSpec(name);
  }

  function tarball(name, version) {
    const key = `${name}@${version}`;
    const known = tarballs.get(key);
    if (known !== undefined) return known;
    const sizeBytes = specOf(name)?.tarballs.get(version);
    if (sizeBytes === undefined) return null;
    const bytes = buildTarball({ name, version, sizeBytes, pool });
    const made = {
      bytes,
      hashes: hashesOf(bytes),
      etag: `"${createHash("sha1").update(bytes).digest("hex")}"`,
    };
    tarballs.set(key, made);
    return made;
  }

  function document(name, form) {
    const key = `${form} ${name}`;
    const known = documents.get(key);
    if (known !== undefined) return known;
    const spec = specOf(name);
    if (spec === null) return null;
    const text = writeDocument(spec, {
      form,
      baseUrl,
      hashes: (of, version) => tarball(of, version)?.hashes ?? inventedHashes(of, version),
    });
    const gzip = gzipSync(text, { level: 6 });
    const etag = `"${createHash("sha1").update(gzip).digest("hex")}"`;
    const made = { gzip, etag, sizeBytes: Buffer.byteLength(text) };
    if (!FORGOTTEN.test(name)) documents.set(key, made);
    return made;
  }

  return {
    document,
    tarball,
    /** Adds recorded packages and makes everything of them now, so that no answer waits for the generator. */
    prepareAll(specs, forms) {
      for (const [name, spec] of specs) recorded.set(name, spec);
      for (const [name, spec] of specs) {
        forms.forEach((form) => document(name, form));
        for (const version of spec.tarballs.keys()) tarball(name, version);
      }
    },
    sizes: () => sizesOf(documents, tarballs),
  };
}

function sizesOf(documents, tarballs) {
  let tarballBytes = 0;
  for (const { bytes } of tarballs.values()) tarballBytes += bytes.length;
  let gzipBytes = 0;
  let plainBytes = 0;
  for (const made of documents.values()) {
    gzipBytes += made.gzip.length;
    plainBytes += made.sizeBytes;
  }
  return { documents: documents.size, plainBytes, gzipBytes, tarballs: tarballs.size, tarballBytes };
}
