const FAILURES_MAX = 5;
const COOL_DOWN_MS = 1000;
const COOL_DOWN_MS_MAX = 10_000;
const PAUSE_MS_MAX = 300_000;

/**
 * Closed: requests go. Open: none goes until a time. Half-open: that time has come, and one request goes to see.
 */
export type BreakerState = "closed" | "open" | "half-open";

export interface Breaker {
  /** Asks to send a request. Null: go; otherwise how many milliseconds to stay away. */
  enter(): number | null;
  /** An answer came. */
  succeed(): void;
  /** No answer came, or one that says the upstream is broken; `retryAfterMs` is its own wish. */
  fail(retryAfterMs: number | null): void;
  /** The request ended without telling anything about the upstream. */
  release(): void;
  /** Nothing goes before this time; 0 when closed. Milliseconds since 1970. */
  openUntil(): number;
  state(): BreakerState;
}

/**
 * Keeps requests away from an upstream that fails: opens after five failures in a row, or at once when the upstream
 * itself asks for a pause, and doubles its wait with each probe that fails.
 */
export function createBreaker(now: () => number): Breaker {
  let failures = 0;
  let coolDownMs = COOL_DOWN_MS;
  let openUntil = 0;
  let isProbing = false;

  function open(milliseconds: number): void {
    openUntil = Math.max(openUntil, now() + milliseconds);
    isProbing = false;
  }

  return {
    enter() {
      if (openUntil === 0) return null;
      const left = openUntil - now();
      if (left > 0) return left;
      if (isProbing) return COOL_DOWN_MS;
      isProbing = true;
      return null;
    },
    succeed() {
      failures = 0;
      coolDownMs = COOL_DOWN_MS;
      openUntil = 0;
      isProbing = false;
    },
    fail(retryAfterMs) {
      failures += 1;
      if (retryAfterMs !== null) return open(Math.min(retryAfterMs, PAUSE_MS_MAX));
      // Requests that were under way when it opened tell nothing new.
      if (openUntil > now()) return;
      if (openUntil === 0 && failures < FAILURES_MAX) return;
      if (openUntil !== 0) coolDownMs = Math.min(coolDownMs * 2, COOL_DOWN_MS_MAX);
      open(coolDownMs);
    },
    release: () => void (isProbing = false),
    openUntil: () => openUntil,
    state() {
      if (openUntil === 0) return "closed";
      return openUntil > now() ? "open" : "half-open";
    },
  };
}
