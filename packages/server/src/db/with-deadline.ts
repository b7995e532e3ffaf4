import { storageUnavailable } from "./storage-errors.ts";

/** Longest that a transaction may stay open. */
export const WORK_MS_MAX = 10_000;

/** Rejects with `storage-unavailable` when `work` has not settled after `msMax`. */
export async function withDeadline<T>(work: Promise<T>, msMax: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(storageUnavailable(`A transaction was open for more than ${msMax} ms and was rolled back.`));
    }, msMax);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
