import { expect, test } from "vitest";

import { startDeadline } from "./deadline.ts";

test("it ends by the time, by its owner, or not at all", async () => {
  const byTime = startDeadline(1);
  await expect.poll(() => byTime.signal.aborted).toBe(true);
  expect(byTime.isAborted()).toBe(false);
  expect(byTime.signal.reason).toMatchObject({ name: "TimeoutError" });

  const owner = new AbortController();
  const byOwner = startDeadline(60_000, owner.signal);
  owner.abort("enough");
  expect(byOwner.signal.reason).toBe("enough");
  expect(byOwner.isAborted()).toBe(true);
  byOwner.end();

  const later = new AbortController();
  const ended = startDeadline(60_000, later.signal);
  ended.end();
  later.abort();
  expect(ended.signal.aborted).toBe(false);
  expect(startDeadline(60_000, owner.signal).signal.aborted).toBe(true);
});
