import { expect, test } from "vitest";

import { guardedLookup, isPrivateAddress, isPrivateHost, PRIVATE_ADDRESS } from "./addresses.ts";

test.each([
  ["127.0.0.1", true],
  ["10.1.2.3", true],
  ["172.20.0.1", true],
  ["192.168.1.1", true],
  ["169.254.169.254", true],
  ["100.64.0.1", true],
  ["0.0.0.0", true],
  ["::1", true],
  ["fe80::1", true],
  ["fd00::1", true],
  ["::ffff:127.0.0.1", true],
  ["64:ff9b::7f00:1", true],
  ["64:ff9b::808:808", false],
  ["8.8.8.8", false],
  ["2606:4700::1111", false],
])("%s is private: %s", (address, isPrivate) => {
  expect(isPrivateAddress(address)).toBe(isPrivate);
});

test.each([
  ["localhost", true],
  ["registry.localhost", true],
  ["[::1]", true],
  ["127.0.0.1", true],
  ["8.8.8.8", false],
  ["up.example", null],
])("the host %s is private: %s", (host, isPrivate) => {
  expect(isPrivateHost(host)).toBe(isPrivate);
});

function lookUp(hostname: string, guard: { own: string; mayBePrivate: boolean }): Promise<unknown> {
  const lookup = guardedLookup(guard.own, async () => guard.mayBePrivate);
  return new Promise((resolve) => {
    lookup(hostname, { all: true }, (error, found) => resolve(error?.code ?? found));
  });
}

test("only its own host, or any host of a private upstream, may have a private address", async () => {
  expect(await lookUp("localhost", { own: "up.example", mayBePrivate: false })).toBe(PRIVATE_ADDRESS);
  expect(await lookUp("localhost", { own: "localhost", mayBePrivate: false })).toBeInstanceOf(Array);
  expect(await lookUp("localhost", { own: "up.example", mayBePrivate: true })).toBeInstanceOf(Array);
});
