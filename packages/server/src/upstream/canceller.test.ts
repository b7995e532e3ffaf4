import { expect, test } from "vitest";

import { createCanceller } from "./canceller.ts";

test("it tells everyone who listens, once and with the first reason", () => {
  const { signal, abort } = createCanceller();
  const heard: string[] = [];
  const gone = (): void => void heard.push("gone");
  signal.addEventListener("abort", () => heard.push(`first ${String(signal.reason)}`));
  signal.addEventListener("abort", gone);
  signal.addEventListener("abort", () => heard.push("second"), { once: true });
  signal.removeEventListener("abort", gone);
  expect(signal.aborted).toBe(false);
  abort("enough");
  abort("again");
  expect([signal.aborted, signal.reason]).toEqual([true, "enough"]);
  expect(heard).toEqual(["first enough", "second"]);
});
