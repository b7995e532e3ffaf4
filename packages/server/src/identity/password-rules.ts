import { randomInt } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import { foldUserName } from "./user-name.ts";

/** Longer ones are wrong without a look: hashing them would be work for nothing. */
export const PASSWORD_BYTES_MAX = 1024;
const PASSWORD_CHARACTERS_MIN = 8;

/** Letters and digits that nobody confuses. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/** Checks a new password. Throws request-invalid with what is allowed. */
export function assertNewPassword(password: string, userName: string): void {
  const problem = problemOf(password, userName);
  if (problem !== null) throw new EntrepotError("request-invalid", { message: problem });
}

function problemOf(password: string, userName: string): string | null {
  if ([...password].length < PASSWORD_CHARACTERS_MIN) {
    return `A password has at least ${PASSWORD_CHARACTERS_MIN} characters.`;
  }
  if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) {
    return `A password has at most ${PASSWORD_BYTES_MAX} bytes.`;
  }
  if (password.toLowerCase() === foldUserName(userName)) return "A password must differ from the user name.";
  return null;
}

/** Makes a password of about 99 bits that can be typed. */
export function makeOneTimePassword(): string {
  const letters = Array.from({ length: 20 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return letters.replace(/(.{5})(?=.)/g, "$1-");
}
