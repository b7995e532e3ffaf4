import { expect, test } from "vitest";

import { startDeadline } from "./deadline.ts";

test("it ends by the time, by its owner, or not at all", async () => {
  const byTime = startDeadline(1);
  await expect.poll(() => byTime.over()).toMatchObject({ reason: { name: "TimeoutError" } });
  expect(byTime.isAborted()).toBe(false);

  const owner = new AbortController();
  const byOwner = startDeadline(60_000, owner.signal);
  expect(byOwner.over()).toBeNull();
  owner.abort("enough");
  expect(byOwner.over()).toEqual({ reason: "enough" });
  expect(byOwner.isAborted()).toBe(true);
  byOwner.end();

  const later = new AbortController();
  const ended = startDeadline(60_000, later.signal);
  ended.end();
  later.abort();
  expect(ended.over()).toBeNull();
  expect(startDeadline(60_000, owner.signal).over()).toEqual({ reason: "enough" });
});

test("it tells whoever watches last, once", () => {
  const owner = new AbortController();
  const deadline = startDeadline(60_000, owner.signal);
  const heard: unknown[] = [];
  deadline.watch(() => heard.push("first"));
  deadline.watch((reason) => heard.push(reason));
  owner.abort("enough");
  owner.abort("again");
  expect(heard).toEqual(["enough"]);
  deadline.end();
});
