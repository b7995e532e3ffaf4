import { expect, it } from "vitest";
import { createSlots } from "./slots.ts";

it("takes so many at once, says when to come back, and takes more when one ends", () => {
  const slots = createSlots("pre-flights");
  const releases = Array.from({ length: 4 }, () => slots.take());
  expect(() => slots.take()).toThrow(
    expect.objectContaining({
      code: "overloaded",
      status: 503,
      details: { retryAfterSeconds: 10 },
      message: expect.stringContaining("4 pre-flights at once") as string,
    }),
  );
  releases[0]?.();
  const again = slots.take();
  expect(() => slots.take()).toThrow("at once");
  for (const release of [...releases.slice(1), again]) release();
  expect(() => slots.take()).not.toThrow();
});
