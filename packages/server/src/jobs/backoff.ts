const FIRST_MS = 10_000;
const GROWTH = 4;
const MS_MAX = 3_600_000;

/** How long to wait after the n-th failure: 10 s, 40 s, 160 s … at most an hour. */
export function backoffMs(failures: number): number {
  return Math.min(FIRST_MS * GROWTH ** (failures - 1), MS_MAX);
}
