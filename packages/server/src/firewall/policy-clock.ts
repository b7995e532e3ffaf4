/** A clock that is set back by less than this only stands still: what was released stays released. */
const STANDS_STILL_MS = 60 * 60 * 1000;

/**
 * Makes the clock by which versions are judged, in milliseconds since 1970. Machines' clocks are put right now
 * and then; that must not take back what was already shown. A clock that was hours ahead is believed again.
 */
export function createPolicyClock(now: () => number): () => number {
  let latest = Number.NEGATIVE_INFINITY;
  return () => {
    const current = now();
    if (current > latest || latest - current > STANDS_STILL_MS) latest = current;
    return latest;
  };
}
