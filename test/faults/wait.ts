import { setTimeout as delay } from "node:timers/promises";

const PAUSE_MS = 10;

/** Waits until `holds` gives something other than false, null or undefined, and gives that. */
export async function until<T>(
  what: string,
  holds: () => Promise<T> | T,
  milliseconds = 20_000,
): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + milliseconds;
  for (;;) {
    const value = await holds();
    if (value !== false && value !== null && value !== undefined) return value;
    if (performance.now() > giveUpAt) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await delay(PAUSE_MS);
  }
}
