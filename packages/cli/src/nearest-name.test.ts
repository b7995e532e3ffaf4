import { expect, it } from "vitest";
import { nearestName } from "./nearest-name.ts";

it.each([
  ["registy", "registry"],
  ["lists", "list"],
  ["LOGIN", "login"],
  ["elephant", null],
  ["gx", "gc"],
  ["up", null],
  ["", null],
])("finds what %j meant", (typed, meant) => {
  expect(nearestName(typed, ["registry", "list", "login", "gc"])).toBe(meant);
});
