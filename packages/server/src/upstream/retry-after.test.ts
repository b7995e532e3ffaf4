import { expect, test } from "vitest";

import { retryAfterMs } from "./retry-after.ts";

const now = Date.UTC(2026, 0, 1);

test.each([
  ["0", 0],
  ["7", 7000],
  [" 7 ", 7000],
  [new Date(now + 90_000).toUTCString(), 90_000],
  [new Date(now - 90_000).toUTCString(), 0],
  ["soon", null],
  ["-5", null],
  ["99999999999999", null],
  [undefined, null],
  [["1", "2"], null],
])("%j is %j ms from now", (header, milliseconds) => {
  expect(retryAfterMs(header, now)).toBe(milliseconds);
});
