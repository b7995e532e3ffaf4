import type { NewAuditEvent } from "../changes/index.ts";

const EVENTS_MAX = 10_000;

/** Events that wait to be written: 10,000 at most, then the oldest go. */
export class EventQueue {
  readonly #onDropped: (count: number) => void;
  #events: NewAuditEvent[] = [];

  constructor(onDropped: (count: number) => void) {
    this.#onDropped = onDropped;
  }

  add(event: NewAuditEvent): void {
    this.#events.push(event);
    this.#keepBound();
  }

  /** Takes out the oldest, `count` at most. */
  take(count: number): NewAuditEvent[] {
    return this.#events.splice(0, count);
  }

  /** Puts back what was taken and not written. */
  giveBack(events: readonly NewAuditEvent[]): void {
    this.#events = [...events, ...this.#events];
    this.#keepBound();
  }

  #keepBound(): void {
    const excess = this.#events.length - EVENTS_MAX;
    if (excess > 0) this.#onDropped(this.#events.splice(0, excess).length);
  }
}
