import { EntrepotError } from "@entrepot/core";
import type { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { networkPlace } from "../telemetry/index.ts";

/**
 * Slows down guessing: after a few wrong passwords for an account each further one makes its address wait, twice as long
 * each time. An account is never locked for addresses that did not guess.
 */
export interface FailedPasswords {
  /**
   * Counts an attempt before its password is hashed. Throws too-many-requests with
   * `details.retryAfterSeconds`.
   */
  begin(attempt: Attempt): Promise<void>;
  /** The password was right: forgets this account's wrong ones from this address. */
  succeed(attempt: Attempt): Promise<void>;
  /** Takes back an attempt that was begun: nothing was compared. What others have earned stays. */
  cancel(attempt: Attempt): Promise<void>;
}

/** Who tries from where. */
export interface Attempt {
  /** Folded. */
  userName: string;
  address: string;
}

const ADDRESS_FAILURES_MAX = 60;
const ADDRESS_WINDOW_SECONDS = 60;
/** Wrong passwords that cost no waiting; people mistype. */
const ACCOUNT_FAILURES_FREE = 5;
/** How long wrong passwords are remembered. */
const ACCOUNT_WINDOW_SECONDS = 3600;
const DELAY_SECONDS_MAX = 900;

interface Limiters {
  address: RateLimiterMemory;
  /** Counts wrong passwords of an account from a place. */
  failures: RateLimiterMemory;
  /** Holds those that have to wait. */
  delays: RateLimiterMemory;
}

/** Makes the counters of this process; their library is loaded with the first password. */
export function createFailedPasswords(): FailedPasswords {
  let limiters: Promise<Limiters> | null = null;
  const open = (): Promise<Limiters> => (limiters ??= openLimiters());
  return {
    async begin(attempt) {
      const { address, failures, delays } = await open();
      const place = networkPlace(attempt.address);
      const account = `${place} ${attempt.userName}`;
      const delay = await delays.get(account);
      if (delay !== null) throw tooMany(delay.msBeforeNext);
      await consume(address, place);
      const { consumedPoints } = await failures.penalty(account, 1);
      const beyond = consumedPoints - ACCOUNT_FAILURES_FREE;
      // Whoever comes next has to wait, twice as long each time, unless this one turns out to be right.
      if (beyond >= 0) await delays.block(account, Math.min(2 ** (beyond + 1), DELAY_SECONDS_MAX));
    },
    async succeed(attempt) {
      const { address, failures, delays } = await open();
      const place = networkPlace(attempt.address);
      const account = `${place} ${attempt.userName}`;
      await address.reward(place, 1);
      await failures.delete(account);
      await delays.delete(account);
    },
    async cancel(attempt) {
      const { address, failures, delays } = await open();
      const place = networkPlace(attempt.address);
      const account = `${place} ${attempt.userName}`;
      await address.reward(place, 1);
      const { consumedPoints } = await failures.reward(account, 1);
      // The wait that other attempts have earned stays.
      if (consumedPoints < ACCOUNT_FAILURES_FREE) await delays.delete(account);
    },
  };
}

async function openLimiters(): Promise<Limiters> {
  const { RateLimiterMemory } = await import("rate-limiter-flexible");
  return {
    address: new RateLimiterMemory({ points: ADDRESS_FAILURES_MAX, duration: ADDRESS_WINDOW_SECONDS }),
    failures: new RateLimiterMemory({ points: ACCOUNT_FAILURES_FREE, duration: ACCOUNT_WINDOW_SECONDS }),
    delays: new RateLimiterMemory({ points: 0, duration: DELAY_SECONDS_MAX }),
  };
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    throw tooMany((refusal as RateLimiterRes).msBeforeNext);
  }
}

function tooMany(waitMs: number): EntrepotError {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new EntrepotError("too-many-requests", {
    message:
      `Too many wrong passwords from this address; try again in ${retryAfterSeconds} seconds. ` +
      "Whoever logs in from elsewhere is not kept waiting.",
    details: { retryAfterSeconds },
  });
}
