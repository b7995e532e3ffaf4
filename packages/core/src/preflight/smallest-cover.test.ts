import fc from "fast-check";
import { expect, it } from "vitest";
import { smallestCover } from "./smallest-cover.ts";

function meetsAll(taken: readonly number[], meets: readonly (readonly number[])[]): boolean {
  return meets.every((offers) => offers.length === 0 || offers.some((offer) => taken.includes(offer)));
}

it.each([
  [0, [], []],
  [3, [[]], []],
  [3, [[0, 1], [1, 2], [1]], [1]],
  [
    3,
    [
      [0, 2],
      [1, 2],
    ],
    [2],
  ],
  [4, [[0, 1, 2], [3]], [0, 3]],
])("of %d offers for %j takes %j", (count, meets, expected) => {
  expect(smallestCover(count, meets)).toEqual(expected);
});

it("takes as few as can be, and none too many where there are many wishes", () => {
  const offers = fc.uniqueArray(fc.nat(5), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(offers, { maxLength: 16 }), (meets) => {
      const taken = smallestCover(6, meets);
      expect(meetsAll(taken, meets)).toBe(true);
      for (const offer of taken) {
        const others = taken.filter((other) => other !== offer);
        expect(meetsAll(others, meets)).toBe(false);
      }
      if (meets.filter((some) => some.length > 0).length > 12) return;
      for (let set = 0; set < 64; set += 1) {
        const others = [0, 1, 2, 3, 4, 5].filter((offer) => (set & (1 << offer)) !== 0);
        if (meetsAll(others, meets)) expect(taken.length).toBeLessThanOrEqual(others.length);
      }
    }),
  );
});
