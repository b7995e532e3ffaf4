/** Keeps a flood of alike events from filling the trail. */
export interface EventLimit {
  /**
   * Tells whether an event of `key` is within so many in a minute; then also how many were left out since the last
   * one that was, `omitted` among them. Null when it is beyond.
   */
  take(key: string, perMinute: number, omitted?: number): { omitted: number } | null;
}

const MINUTE_MS = 60_000;
const KEYS_MAX = 10_000;

interface Window {
  since: number;
  count: number;
  omitted: number;
}

/** Makes the limit; `now` is in milliseconds. */
export function createEventLimit(now: () => number): EventLimit {
  const windows = new Map<string, Window>();
  return {
    take(key, perMinute, before = 0) {
      const at = now();
      let window = windows.get(key);
      if (window === undefined || at - window.since >= MINUTE_MS) {
        // The latest goes last, so that the first is the oldest.
        windows.delete(key);
        window = { since: at, count: 0, omitted: window?.omitted ?? 0 };
        windows.set(key, window);
        if (windows.size > KEYS_MAX) dropOldest(windows);
      }
      window.omitted += before;
      if (window.count >= perMinute) {
        window.omitted += 1;
        return null;
      }
      window.count += 1;
      const { omitted } = window;
      window.omitted = 0;
      return { omitted };
    },
  };
}

function dropOldest(windows: Map<string, Window>): void {
  const oldest = windows.keys().next();
  if (oldest.done !== true) windows.delete(oldest.value);
}
