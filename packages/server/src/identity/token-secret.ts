import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

const PREFIX = "ent_";
const BODY_LENGTH = 43;
const CHECK_LENGTH = 6;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PATTERN = new RegExp(`^${PREFIX}[0-9A-Za-z]{${BODY_LENGTH + CHECK_LENGTH}}$`);

/** Bytes of randomness in a token. */
export const TOKEN_RANDOM_BYTES = 32;

/**
 * Makes a token: `ent_`, 32 random bytes in 43 characters, and 6 characters of checksum, so that a cut or
 * mistyped one
 * is told from a wrong one without a look into the database, and scanners for leaked secrets can recognise
 * it.
 */
export function makeTokenSecret(random: Uint8Array): string {
  const body = PREFIX + base62(BigInt(`0x${Buffer.from(random).toString("hex")}`), BODY_LENGTH);
  return body + checksum(body);
}

/** Tells whether a text has the form of our tokens, checksum included. */
export function isTokenSecret(text: string): boolean {
  if (text.length !== PREFIX.length + BODY_LENGTH + CHECK_LENGTH || !PATTERN.test(text)) return false;
  return text.slice(-CHECK_LENGTH) === checksum(text.slice(0, -CHECK_LENGTH));
}

/** Tells whether a text was at least meant to be one of our tokens. */
export function looksLikeToken(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** What is kept of a token: SHA-256 in hexadecimal. Its randomness makes a slow hash needless. */
export function tokenHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** The last characters, for people to tell their tokens apart. */
export function tokenHint(secret: string): string {
  return secret.slice(-4);
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), CHECK_LENGTH);
}

function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) {
    text = (ALPHABET[Number(rest % 62n)] ?? "") + text;
  }
  return text;
}
