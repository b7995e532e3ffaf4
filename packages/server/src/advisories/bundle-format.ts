import { createPublicKey, sign, verify } from "node:crypto";
import * as z from "zod";
import { EntrepotError } from "@entrepot/core";
import { fingerprintOf, type SigningKey } from "./signing-key.ts";

/*
 * A bundle is one file: a line with what it is, a line of JSON that names every snapshot with its size and hash and the
 * key, a line with the signature of both, and then the snapshots as they are in the blob store, one after the other.
 */

const FIRST_LINE = "entrepot-advisories-bundle-1";
const HEADER_CHARS_MAX = 64 * 1024;
const FEEDS_MAX = 100;
const SNAPSHOT_BYTES_MAX = 1024 ** 3;
const BUNDLE_BYTES_MAX = 2 * SNAPSHOT_BYTES_MAX;

const time = z.int().nonnegative().nullable();

/** What a bundle says of itself. Times are milliseconds since 1970. */
export interface BundleHeader {
  createdAt: number;
  /** Number of the epoch there. */
  epoch: number;
  /** Base64 of the key in SPKI form. */
  publicKey: string;
  feeds: {
    name: string;
    kind: "osv" | "kev" | "epss";
    records: number;
    newestAt: number | null;
    checkedAt: number | null;
    digest: string;
    sizeBytes: number;
  }[];
}

const headerSchema: z.ZodType<BundleHeader> = z.strictObject({
  createdAt: z.int().nonnegative(),
  epoch: z.int().nonnegative(),
  publicKey: z.base64().max(200),
  feeds: z
    .array(
      z.strictObject({
        name: z.string().regex(/^(?!own$)[a-z0-9][a-z0-9._-]{0,49}$/),
        kind: z.enum(["osv", "kev", "epss"]),
        records: z.int().nonnegative(),
        newestAt: time,
        checkedAt: time,
        digest: z.string().regex(/^[0-9a-f]{128}$/),
        sizeBytes: z.int().positive().max(SNAPSHOT_BYTES_MAX),
      }),
    )
    .min(1)
    .max(FEEDS_MAX),
});

/** A bundle whose signature fits its key. Whether that key is trusted is another question. */
export interface SignedHeader extends BundleHeader {
  fingerprint: string;
}

/** The lines before the snapshots. */
export function encodeHeader(header: Omit<BundleHeader, "publicKey">, key: SigningKey): string {
  const signed = `${FIRST_LINE}\n${JSON.stringify({ ...header, publicKey: key.publicKey })}\n`;
  return `${signed}${sign(null, Buffer.from(signed), key.privateKey).toString("base64")}\n`;
}

/** Reads the lines before the snapshots. Throws `request-invalid` for what is no bundle or is not signed by its key. */
export async function readHeader(chunks: BundleReader): Promise<SignedHeader> {
  const first = await chunks.line(FIRST_LINE.length);
  if (first !== FIRST_LINE) throw refused("it is no bundle of advisories");
  const json = await chunks.line(HEADER_CHARS_MAX);
  const signature = await chunks.line(200);
  const header = parseHeader(json);
  if (!isSigned(header.publicKey, `${FIRST_LINE}\n${json}\n`, signature)) {
    throw refused("its signature does not fit; it was changed, or is not whole");
  }
  const names = new Set(header.feeds.map(({ name }) => name));
  if (names.size !== header.feeds.length) throw refused("it names a feed twice");
  const sizeBytes = header.feeds.reduce((sum, feed) => sum + feed.sizeBytes, 0);
  if (sizeBytes > BUNDLE_BYTES_MAX) throw refused(`it is larger than ${BUNDLE_BYTES_MAX} bytes`);
  return { ...header, fingerprint: fingerprintOf(header.publicKey) };
}

function parseHeader(json: string): BundleHeader {
  try {
    return headerSchema.parse(JSON.parse(json));
  } catch (cause) {
    throw refused("its header is malformed", cause);
  }
}

function isSigned(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), type: "spki", format: "der" });
    if (key.asymmetricKeyType !== "ed25519") return false;
    return verify(null, Buffer.from(text), key, Buffer.from(signature, "base64"));
  } catch {
    // No key at all.
    return false;
  }
}

export function refused(why: string, cause?: unknown): EntrepotError {
  return new EntrepotError("request-invalid", {
    message: `This bundle is refused: ${why}.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

const NEWLINE = 0x0a;

/** Takes a stream apart: lines, then stretches of bytes, then its end. Throws `request-invalid` when it ends too early. */
export class BundleReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async line(charactersMax: number): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE);
      if (end > charactersMax || (end === -1 && this.#rest.length > charactersMax)) {
        throw refused("it is no bundle of advisories, or a line of it is too long");
      }
      if (end !== -1) {
        const text = this.#rest.toString("utf8", 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return text;
      }
      const more = await this.#next();
      if (more === null) throw refused("it ends too early");
      this.#rest = Buffer.concat([this.#rest, more]);
    }
  }

  /** Hands so many bytes over. */
  async bytes(count: number, use: (chunk: Buffer) => Promise<void> | void): Promise<void> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) {
        const more = await this.#next();
        if (more === null) throw refused("it ends too early");
        this.#rest = more;
      }
      const some = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(some.length);
      left -= some.length;
      await use(some);
    }
  }

  /** Throws unless nothing is left. */
  async end(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#next()) !== null) throw refused("something follows its end");
  }

  async #next(): Promise<Buffer | null> {
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done === true) return null;
      if (value.length > 0) return Buffer.from(value.buffer, value.byteOffset, value.length);
    }
  }
}
