/** Tells whether work is still wanted. An abort signal is one; those made here are cheaper and do no more. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The other end of a signal, for whoever decides. */
export interface Canceller {
  readonly signal: CancelSignal;
  /** Says that the work is not wanted any more; the first reason counts. */
  abort(reason: unknown): void;
}

/** Makes a canceller. Each listener is called once. */
export function createCanceller(): Canceller {
  const listeners = new Set<() => void>();
  const signal = {
    aborted: false,
    reason: undefined as unknown,
    addEventListener: (_type: "abort", listener: () => void) => void listeners.add(listener),
    removeEventListener: (_type: "abort", listener: () => void) => void listeners.delete(listener),
  };
  return {
    signal,
    abort(reason) {
      if (signal.aborted) return;
      signal.aborted = true;
      signal.reason = reason;
      for (const listener of listeners) listener();
      listeners.clear();
    },
  };
}
