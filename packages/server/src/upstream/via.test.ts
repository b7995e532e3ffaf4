import { expect, test } from "vitest";

import { isOwnRequest, viaHeader } from "./via.ts";

test("a request that went through us is recognised anywhere in its path", () => {
  expect(isOwnRequest(viaHeader("abc"), "abc")).toBe(true);
  expect(isOwnRequest(`1.1 proxy.example, ${viaHeader("abc")}, 2.0 cdn (x)`, "abc")).toBe(true);
});

test.each([undefined, "", "1.1 proxy.example", viaHeader("abcd"), "1.1 x-entrepot-abc"])(
  "%j is another's",
  (via) => {
    expect(isOwnRequest(via, "abc")).toBe(false);
  },
);
