import { EntrepotError } from "@entrepot/core";

/** A pre-flight takes up to a few minutes of a core, and memory for all that a file pins. */
const AT_ONCE_MAX = 4;
const RETRY_AFTER_SECONDS = 10;

/** Keeps pre-flights from crowding everything else out. */
export interface PreflightSlots {
  /** Gives what has to be called once when the work is over. Throws `overloaded` while there is enough under way. */
  take(): () => void;
}

/** Makes the slots of one server. */
export function createPreflightSlots(): PreflightSlots {
  let taken = 0;
  return {
    take() {
      if (taken >= AT_ONCE_MAX) {
        throw new EntrepotError("overloaded", {
          message: `This server does ${AT_ONCE_MAX} pre-flights at once; try again in ${RETRY_AFTER_SECONDS} seconds.`,
          details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
        });
      }
      taken += 1;
      return () => {
        taken -= 1;
      };
    },
  };
}
