import { expect, it } from "vitest";
import { inTurns } from "./in-turns.ts";

function busyFor(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

it("works through all in order, and lets others have their turn meanwhile", async () => {
  const seen: string[] = [];
  const work = inTurns(["one", "two", "three"], (item) => {
    busyFor(10);
    seen.push(item);
  });
  setImmediate(() => seen.push("somebody else"));
  await work;
  expect(seen.filter((item) => item !== "somebody else")).toEqual(["one", "two", "three"]);
  expect(seen.indexOf("somebody else")).toBeLessThan(seen.indexOf("three"));
});

it("does not wait for what is quick, and gives on what the work throws", async () => {
  const seen: string[] = [];
  setImmediate(() => seen.push("somebody else"));
  await inTurns(["one", "two"], (item) => void seen.push(item));
  expect(seen).toEqual(["one", "two"]);
  await expect(inTurns(["one"], () => JSON.parse("{"))).rejects.toThrow(SyntaxError);
});
