import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createFailedPasswords } from "./failed-passwords.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const BUSY = { code: "too-many-requests", details: { retryAfterSeconds: expect.any(Number) as number } };

async function fail(
  limits: ReturnType<typeof createFailedPasswords>,
  times: number,
  address = "192.0.2.1",
): Promise<void> {
  for (let count = 0; count < times; count += 1) await limits.begin({ userName: "ada", address });
}

it("makes whoever guesses wait, longer each time, and nobody else", async () => {
  const limits = createFailedPasswords();
  await fail(limits, 5);
  for (const seconds of [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
    await expect(fail(limits, 1)).rejects.toMatchObject({
      code: "too-many-requests",
      details: { retryAfterSeconds: seconds },
    });
    await expect(limits.begin({ userName: "ada", address: "192.0.2.2" })).resolves.toBeUndefined();
    await limits.cancel({ userName: "ada", address: "192.0.2.2" });
    vi.advanceTimersByTime(seconds * 1000 + 1);
    await expect(fail(limits, 1)).resolves.toBeUndefined();
  }
});

it("forgets wrong passwords after an hour without any", async () => {
  const limits = createFailedPasswords();
  await fail(limits, 5);
  vi.advanceTimersByTime(3_601_000);
  await expect(fail(limits, 5)).resolves.toBeUndefined();
});

it("lets the right password end the waiting", async () => {
  const limits = createFailedPasswords();
  await fail(limits, 4);
  const attempt = { userName: "ada", address: "192.0.2.1" };
  await limits.begin(attempt);
  await limits.succeed(attempt);
  await expect(fail(limits, 5)).resolves.toBeUndefined();
});

it("stops trying many accounts from one address", async () => {
  const limits = createFailedPasswords();
  for (let index = 0; index < 60; index += 1) {
    await limits.begin({ userName: `u${index}`, address: "192.0.2.1" });
  }
  await expect(limits.begin({ userName: "x", address: "::ffff:192.0.2.1" })).rejects.toMatchObject(BUSY);
});

it("takes a network of IPv6 for one address", async () => {
  const limits = createFailedPasswords();
  await fail(limits, 3, "2001:db8::1");
  await fail(limits, 2, "2001:db8::2");
  await expect(fail(limits, 1, "2001:db8::3")).rejects.toMatchObject(BUSY);
  await expect(fail(limits, 1, "2001:db8:0:1::3")).resolves.toBeUndefined();
});

it("does not count what was never compared", async () => {
  const limits = createFailedPasswords();
  const attempt = { userName: "ada", address: "192.0.2.1" };
  await fail(limits, 5);
  await limits.cancel(attempt);
  await expect(fail(limits, 1)).resolves.toBeUndefined();
  await expect(fail(limits, 1)).rejects.toMatchObject(BUSY);
});

it("keeps the waits that were earned when an attempt is taken back", async () => {
  const limits = createFailedPasswords();
  const attempt = { userName: "ada", address: "192.0.2.1" };
  await fail(limits, 6 - 1);
  vi.advanceTimersByTime(2001);
  await fail(limits, 1);
  // What was never begun is not taken back, and what was leaves the count of the others.
  await limits.cancel(attempt);
  await expect(fail(limits, 1)).rejects.toMatchObject(BUSY);
});
