import { createCipheriv, createHash } from "node:crypto";

/** Random numbers that a printed seed gives again. */
export interface SeededRandom {
  readonly seed: number;
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  bytes(size: number): Buffer;
}

/**
 * Makes the numbers of one test and prints the seed. `ENTREPOT_TEST_SEED` repeats a run.
 */
export function seededRandom(title: string): SeededRandom {
  const given = Number(process.env["ENTREPOT_TEST_SEED"] ?? "");
  const seed = Number.isInteger(given) && given > 0 ? given : 1 + Math.floor(Math.random() * 0x7ffffffe);
  process.stdout.write(`${title}: seed ${seed} (repeat with ENTREPOT_TEST_SEED=${seed})\n`);
  let state = seed >>> 0;
  // mulberry32: small, and good enough to choose moments and sizes.
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const key = createHash("sha256").update(String(seed)).digest();
  const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  return {
    seed,
    next,
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
    bytes: (size) => stream.update(Buffer.alloc(size)),
  };
}
