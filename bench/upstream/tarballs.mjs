import { crc32, deflateRawSync } from "node:zlib";

import { seedOf } from "./seeded-bytes.mjs";

const BLOCK = 512;
const STORED_MAX = 65_535;
const GZIP_FRAME_BYTES = 18;
const COMMENT_FLAG = 0x10;

/**
 * Builds a valid `.tgz` of exactly `sizeBytes` (or the smallest possible, about 400 bytes, if that is more):
 * the package.json, and a payload that does not compress. The gap to the wanted size is filled by a comment
 * in the gzip header.
 *
 * @param {{ name: string, version: string, sizeBytes: number, pool: { take(seed: number, size: number):
 * Buffer } }} input
 * @returns {Buffer}
 */
export function buildTarball({ name, version, sizeBytes, pool }) {
  const manifest = Buffer.from(JSON.stringify(tarballManifest(name, version)));
  const head = [...tarEntry("package/package.json", manifest)];
  const headBytes = head.reduce((sum, part) => sum + part.length, 0);
  const payloadBytes = payloadFor(sizeBytes, headBytes);
  if (payloadBytes <= 0) {
    const tar = Buffer.concat([...head, Buffer.alloc(2 * BLOCK)]);
    return gzip(tar, deflateRawSync(tar, { level: 9 }), sizeBytes);
  }
  const payload = pool.take(seedOf(`${name}@${version}`), payloadBytes);
  const tar = Buffer.concat([...head, ...tarEntry("package/payload.bin", payload), Buffer.alloc(2 * BLOCK)]);
  return gzip(tar, storedBlocks(tar), sizeBytes);
}

/** The package.json inside the tarball; the document's entry must not contradict it. */
export function tarballManifest(name, version) {
  return { name, version, description: `Generated package ${name}`, main: "index.js", license: "MIT" };
}

/**
 * How large the payload may be (whole blocks) so that the stored tarball is smaller than wanted, with room
 * for the comment.
 */
function payloadFor(sizeBytes, headBytes) {
  const forTar = (size) => headBytes + BLOCK + size + 2 * BLOCK;
  const forGzip = (tar) => GZIP_FRAME_BYTES + tar + 5 * Math.ceil(tar / STORED_MAX);
  let payload = Math.floor((sizeBytes - forTar(0)) / BLOCK) * BLOCK;
  while (payload > 0 && forGzip(forTar(payload)) >= sizeBytes) payload -= BLOCK;
  return payload;
}

/** Deflate without compression: what a packed binary costs to send, and nothing to make. */
function storedBlocks(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += STORED_MAX) {
    const part = bytes.subarray(at, at + STORED_MAX);
    const header = Buffer.alloc(5);
    header[0] = at + STORED_MAX >= bytes.length ? 1 : 0;
    header.writeUInt16LE(part.length, 1);
    header.writeUInt16LE(~part.length & 0xffff, 3);
    parts.push(header, part);
  }
  return Buffer.concat(parts);
}

function gzip(plain, deflated, sizeBytes) {
  const gap = sizeBytes - deflated.length - GZIP_FRAME_BYTES;
  const comment = gap > 0 ? Buffer.alloc(gap, 0x2d) : Buffer.alloc(0);
  if (gap > 0) comment[gap - 1] = 0;
  const header = Buffer.from([0x1f, 0x8b, 8, gap > 0 ? COMMENT_FLAG : 0, 0, 0, 0, 0, 0, 0xff]);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(plain), 0);
  trailer.writeUInt32LE(plain.length, 4);
  return Buffer.concat([header, comment, deflated, trailer]);
}

function tarEntry(path, content) {
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0, 100, "latin1");
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("03560116000\0", 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\0", 257);
  header.write("00", 263);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
}
