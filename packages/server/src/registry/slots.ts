import { EntrepotError } from "@entrepot/core";

const AT_ONCE_MAX = 4;
const RETRY_AFTER_SECONDS = 10;

/** Keeps work that takes much time or memory from crowding everything else out. */
export interface Slots {
  /** Gives what has to be called once when the work is over. Throws `overloaded` while there is enough under way. */
  take(): () => void;
}

/** Makes the slots of one server for work of one kind; `what` names it in the plural. */
export function createSlots(what: string): Slots {
  let taken = 0;
  return {
    take() {
      if (taken >= AT_ONCE_MAX) {
        throw new EntrepotError("overloaded", {
          message: `This server does ${AT_ONCE_MAX} ${what} at once; try again in ${RETRY_AFTER_SECONDS} seconds.`,
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
