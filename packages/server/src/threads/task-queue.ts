/** Whether a task is long enough to make others wait noticeably. */
export type TaskSize = "small" | "large";

/** How many small tasks may overtake a large one that waits. */
const SMALL_IN_A_ROW_MAX = 8;

/** Waiting tasks. Small ones come first, but not for ever; within a size the order is that of arrival. */
export class TaskQueue<T> {
  readonly #waiting: Record<TaskSize, T[]> = { small: [], large: [] };
  #smallInARow = 0;

  get length(): number {
    return this.#waiting.small.length + this.#waiting.large.length;
  }

  add(item: T, size: TaskSize): void {
    this.#waiting[size].push(item);
  }

  /** Takes the next task out; large ones only if `mayBeLarge`. */
  take(mayBeLarge: boolean): T | undefined {
    const { small, large } = this.#waiting;
    const isLargeDue = mayBeLarge && large.length > 0 && this.#smallInARow >= SMALL_IN_A_ROW_MAX;
    if (small.length > 0 && !isLargeDue) {
      this.#smallInARow += 1;
      return small.shift();
    }
    if (!mayBeLarge) return undefined;
    this.#smallInARow = 0;
    return large.shift();
  }

  /** Takes everything out. */
  drain(): T[] {
    return [...this.#waiting.small.splice(0), ...this.#waiting.large.splice(0)];
  }
}
