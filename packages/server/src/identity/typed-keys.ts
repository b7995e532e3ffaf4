import { EntrepotError } from "@entrepot/core";
import { LRUCache } from "lru-cache";
import type { FailedPasswords } from "./failed-passwords.ts";
import { looksLikeToken } from "./token-secret.ts";

/** Keys whose value somebody typed in. They are guessed more easily than ours, so that guessing is slowed down. */
export interface TypedKeys {
  /**
   * Runs the search for a value by its fingerprint, and counts it as a guess when it fails. Throws `too-many-requests`, and
   * what `find` throws.
   */
  guarded<T>(guess: Guess, find: (fingerprint: string) => Promise<T>): Promise<T>;
  /** Forgets which values were wrong: one of them may have become right. */
  forget(): void;
}

/** A value that somebody showed, and from where. */
export interface Guess {
  value: string;
  address: string;
}

/** Shortest value that may be typed in. */
export const TYPED_KEY_CHARS_MIN = 10;
const TYPED_KEY_CHARS_MAX = 255;
const REMEMBERED_MAX = 5000;
const REMEMBERED_MS = 3_600_000;
/** Under which name guesses at keys are counted; no user can have it. */
const COUNTED_AS = "a key";

/** Checks a value that somebody wants to have as a key. Throws request-invalid. */
export function assertTypedKey(value: string): void {
  if (
    !/^[\x21-\x7e]+$/.test(value) ||
    value.length < TYPED_KEY_CHARS_MIN ||
    value.length > TYPED_KEY_CHARS_MAX
  ) {
    throw refusal(
      `A key's value has ${TYPED_KEY_CHARS_MIN} to ${TYPED_KEY_CHARS_MAX} letters, digits and signs, and no spaces.`,
    );
  }
  if (looksLikeToken(value)) throw refusal("A key's value must not begin like a token that the server made.");
}

/** Makes the guard. */
export function createTypedKeys(deps: {
  fingerprint: (value: string) => string;
  failedPasswords: FailedPasswords;
}): TypedKeys {
  // By address and fingerprint. A client that goes on sending the key of another server is not guessing, and who had the
  // right one before is not kept waiting for the wrong ones of a neighbour.
  const refused = new LRUCache<string, EntrepotError>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS });
  const right = new LRUCache<string, true>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS });

  async function begin(attempt: { userName: string; address: string }): Promise<void> {
    try {
      await deps.failedPasswords.begin(attempt);
    } catch (error) {
      throw error instanceof EntrepotError ? tooManyKeys(error) : error;
    }
  }

  return {
    async guarded({ value, address }, find) {
      const fingerprint = deps.fingerprint(value);
      const place = `${address} ${fingerprint}`;
      const known = refused.get(place);
      if (known !== undefined) throw known;
      if (right.has(place)) return await find(fingerprint);
      const attempt = { userName: COUNTED_AS, address };
      await begin(attempt);
      try {
        const found = await find(fingerprint);
        // What was wrong before stays counted: a right key must not buy further guesses.
        await deps.failedPasswords.cancel(attempt);
        right.set(place, true);
        return found;
      } catch (error) {
        const isWrong = error instanceof EntrepotError && error.code === "credential-invalid";
        if (isWrong) refused.set(place, error);
        else await deps.failedPasswords.cancel(attempt);
        throw error;
      }
    },
    forget: () => refused.clear(),
  };
}

function tooManyKeys(error: EntrepotError): EntrepotError {
  if (error.code !== "too-many-requests") return error;
  const { retryAfterSeconds } = error.details;
  return new EntrepotError("too-many-requests", {
    message: `Too many wrong keys from this address; try again in ${String(retryAfterSeconds)} seconds.`,
    details: error.details,
    cause: error,
  });
}

function refusal(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
