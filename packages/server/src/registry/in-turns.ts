import { setImmediate as nextTurn } from "node:timers/promises";

/** Well below what anybody notices who waits for another answer. */
const TURN_MS_MAX = 4;

/** Runs `work` on every item in order, and lets other requests have their turn every few milliseconds. */
export async function inTurns<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let startedAt = performance.now();
  for (const item of items) {
    work(item);
    if (performance.now() - startedAt < TURN_MS_MAX) continue;
    await nextTurn();
    startedAt = performance.now();
  }
}
