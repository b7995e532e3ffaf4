import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Bytes of randomness in a session's secret. */
export const SESSION_RANDOM_BYTES = 32;

const PASSWORD_PREFIX = "es_";
const PASSWORD_PATTERN = /^es_[A-Za-z0-9_-]{43}$/;

/** Makes the secret that a browser keeps in its cookie. */
export function makeSessionSecret(random: Uint8Array): string {
  return Buffer.from(random).toString("base64url");
}

/** What is kept of a session's secrets: SHA-256 in hexadecimal. Their randomness makes a slow hash needless. */
export function sessionHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/**
 * The password with which a client logs in as the session's user. It follows from the secret, so that the browser can be
 * shown it again although the server keeps neither.
 */
export function loginPasswordOf(secret: string): string {
  return PASSWORD_PREFIX + derived(secret, "login password");
}

/** Tells whether a text has the form of a session's login password. */
export function isLoginPassword(text: string): boolean {
  return PASSWORD_PATTERN.test(text);
}

/** The value that a request by cookie must repeat, which no other site can read. */
export function csrfTokenOf(secret: string): string {
  return derived(secret, "csrf");
}

/** Compares a secret with what somebody showed, without telling by its time how much of it was right. */
export function isSameSecret(right: string, shown: string): boolean {
  const [one, other] = [right, shown].map((text) => createHash("sha256").update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

function derived(secret: string, purpose: string): string {
  return createHmac("sha256", secret).update(purpose).digest("base64url");
}
