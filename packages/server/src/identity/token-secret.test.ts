import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isTokenSecret, makeTokenSecret, tokenHash, tokenHint } from "./token-secret.ts";

it("makes tokens of one length that are recognised", () => {
  for (const random of [new Uint8Array(32), new Uint8Array(32).fill(255), randomBytes(32)]) {
    const secret = makeTokenSecret(random);
    expect(secret).toMatch(/^ent_[0-9A-Za-z]{49}$/);
    expect(isTokenSecret(secret)).toBe(true);
    expect(tokenHash(secret)).toMatch(/^[0-9a-f]{64}$/);
    expect(secret.endsWith(tokenHint(secret))).toBe(true);
  }
});

it("gives every randomness its own token", () => {
  const seen = new Set(Array.from({ length: 1000 }, () => makeTokenSecret(randomBytes(32))));
  expect(seen.size).toBe(1000);
});

it("tells a token with one wrong, missing or further character", () => {
  const secret = makeTokenSecret(randomBytes(32));
  fc.assert(
    fc.property(
      fc.nat(secret.length - 1),
      fc.constantFrom("0", "a", "Z", "_", "-", " ", "é", "\u0000"),
      (at, character) => {
        const changed = secret.slice(0, at) + character + secret.slice(at + 1);
        return changed === secret || !isTokenSecret(changed);
      },
    ),
  );
  expect(isTokenSecret(secret.slice(0, -1))).toBe(false);
  expect(isTokenSecret(`${secret}0`)).toBe(false);
  expect(isTokenSecret(`${secret}\n`)).toBe(false);
  expect(isTokenSecret("")).toBe(false);
});
