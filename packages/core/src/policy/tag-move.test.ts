import { expect, it } from "vitest";
import { fallText, tagMoveOf } from "./tag-move.ts";

const move = (from: string, to: string | null, hidden: readonly string[]): ReturnType<typeof tagMoveOf> =>
  tagMoveOf({ tag: "latest", from, to }, hidden);

const moves = [
  { from: "1.2.0", to: "1.1.0", hidden: ["1.2.0"], keptBack: 1, isOtherLine: false },
  {
    from: "3.0.0",
    to: "1.1.0",
    hidden: ["3.0.0", "2.0.0", "2.0.0-rc.1", "4.0.0", "1.0.0"],
    keptBack: 2,
    isOtherLine: true,
  },
  { from: "0.25.0", to: "0.0.12", hidden: ["0.25.0", "0.1.0"], keptBack: 2, isOtherLine: true },
  { from: "0.25.1", to: "0.25.0", hidden: ["0.25.1"], keptBack: 1, isOtherLine: false },
  { from: "0.0.2", to: "0.0.1", hidden: ["0.0.2"], keptBack: 1, isOtherLine: true },
];

it.each(moves)("from $from to $to", ({ from, to, hidden, keptBack, isOtherLine }) => {
  expect(move(from, to, hidden)).toEqual({ tag: "latest", from, to, keptBack, isOtherLine });
});

it("a long fall is told of, and a short one says nothing more", () => {
  expect(fallText(move("1.2.0", "1.1.0", ["1.2.0"]))).toBe("");
  expect(fallText(move("1.2.0", null, ["1.2.0"]))).toBe("");
  expect(fallText(move("1.3.0", "1.1.0", ["1.2.0", "1.3.0"]))).toBe(
    "All 2 releases after 1.1.0, up to 1.3.0, are kept back.",
  );
  expect(fallText(move("2.0.0", "1.1.0", ["2.0.0"]))).toBe(
    "1.1.0 is of another line than 2.0.0 and may not work in its place.",
  );
});
