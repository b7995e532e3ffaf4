import { expect, test } from "vitest";

import { type Breaker, createBreaker } from "./breaker.ts";

function makeBreaker(): { breaker: Breaker; advance: (milliseconds: number) => void } {
  let time = 1_000_000;
  return { breaker: createBreaker(() => time), advance: (milliseconds) => void (time += milliseconds) };
}

function failTimes(breaker: Breaker, times: number): void {
  for (let count = 0; count < times; count += 1) {
    breaker.enter();
    breaker.fail(null);
  }
}

test("a few failures with successes between them leave it closed", () => {
  const { breaker } = makeBreaker();
  for (let round = 0; round < 10; round += 1) {
    failTimes(breaker, 4);
    breaker.succeed();
  }
  expect(breaker.state()).toBe("closed");
  expect(breaker.enter()).toBeNull();
});

test("five failures in a row open it, and it says for how long", () => {
  const { breaker, advance } = makeBreaker();
  failTimes(breaker, 5);
  expect(breaker.state()).toBe("open");
  expect(breaker.enter()).toBe(1000);
  advance(600);
  expect(breaker.enter()).toBe(400);
});

test("after the wait one request goes to see, and the others stay away", () => {
  const { breaker, advance } = makeBreaker();
  failTimes(breaker, 5);
  advance(1000);
  expect(breaker.state()).toBe("half-open");
  expect(breaker.enter()).toBeNull();
  expect(breaker.enter()).not.toBeNull();
  breaker.succeed();
  expect(breaker.state()).toBe("closed");
  expect(breaker.enter()).toBeNull();
});

test("each failed probe doubles the wait, up to ten seconds", () => {
  const { breaker, advance } = makeBreaker();
  failTimes(breaker, 5);
  const waits: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const wait = breaker.enter() ?? 0;
    waits.push(wait);
    advance(wait);
    failTimes(breaker, 1);
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
});

test("a probe that tells nothing lets the next one go", () => {
  const { breaker, advance } = makeBreaker();
  failTimes(breaker, 5);
  advance(1000);
  expect(breaker.enter()).toBeNull();
  breaker.release();
  expect(breaker.enter()).toBeNull();
});

test("requests that were under way when it opened do not prolong it", () => {
  const { breaker } = makeBreaker();
  failTimes(breaker, 40);
  expect(breaker.enter()).toBe(1000);
});

test("an upstream that asks for a pause gets it at once, but not for ever", () => {
  const { breaker, advance } = makeBreaker();
  breaker.enter();
  breaker.fail(20_000);
  expect(breaker.enter()).toBe(20_000);
  advance(20_000);
  expect(breaker.enter()).toBeNull();
  breaker.fail(3_600_000);
  expect(breaker.enter()).toBe(300_000);
});

test("a failed probe after a pause opens it again", () => {
  const { breaker, advance } = makeBreaker();
  breaker.fail(5000);
  advance(5000);
  expect(breaker.enter()).toBeNull();
  breaker.fail(null);
  expect(breaker.state()).toBe("open");
});

test("an answer that comes while it is open closes it", () => {
  const { breaker } = makeBreaker();
  failTimes(breaker, 5);
  breaker.succeed();
  expect(breaker.enter()).toBeNull();
});
