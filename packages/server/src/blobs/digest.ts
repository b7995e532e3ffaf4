const DIGEST = /^[0-9a-f]{128}$/;

/** Tells whether `text` can name a blob: 128 lower-case hexadecimal digits. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** Throws unless `digest` can name a blob; nothing else may become part of a path or key. */
export function assertDigest(digest: string): void {
  if (!isDigest(digest)) throw new TypeError(`not a blob digest: ${JSON.stringify(digest.slice(0, 140))}`);
}
