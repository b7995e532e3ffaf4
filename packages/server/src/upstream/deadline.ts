/** Ends work by a time or by its owner's wish, whichever comes first. */
export interface Deadline {
  signal: AbortSignal;
  /** True when the owner gave up, not the time. */
  isAborted(): boolean;
  /** The work is done: frees the timer and lets go of the owner's signal. */
  end(): void;
}

/** Starts a deadline; its signal aborts with a `TimeoutError` or with the owner's reason. */
export function startDeadline(milliseconds: number, owner?: AbortSignal): Deadline {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort(owner?.reason);
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`nothing came for ${milliseconds} ms`, "TimeoutError"));
  }, milliseconds);
  if (owner?.aborted === true) giveUp();
  owner?.addEventListener("abort", giveUp, { once: true });
  return {
    signal: controller.signal,
    isAborted: () => owner?.aborted === true,
    end() {
      clearTimeout(timer);
      owner?.removeEventListener("abort", giveUp);
    },
  };
}
