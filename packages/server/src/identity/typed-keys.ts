import { EntrepotError } from "@entrepot/core";
import { LRUCache } from "lru-cache";
import type { FailedPasswords } from "./failed-passwords.ts";

/** Keys whose value somebody typed in. They are guessed more easily than ours, so that guessing is slowed down. */
export interface TypedKeys {
  /** What is kept of a value; see `SecretBox.fingerprint`. */
  fingerprint(value: string): string;
  /**
   * Runs the search for a value by its fingerprint, and counts it as a guess when it fails. Throws `too-many-requests`, and
   * what `find` throws.
   */
  guarded<T>(
    guess: { value: string; address: string },
    find: (fingerprint: string) => Promise<T>,
  ): Promise<T>;
}

/** Shortest value that may be typed in. */
export const TYPED_KEY_CHARS_MIN = 10;
const REMEMBERED_MAX = 1000;
const REMEMBERED_MS = 30_000;
/** Under which name guesses at keys are counted; no user can have it. */
const COUNTED_AS = "a key";

/** Makes the guard. */
export function createTypedKeys(deps: {
  fingerprint: (value: string) => string;
  failedPasswords: FailedPasswords;
}): TypedKeys {
  // A client that goes on sending the key of another server is not guessing.
  const refused = new LRUCache<string, EntrepotError>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS });
  return {
    fingerprint: deps.fingerprint,
    async guarded({ value, address }, find) {
      const fingerprint = deps.fingerprint(value);
      const known = refused.get(`${address} ${fingerprint}`);
      if (known !== undefined) throw known;
      const attempt = { userName: COUNTED_AS, address };
      await deps.failedPasswords.begin(attempt);
      try {
        const found = await find(fingerprint);
        await deps.failedPasswords.succeed(attempt);
        return found;
      } catch (error) {
        const isWrong = error instanceof EntrepotError && error.code === "credential-invalid";
        if (isWrong) refused.set(`${address} ${fingerprint}`, error);
        else await deps.failedPasswords.cancel(attempt);
        throw error;
      }
    },
  };
}
