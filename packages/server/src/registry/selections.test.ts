import { expect, test } from "vitest";
import { createSelections } from "./selections.ts";

const MIB = 1024 ** 2;

test("what is picked out of views stays below a few megabytes, however much is picked", () => {
  const selections = createSelections();
  for (let version = 0; version < 400; version += 1) {
    const view = { etag: `view ${version % 20}` };
    selections.set(view, `1.${version}.0`, { manifest: new Uint8Array(MIB / 10), tags: {} });
  }
  const held = Array.from({ length: 400 }, (_, version) =>
    selections.get({ etag: `view ${version % 20}` }, `1.${version}.0`),
  ).filter((selection) => selection !== undefined);
  const sizeBytes = held.reduce((sum, { manifest }) => sum + (manifest?.length ?? 0), 0);
  expect(sizeBytes).toBeGreaterThan(4 * MIB);
  expect(sizeBytes).toBeLessThanOrEqual(8 * MIB);
});

test("the tags alone are another selection than any version, and each view has its own", () => {
  const selections = createSelections();
  selections.set({ etag: "a" }, null, { manifest: null, tags: { latest: "1.0.0" } });
  expect(selections.get({ etag: "a" }, null)?.tags).toEqual({ latest: "1.0.0" });
  expect(selections.get({ etag: "a" }, "latest")).toBeUndefined();
  expect(selections.get({ etag: "b" }, null)).toBeUndefined();
});
