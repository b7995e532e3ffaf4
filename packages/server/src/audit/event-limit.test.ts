import { describe, expect, it } from "vitest";
import { createEventLimit } from "./event-limit.ts";

describe("the limit of alike events", () => {
  it("lets so many through in a minute and tells later how many were left out", () => {
    let now = 0;
    const limit = createEventLimit(() => now);
    const taken = Array.from({ length: 5 }, () => limit.take("a", 2));
    expect(taken).toEqual([{ omitted: 0 }, { omitted: 0 }, null, null, null]);
    now = 59_999;
    expect(limit.take("a", 2)).toBeNull();
    now = 60_000;
    expect(limit.take("a", 2)).toEqual({ omitted: 4 });
    expect(limit.take("a", 2)).toEqual({ omitted: 0 });
  });

  it("counts each key for itself, and stays small with ever new ones", () => {
    const limit = createEventLimit(() => 0);
    for (let index = 0; index < 20_000; index += 1) {
      expect(limit.take(`key ${index}`, 1)).toEqual({ omitted: 0 });
    }
    expect(limit.take("key 19999", 1)).toBeNull();
    expect(limit.take("key 0", 1)).toEqual({ omitted: 0 });
  });
});
