/** A clock that stands still until a test moves it. Milliseconds since 1970. */
export interface TestClock {
  now: () => number;
  advance(milliseconds: number): void;
  set(milliseconds: number): void;
}

/** Makes a clock that starts at `start`, by default a fixed day in 2026. */
export function createTestClock(start: number = Date.UTC(2026, 10, 20)): TestClock {
  let time = start;
  return {
    now: () => time,
    advance: (milliseconds) => void (time += milliseconds),
    set: (milliseconds) => void (time = milliseconds),
  };
}
