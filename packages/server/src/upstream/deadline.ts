import type { CancelSignal } from "./canceller.ts";

/** Ends work by a time or by its owner's wish, whichever comes first. Without an abort signal of its own, which is dear. */
export interface Deadline {
  /** Why it is over, null while it is not: a `TimeoutError`, or the owner's reason. */
  over(): { reason: unknown } | null;
  /** Says who is to give up when it is over, in the place of whoever was before. */
  watch(giveUp: (reason: unknown) => void): void;
  /** True when the owner gave up, not the time. */
  isAborted(): boolean;
  /** The work is done: frees the timer and lets go of the owner's signal. */
  end(): void;
}

/** Starts a deadline. */
export function startDeadline(milliseconds: number, owner?: CancelSignal): Deadline {
  let over: { reason: unknown } | null = null;
  let giveUp: (reason: unknown) => void = () => undefined;
  const finish = (reason: unknown): void => {
    if (over !== null) return;
    over = { reason };
    giveUp(reason);
  };
  const finishByOwner = (): void => finish(owner?.reason);
  const timer = setTimeout(() => {
    finish(new DOMException(`nothing came for ${milliseconds} ms`, "TimeoutError"));
  }, milliseconds);
  if (owner?.aborted === true) finishByOwner();
  owner?.addEventListener("abort", finishByOwner, { once: true });
  return {
    over: () => over,
    watch: (next) => void (giveUp = next),
    isAborted: () => owner?.aborted === true,
    end() {
      clearTimeout(timer);
      owner?.removeEventListener("abort", finishByOwner);
    },
  };
}
