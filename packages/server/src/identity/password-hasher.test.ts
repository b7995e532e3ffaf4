import { availableParallelism } from "node:os";
import { isEntrepotError } from "@entrepot/core";
import { expect, it } from "vitest";
import { createPasswordHasher } from "./password-hasher.ts";

const CHEAP = { memoryCost: 64, timeCost: 1, parallelism: 1 };

it("hashes with today's parameters and verifies", async () => {
  const hasher = createPasswordHasher();
  const phc = await hasher.hash("correct horse");
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(hasher.isCurrent(phc)).toBe(true);
  expect(await hasher.verify(phc, "correct horse")).toBe(true);
  expect(await hasher.verify(phc, "wrong horse")).toBe(false);
});

it("tells hashes of other parameters, which still verify", async () => {
  const old = await createPasswordHasher(CHEAP).hash("correct horse");
  const hasher = createPasswordHasher();
  expect(hasher.isCurrent(old)).toBe(false);
  expect(await hasher.verify(old, "correct horse")).toBe(true);
  expect(hasher.isCurrent("$2b$10$abc")).toBe(false);
});

it("pretends without an error", async () => {
  await createPasswordHasher().pretend("x");
  await createPasswordHasher(CHEAP).pretend("");
});

it("refuses at once what would wait behind too many, and recovers", async () => {
  const hasher = createPasswordHasher(CHEAP);
  const calls = Array.from({ length: 80 }, () => hasher.hash("x"));
  expect(hasher.isFull()).toBe(true);
  const settled = await Promise.allSettled(calls);
  const refused = settled.filter((call) => call.status === "rejected");
  const running = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)));
  expect(refused).toHaveLength(80 - 50 - running);
  expect(refused.every((call) => isEntrepotError(call.reason, "too-many-requests"))).toBe(true);
  expect([hasher.isFull(), hasher.waiting]).toEqual([false, 0]);
  expect(await hasher.hash("x")).toContain("$argon2id$");
});
