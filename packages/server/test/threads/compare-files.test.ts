import { expect, test, vi } from "vitest";
import { diffTarballs } from "../../src/threads/compare-files.ts";
import { TARBALL_LIMITS } from "../../src/threads/index.ts";
import { tarballOf } from "./tarballs.ts";

const packed = (word: string, lengths: readonly number[]): Uint8Array =>
  tarballOf([
    { path: "package/package.json", content: `{"name":"left","version":"${word}"}` },
    ...lengths.map((length) => ({ path: `package/f${length}.txt`, content: `${word}\n`.repeat(length) })),
  ]);

test("when the time for all is up the longest files are listed without their lines", async () => {
  const lengths = [900, 100, 300, 700, 500];
  let at = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (at += 500));
  try {
    const { output } = await diffTarballs({
      before: packed("old", lengths),
      after: packed("young", lengths),
      limits: TARBALL_LIMITS,
    });
    const told = output.files.map(({ path, patch }) => `${path} ${patch === null ? "none" : "patch"}`);
    expect(told).toEqual([
      "f100.txt patch",
      "f300.txt patch",
      "f500.txt none",
      "f700.txt none",
      "f900.txt none",
      "package.json patch",
    ]);
    expect(output.changedCount).toBe(6);
  } finally {
    clock.mockRestore();
  }
});
