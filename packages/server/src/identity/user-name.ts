import { EntrepotError } from "@entrepot/core";

/**
 * Names that mean something else: fixed users of credential forms, and words for actors in the change log.
 */
const RESERVED: ReadonlySet<string> = new Set([
  "api",
  "anonymous",
  "session",
  "bytesafe",
  "system",
  "configuration",
  "upstream",
  "everyone",
  "nobody",
  "undefined",
  "null",
]);

const PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Folds a name for comparing; two names that fold to the same text are one. */
export function foldUserName(name: string): string {
  return name.toLowerCase();
}

/** Tells whether a user could have this name; others are never looked up. */
export function isUserName(name: string): boolean {
  return PATTERN.test(name);
}

/** Checks the name of a new user; `sessionLogin` is reserved too. Throws request-invalid with what is allowed. */
export function assertNewUserName(name: string, sessionLogin: string): void {
  if (!isUserName(name)) {
    throw new EntrepotError("request-invalid", {
      message:
        "A user name has 1 to 64 letters, digits, dots, hyphens and underscores, and starts with a letter or digit.",
    });
  }
  const folded = foldUserName(name);
  if (folded === sessionLogin || RESERVED.has(folded)) {
    throw new EntrepotError("request-invalid", {
      message: `The user name "${name}" is reserved; take another.`,
    });
  }
}
