import { expect, test } from "vitest";

import { createSingleFlight } from "./single-flight.ts";

test("who asks while it is under way gets the same result, and later ones a new one", async () => {
  const flights = createSingleFlight<number>();
  let runs = 0;
  const work = async (): Promise<number> => {
    runs += 1;
    await Promise.resolve();
    return runs;
  };
  expect(await Promise.all([flights.run("a", work), flights.run("a", work), flights.run("b", work)])).toEqual(
    [2, 2, 2],
  );
  expect(runs).toBe(2);
  expect(await flights.run("a", work)).toBe(3);
});

test("a failure reaches everyone who waits and no one after", async () => {
  const flights = createSingleFlight<number>();
  const failing = async (): Promise<number> => {
    await Promise.resolve();
    throw new Error("no");
  };
  const both = await Promise.allSettled([flights.run("a", failing), flights.run("a", failing)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await flights.run("a", async () => 1)).toBe(1);
  await flights.settled();
});
