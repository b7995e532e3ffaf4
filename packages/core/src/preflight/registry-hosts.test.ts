import { expect, it } from "vitest";
import type { LockedPackage } from "../lockfiles/lockfile.ts";
import { proposeException } from "./propose-exception.ts";
import { splitByHost } from "./registry-hosts.ts";

function at(name: string, resolved: string | null): LockedPackage {
  return {
    name,
    version: "1.0.0",
    resolved,
    integrity: null,
    isDev: null,
    isOptional: null,
    isBundled: false,
  };
}

it("leaves to other registries what comes from there", () => {
  const { here, elsewhere, hosts } = splitByHost(
    [
      at("a", "https://one.test/a/-/a-1.0.0.tgz"),
      at("b", "https://one.test/b/-/b-1.0.0.tgz"),
      at("c", "https://two.test:8080/c/-/c-1.0.0.tgz"),
      at("d", "https://known.test/d/-/d-1.0.0.tgz"),
      at("e", null),
    ],
    new Set(["known.test"]),
  );
  expect(here.map(({ name }) => name)).toEqual(["a", "b", "d", "e"]);
  expect(elsewhere.map(({ item, host }) => `${item.name} ${host}`)).toEqual(["c two.test:8080"]);
  expect(hosts).toEqual([
    { host: "one.test", entries: 2, isChecked: true },
    { host: "two.test:8080", entries: 1, isChecked: false },
    { host: "known.test", entries: 1, isChecked: true },
  ]);
});

it("proposes an exception for the version alone, and no longer than it takes", () => {
  const verdict = {
    outcome: "hold" as const,
    rule: "age" as const,
    reason: "It is\ntoo young",
    evidence: {},
    until: null,
    recheckAt: null,
    alternatives: [],
    reference: null,
  };
  const needed = { name: "@acme/left", version: "1.2.3", verdict };
  const DAY = 86_400_000;
  expect(proposeException({ ...needed, lift: { rules: ["age"], until: 2.5 * DAY } }, DAY)).toEqual({
    packages: "@acme/left",
    range: "1.2.3",
    rules: ["age"],
    reason: "Needed by a pre-flight; refused because: It is too young",
    days: 2,
  });
  expect(proposeException({ ...needed, lift: { rules: ["age"], until: null } }, DAY).days).toBe(30);
});
