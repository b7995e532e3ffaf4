import { expect, test } from "vitest";
import { TaskQueue } from "./task-queue.ts";

function takeAll(queue: TaskQueue<string>, mayBeLarge: boolean): string {
  let order = "";
  for (let item = queue.take(mayBeLarge); item !== undefined; item = queue.take(mayBeLarge)) order += item;
  return order;
}

test("small tasks come first, each size in its order", () => {
  const queue = new TaskQueue<string>();
  for (const item of ["A", "a", "B", "b"]) queue.add(item, item === item.toLowerCase() ? "small" : "large");
  expect(queue.length).toBe(4);
  expect(takeAll(queue, true)).toBe("abAB");
  expect(queue.length).toBe(0);
});

test("a large task is not overtaken for ever", () => {
  const queue = new TaskQueue<string>();
  queue.add("L", "large");
  for (let index = 0; index < 20; index += 1) queue.add("s", "small");
  expect(takeAll(queue, true)).toBe(`${"s".repeat(8)}L${"s".repeat(12)}`);
});

test("large tasks wait where they may not run", () => {
  const queue = new TaskQueue<string>();
  queue.add("L", "large");
  queue.add("s", "small");
  expect(takeAll(queue, false)).toBe("s");
  expect(queue.drain()).toEqual(["L"]);
});
