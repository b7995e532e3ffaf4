import { availableParallelism } from "node:os";
import { EntrepotError } from "@entrepot/core";

/** Hashes passwords with Argon2id, off the main thread and not too many at once. */
export interface PasswordHasher {
  /** Makes a PHC string. Throws too-many-requests when too many wait. */
  hash(password: string): Promise<string>;
  /** Compares with a PHC string. Throws too-many-requests when too many wait. */
  verify(phc: string, password: string): Promise<boolean>;
  /** Takes as long as `verify` for a user that does not exist, so that time does not tell. */
  pretend(password: string): Promise<void>;
  /**
   * Tells whether a PHC string has today's parameters; if not, hash the password anew when it is next shown.
   */
  isCurrent(phc: string): boolean;
  /** Tells whether the next call would be refused. */
  isFull(): boolean;
  /** How many calls wait. */
  readonly waiting: number;
}

/** Cost of a hash; memory in KiB. */
export interface HashCost {
  memoryCost: number;
  timeCost: number;
  parallelism: number;
}

const COST: HashCost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Half of the processors at most, so that guessing never takes them all, and half of the four threads of libuv's pool. */
const RUNNING_MAX = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)));
const WAITING_MAX = 50;

interface Queue {
  running: number;
  waiting: (() => void)[];
}

/** Makes the hasher; the library is loaded when the first password comes. */
export function createPasswordHasher(cost: HashCost = COST): PasswordHasher {
  const queue: Queue = { running: 0, waiting: [] };
  const prefix = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`;
  // Any salt and hash of the usual lengths: no password is known to match.
  const dummy = `${prefix}${"c2FsdHNhbHRzYWx0c2FsdA"}$${"A".repeat(43)}`;
  const verify = (phc: string, password: string): Promise<boolean> =>
    inTurn(queue, async () => (await import("@node-rs/argon2")).verify(phc, password));
  return {
    hash: (password) =>
      inTurn(queue, async () => (await import("@node-rs/argon2")).hash(password, { ...cost })),
    verify,
    async pretend(password) {
      await verify(dummy, password);
    },
    isCurrent: (phc) => phc.startsWith(prefix),
    isFull: () => queue.waiting.length >= WAITING_MAX,
    get waiting() {
      return queue.waiting.length;
    },
  };
}

/** The error when more passwords wait than are worth waiting for. */
export function tooManyAtOnce(): EntrepotError {
  return new EntrepotError("too-many-requests", {
    message: "Too many passwords wait to be checked; try again in a second.",
    details: { retryAfterSeconds: 1 },
  });
}

async function inTurn<T>(queue: Queue, work: () => Promise<T>): Promise<T> {
  if (queue.waiting.length >= WAITING_MAX) {
    throw tooManyAtOnce();
  }
  if (queue.running >= RUNNING_MAX) await new Promise<void>((resolve) => queue.waiting.push(resolve));
  else queue.running += 1;
  try {
    return await work();
  } finally {
    const next = queue.waiting.shift();
    if (next === undefined) queue.running -= 1;
    else next();
  }
}
