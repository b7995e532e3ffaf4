import { EntrepotError } from "@entrepot/core";
import ipaddr from "ipaddr.js";
import type { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/** Slows down guessing. An account is never locked for addresses that did not guess. */
export interface FailedPasswords {
  /**
   * Counts an attempt before its password is hashed. Throws too-many-requests with
   * `details.retryAfterSeconds`.
   */
  begin(attempt: Attempt): Promise<void>;
  /** The password was right: forgets this account's wrong ones from this address. */
  succeed(attempt: Attempt): Promise<void>;
  /** Takes the attempt back: nothing was compared. */
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
const ACCOUNT_FAILURES_MAX = 10;
const ACCOUNT_WINDOW_SECONDS = 300;

interface Limiters {
  address: RateLimiterMemory;
  account: RateLimiterMemory;
}

/** Makes the counters of this process; their library is loaded with the first password. */
export function createFailedPasswords(): FailedPasswords {
  let limiters: Promise<Limiters> | null = null;
  const open = (): Promise<Limiters> => (limiters ??= openLimiters());
  return {
    async begin(attempt) {
      const { address, account } = await open();
      const place = placeOf(attempt.address);
      await consume(address, place);
      await consume(account, `${place} ${attempt.userName}`);
    },
    async succeed(attempt) {
      const { address, account } = await open();
      const place = placeOf(attempt.address);
      await address.reward(place, 1);
      await account.delete(`${place} ${attempt.userName}`);
    },
    async cancel(attempt) {
      const { address, account } = await open();
      const place = placeOf(attempt.address);
      await address.reward(place, 1);
      await account.reward(`${place} ${attempt.userName}`, 1);
    },
  };
}

async function openLimiters(): Promise<Limiters> {
  const { RateLimiterMemory } = await import("rate-limiter-flexible");
  return {
    address: new RateLimiterMemory({ points: ADDRESS_FAILURES_MAX, duration: ADDRESS_WINDOW_SECONDS }),
    account: new RateLimiterMemory({ points: ACCOUNT_FAILURES_MAX, duration: ACCOUNT_WINDOW_SECONDS }),
  };
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    const waitMs = (refusal as RateLimiterRes).msBeforeNext;
    const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
    throw new EntrepotError("too-many-requests", {
      message: `Too many wrong passwords from this address; try again in ${retryAfterSeconds} seconds.`,
      details: { retryAfterSeconds },
    });
  }
}

/** One host of IPv6 owns at least a /64, so its addresses count as one. */
function placeOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === "ipv4"
    ? parsed.toString()
    : parsed.toNormalizedString().split(":").slice(0, 4).join(":");
}
