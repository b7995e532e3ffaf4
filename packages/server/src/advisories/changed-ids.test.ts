import { expect, it } from "vitest";
import { readChangedIds } from "./changed-ids.ts";

const SINCE = Date.parse("2026-05-01T00:00:00Z");

/** Hands a text over in pieces, and counts those that were taken. */
function inPieces(
  text: string,
  length: number,
): { each: Parameters<typeof readChangedIds>[0]; taken: () => number } {
  let taken = 0;
  return {
    taken: () => taken,
    async each(use) {
      for (let at = 0; at < text.length; at += length) {
        taken += 1;
        use(Buffer.from(text.slice(at, at + length)));
        await Promise.resolve();
      }
    },
  };
}

it.each([1, 7, 1000])("reads down to what is known, in pieces of %i bytes", async (length) => {
  const text = [
    "2026-05-03T00:00:00Z,GHSA-3",
    "2026-05-02T00:00:00.123456Z,npm/MAL-2026-2",
    "2026-05-02T00:00:00Z,GHSA-3",
    "2026-05-01T00:00:00Z,GHSA-1",
    `2026-04-01T00:00:00Z,${"x".repeat(100)}`,
    "",
  ].join("\r\n");
  const { each } = inPieces(text, length);
  expect(await readChangedIds(each, { since: SINCE, idsMax: 10 })).toEqual({
    ids: ["GHSA-3", "MAL-2026-2"],
    newestAt: Date.parse("2026-05-03"),
    isTooMany: false,
  });
});

it("reads no further than it must", async () => {
  const text = "2026-05-03T00:00:00Z,A-1\n".repeat(3) + "2026-01-01T00:00:00Z,A-2\n".repeat(1000);
  const { each, taken } = inPieces(text, 25);
  await readChangedIds(each, { since: SINCE, idsMax: 10 });
  expect(taken()).toBe(4);
});

it("stops where there is more than is wanted", async () => {
  const text = Array.from({ length: 100 }, (_, at) => `2026-05-03T00:00:00Z,A-${at}\n`).join("");
  const { each } = inPieces(text, 100);
  expect(await readChangedIds(each, { since: SINCE, idsMax: 10 })).toMatchObject({ isTooMany: true });
});

it("takes an empty file and a last line without an end", async () => {
  expect(await readChangedIds(inPieces("", 1).each, { since: SINCE, idsMax: 1 })).toMatchObject({ ids: [] });
  const { each } = inPieces("2026-05-03T00:00:00Z,A-1", 5);
  expect(await readChangedIds(each, { since: SINCE, idsMax: 1 })).toMatchObject({ ids: ["A-1"] });
});

it.each([
  ["no time", "soon,A-1\n"],
  ["no id", "2026-05-03T00:00:00Z,\n"],
  ["a path for an id", "2026-05-03T00:00:00Z,..\\secret\n"],
  ["a query for an id", "2026-05-03T00:00:00Z,a?b=c\n"],
  ["a page of HTML", "<html>\n"],
  ["a line without end", "x".repeat(1000)],
])("refuses %s", async (_, text) => {
  await expect(readChangedIds(inPieces(text, 100).each, { since: SINCE, idsMax: 10 })).rejects.toMatchObject({
    code: "upstream-invalid",
  });
});
