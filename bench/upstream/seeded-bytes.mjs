import { createCipheriv, createHash } from "node:crypto";

const POOL_BYTES = 4 * 1024 * 1024;

/** A 32-bit number that depends on `text` alone (FNV-1a). */
export function seedOf(text) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** A generator of numbers in [0, 1) that always gives the same ones for the same seed (mulberry32). */
export function seededRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Makes a source of bytes that do not compress and are the same in every run: `take(seed, sizeBytes)`. All
 * come out of one pool, so that a hundred megabytes cost a copy each and no cipher.
 */
export function createBytePool() {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 7), Buffer.alloc(16));
  const pool = cipher.update(Buffer.alloc(POOL_BYTES));
  return {
    take(seed, sizeBytes) {
      const bytes = Buffer.allocUnsafe(sizeBytes);
      let from = seed % POOL_BYTES;
      for (let at = 0; at < sizeBytes;) {
        const copied = pool.copy(bytes, at, from, Math.min(POOL_BYTES, from + sizeBytes - at));
        at += copied;
        from = (from + copied) % POOL_BYTES;
      }
      return bytes;
    },
  };
}

/** Both hashes that a packument states of a tarball, here of any bytes. */
export function hashesOf(bytes) {
  return {
    integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
    shasum: createHash("sha1").update(bytes).digest("hex"),
  };
}
