import type { Change, ChangeLog } from "./index.ts";

/** A value computed from the database and computed anew after a change that concerns it. */
export interface CurrentValue<T> {
  /** The value as of now: at once when nothing changed, after loading it anew otherwise. */
  get(): T | Promise<T>;
  /** The value if it is current, without waiting; null otherwise. */
  peek(): T | null;
}

/** Loads the value and keeps it as current as the change log. */
export async function createCurrentValue<T extends object>(
  changes: Pick<ChangeLog, "subscribe">,
  options: { load: () => Promise<T>; concerns: (change: Change) => boolean },
): Promise<CurrentValue<T>> {
  let wanted = 0;
  let loaded = 0;
  let running: Promise<T> | null = null;
  changes.subscribe((batch) => {
    if (batch.some((change) => options.concerns(change))) wanted += 1;
  });
  let value = await options.load();

  // A change that comes while loading may not be in what is loaded, so the loop runs until none came.
  async function reload(): Promise<T> {
    try {
      while (loaded !== wanted) {
        const target = wanted;
        value = await options.load();
        loaded = target;
      }
      return value;
    } finally {
      running = null;
    }
  }

  return {
    get() {
      if (loaded === wanted) return value;
      running ??= reload();
      return running;
    },
    peek() {
      return loaded === wanted ? value : null;
    },
  };
}
