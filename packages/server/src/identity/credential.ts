import { EntrepotError } from "@entrepot/core";
import { isTokenSecret, looksLikeToken } from "./token-secret.ts";
import { TYPED_KEY_CHARS_MIN } from "./typed-keys.ts";

/** What an `Authorization` header says. */
export type Credential =
  | {
      kind: "token";
      secret: string;
      /** True when it has not the form of our tokens: then somebody may have typed it in, as a key. */
      isTyped: boolean;
      /** Whose token it must be; null when anyone's will do. */ userName: string | null;
    }
  | { kind: "password"; userName: string; password: string };

const HEADER_CHARACTERS_MAX = 2048;

/** User name that means "the password is a token". */
const TOKEN_USER = "api";

/**
 * Reads `Bearer TOKEN`, `Basic base64(api:TOKEN)`, `Basic base64(user:TOKEN)` and `Basic
 * base64(user:password)`.
 * Throws credential-invalid for everything else; `details.code` tells what is wrong with the form.
 */
export function parseCredential(header: string): Credential {
  const match = /^(\S+) +(\S.*)$/.exec(header.trim());
  if (header.length > HEADER_CHARACTERS_MAX || match === null) {
    throw invalid(
      "auth-malformed",
      "The Authorization header must be Bearer and a token, or Basic and a pair.",
    );
  }
  const [, scheme = "", value = ""] = match;
  switch (scheme.toLowerCase()) {
    case "bearer":
      return { kind: "token", ...checkedToken(value), userName: null };
    case "basic":
      return parsePair(value);
    default:
      throw invalid("auth-scheme-unknown", "This server takes Bearer and Basic credentials only.");
  }
}

function parsePair(value: string): Credential {
  const pair = decodePair(value);
  const colon = pair?.indexOf(":") ?? -1;
  if (pair === null || colon < 1) {
    throw invalid(
      "auth-not-a-pair",
      "The Basic credential is not user:password in base64. " +
        'Set _auth to the base64 of "user:password" or "api:TOKEN", or set _authToken to the token.',
    );
  }
  const userName = pair.slice(0, colon);
  const password = pair.slice(colon + 1);
  const isTokenUser = userName.toLowerCase() === TOKEN_USER;
  if (isTokenUser || looksLikeToken(password)) {
    return { kind: "token", ...checkedToken(password), userName: isTokenUser ? null : userName };
  }
  return { kind: "password", userName, password };
}

function decodePair(value: string): string | null {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return null;
  const bytes = Buffer.from(value, "base64");
  const text = bytes.toString("utf8");
  // A credential with control characters, or that is not text, was not typed by anyone.
  const isText = Buffer.from(text, "utf8").equals(bytes) && !hasControlCharacter(text);
  return isText ? text : null;
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 32 || code === 127) return true;
  }
  return false;
}

function checkedToken(text: string): { secret: string; isTyped: boolean } {
  if (isTokenSecret(text)) return { secret: text, isTyped: false };
  if (looksLikeToken(text)) {
    throw invalid(
      "token-damaged",
      "The token is not complete or was changed; copy it again or log in with npm login.",
    );
  }
  if (text.length >= TYPED_KEY_CHARS_MIN) return { secret: text, isTyped: true };
  throw foreignToken();
}

/** The error for what is no token of this server. */
export function foreignToken(): EntrepotError {
  return invalid("token-foreign", "This is not a token of this server; log in with npm login.");
}

function invalid(code: string, message: string): EntrepotError {
  return new EntrepotError("credential-invalid", { message, details: { code } });
}
