import { READING } from "@entrepot/core";
import { describe, expect, it } from "vitest";
import {
  checkedScope,
  columnsOfScope,
  isReadOnly,
  limitsOf,
  narrowed,
  scopeOfColumns,
  UNLIMITED,
  type TokenScope,
} from "./token-scope.ts";

const scope = (more: Partial<TokenScope>): TokenScope => ({ ...UNLIMITED, ...more });

describe("what a token is for", () => {
  it("survives being kept", () => {
    const full = scope({
      permissions: ["view", "publish"],
      registries: { ids: ["r1"], groups: ["production"] },
      packages: ["@acme/*"],
      organizations: ["acme"],
      networks: ["10.0.0.0/8"],
    });
    expect(scopeOfColumns(columnsOfScope(full))).toEqual(full);
    expect(scopeOfColumns(columnsOfScope(UNLIMITED))).toEqual(UNLIMITED);
  });

  it("gives nothing for a permission that this version does not know", () => {
    const columns = { ...columnsOfScope(UNLIMITED), permissions: '["view","fly"]' };
    expect(scopeOfColumns(columns).permissions).toEqual(["view"]);
  });

  it("is no limit only when nothing is limited", () => {
    expect(limitsOf(UNLIMITED)).toBeNull();
    expect(limitsOf(scope({ packages: ["left"] }))).toMatchObject({ packages: ["left"], permissions: null });
  });

  it("is read-only when all of it is", () => {
    expect(isReadOnly(UNLIMITED)).toBe(false);
    expect(isReadOnly(scope({ permissions: [...READING] }))).toBe(true);
    expect(isReadOnly(scope({ permissions: ["view", "tag"] }))).toBe(false);
  });

  it.each<[string, Partial<TokenScope>]>([
    ["no permission", { permissions: [] }],
    ["no registry", { registries: { ids: [], groups: [] } }],
    ["no package", { packages: [] }],
    ["no network", { networks: [] }],
    ["a network that is none", { networks: ["here"] }],
    ["too many packages", { packages: Array.from({ length: 501 }, (_, index) => `p${index}`) }],
  ])("is refused with %s", (_what, limits) => {
    expect(() => checkedScope(scope(limits))).toThrow();
  });
});

describe("a token that is made with a token", () => {
  const maker = scope({
    permissions: ["view", "publish"],
    registries: { ids: ["r1", "r2"], groups: ["production"] },
    packages: ["@acme/*", "left"],
    organizations: ["acme"],
    networks: ["10.0.0.0/8"],
  });

  it("is as its maker where nothing is said", () => {
    expect(narrowed(UNLIMITED, maker)).toEqual(maker);
    expect(narrowed(UNLIMITED, UNLIMITED)).toEqual(UNLIMITED);
    expect(narrowed(maker, UNLIMITED)).toEqual(maker);
  });

  it("may be less", () => {
    const less = scope({
      permissions: ["view"],
      registries: { ids: ["r2"], groups: [] },
      packages: ["@acme/core-*", "@acme/x", "left", "@acme/*"],
      organizations: [],
      networks: ["10.1.0.0/16"],
    });
    expect(narrowed(less, maker)).toEqual(less);
  });

  it.each<[string, Partial<TokenScope>]>([
    ["permissions", { permissions: ["view", "unpublish"] }],
    ["registries", { registries: { ids: ["r3"], groups: [] } }],
    ["groups of registries", { registries: { ids: [], groups: ["other"] } }],
    ["packages", { packages: ["left-pad"] }],
    ["patterns", { packages: ["left*"] }],
    ["scopes", { packages: ["@acme2/*"] }],
    ["organizations", { organizations: ["other"] }],
    ["networks", { networks: ["0.0.0.0/0"] }],
  ])("may not be more: %s", (_what, more) => {
    expect(() => narrowed(scope(more), maker)).toThrow(/may do more than itself/);
  });
});
