import type { Change } from "./change.ts";

export type ChangeListener = (changes: readonly Change[]) => void;

/** Hands changes to listeners in order, each to all before the next; one that throws does not stop the others. */
export class ChangeFeed {
  readonly #listeners = new Set<ChangeListener>();
  readonly #onError: (error: unknown) => void;
  #seq: number;

  constructor(seq: number, onError: (error: unknown) => void) {
    this.#seq = seq;
    this.#onError = onError;
  }

  /** The newest change that every listener has been given. */
  get seq(): number {
    return this.#seq;
  }

  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  deliver(changes: readonly Change[]): void {
    const last = changes.at(-1);
    if (last === undefined) return;
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#seq = last.seq;
  }
}
