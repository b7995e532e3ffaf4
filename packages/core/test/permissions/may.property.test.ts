import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccessRule } from "../../src/permissions/access-rule.ts";
import { user, registry, policy, adaOnly, developers, everyone, ask } from "./fixtures.ts";
import { NEEDS_SIGHT, PERMISSIONS, ROLES } from "../../src/permissions/permission.ts";

const nobodySees: AccessRule = {
  id: "",
  effect: "restrict",
  subject: everyone,
  permissions: new Set(["view"]),
  registryId: null,
  group: null,
  packages: null,
};

describe("whatever the rules", () => {
  const permission = fc.constantFrom(...PERMISSIONS);
  const anyRule = fc.record({
    id: fc.uuid(),
    effect: fc.constantFrom("grant" as const, "restrict" as const),
    subject: fc.constantFrom<AccessRule["subject"]>(
      adaOnly,
      { kind: "user", id: "bob" },
      developers,
      everyone,
      { kind: "authenticated" },
      { kind: "anonymous" },
    ),
    permissions: fc.uniqueArray(permission).map((list) => new Set(list)),
    registryId: fc.constantFrom(null, "id-a", "id-b"),
    group: fc.constantFrom(null, "g"),
    packages: fc.constantFrom(null, "@acme/*", "@acme/x", "left-*"),
  });
  const anyTarget = fc
    .record({
      name: fc.constantFrom("a", "b"),
      packageName: fc.constantFrom(null, "@acme/x", "@acme/y", "left-pad"),
      anonymousRead: fc.boolean(),
    })
    .map(({ name, packageName, anonymousRead }) => ({
      ...registry(name, { groups: ["g"], anonymousRead }),
      packageName,
    }));
  const anyLimits = fc.record({
    permissions: fc.option(fc.uniqueArray(permission).map((list) => new Set(list))),
    registries: fc.option(
      fc.record({
        ids: fc.uniqueArray(fc.constantFrom("id-a", "id-b")).map((list) => new Set(list)),
        groups: fc.uniqueArray(fc.constantFrom("g", "h")).map((list) => new Set(list)),
      }),
    ),
    packages: fc.option(fc.uniqueArray(fc.constantFrom("@acme/*", "left-pad"))),
    organizations: fc.constant(null),
  });
  const role = fc.constantFrom(...ROLES);

  it("a token is never more than its owner", () => {
    fc.assert(
      fc.property(
        fc.record({
          rules: fc.array(anyRule),
          target: anyTarget,
          wanted: permission,
          limits: anyLimits,
          held: role,
        }),
        ({ rules, target, wanted, limits, held }) => {
          const access = policy(...rules);
          const byToken = ask(user(held, { limits }), wanted, [target, access]).allowed;
          const byOwner = ask(user(held), wanted, [target, access]).allowed;
          expect(byToken && !byOwner).toBe(false);
        },
      ),
    );
  });

  it("adding a restriction never allows, adding a grant never refuses", () => {
    fc.assert(
      fc.property(
        fc.record({
          rules: fc.array(anyRule),
          added: anyRule,
          target: anyTarget,
          wanted: permission,
          held: role,
        }),
        ({ rules, added, target, wanted, held }) => {
          const before = ask(user(held), wanted, [target, policy(...rules)]).allowed;
          const after = ask(user(held), wanted, [target, policy(...rules, added)]).allowed;
          if (added.effect === "restrict") expect(after && !before).toBe(false);
          else expect(before && !after).toBe(false);
        },
      ),
    );
  });

  it("who is kept from seeing a package does nothing to it", () => {
    const kept = fc
      .array(anyRule)
      .map((rules) => [
        ...rules.filter((rule) => rule.effect === "restrict" || !rule.permissions.has("view")),
        { ...nobodySees, id: "kept" },
      ]);
    fc.assert(
      fc.property(kept, anyTarget, (rules, target) => {
        const held = PERMISSIONS.filter(
          (wanted) => ask(user("owner"), wanted, [target, policy(...rules)]).allowed,
        );
        expect(held.filter((wanted) => NEEDS_SIGHT.has(wanted))).toEqual([]);
      }),
    );
  });

  it("an owner can always administer", () => {
    fc.assert(
      fc.property(fc.array(anyRule), anyTarget, (rules, target) => {
        expect(ask(user("owner"), "administer", [target, policy(...rules)]).allowed).toBe(true);
      }),
    );
  });
});
