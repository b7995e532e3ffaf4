import { describe, expect, it } from "vitest";
import type { AccessRule, AccessTarget } from "../../src/permissions/access-rule.ts";
import { user, registry, packageIn, rule, policy, adaOnly, developers, everyone, ask } from "./fixtures.ts";
import type { Permission } from "../../src/permissions/permission.ts";

/*
 * Twelve sets of rules, from the example that made the order necessary: developers see every registry, and download
 * from all but the unapproved one.
 */
describe("the order of rules", () => {
  const unapproved = registry("unapproved");
  const approved = registry("approved", { groups: ["production"] });
  const atUnapproved = { registryId: "id-unapproved" };
  const atApproved = { registryId: "id-approved" };
  const inProduction = { group: "production" };
  const reading: Permission[] = ["view", "download"];

  it.each<[what: string, asked: [rules: AccessRule[], AccessTarget, Permission, allowed: boolean]]>([
    [
      "1: a grant on the workspace holds in every registry",
      [[rule({ subject: developers, permissions: reading })], unapproved, "download", true],
    ],
    [
      "2: a restriction on one registry beats the grant on all",
      [
        [
          rule({ subject: developers, permissions: reading }),
          rule({ subject: developers, effect: "restrict", permissions: ["download"], ...atUnapproved }),
        ],
        unapproved,
        "download",
        false,
      ],
    ],
    [
      "3: and leaves what it does not name",
      [
        [
          rule({ subject: developers, permissions: reading }),
          rule({ subject: developers, effect: "restrict", permissions: ["download"], ...atUnapproved }),
        ],
        unapproved,
        "view",
        true,
      ],
    ],
    [
      "4: and other registries",
      [
        [
          rule({ subject: developers, permissions: reading }),
          rule({ subject: developers, effect: "restrict", permissions: ["download"], ...atUnapproved }),
        ],
        approved,
        "download",
        true,
      ],
    ],
    [
      "5: a grant to the user beats the restriction of the team, though that is closer",
      [
        [
          rule({ subject: adaOnly, permissions: ["download"] }),
          rule({ subject: developers, effect: "restrict", permissions: ["download"], ...atUnapproved }),
        ],
        unapproved,
        "download",
        true,
      ],
    ],
    [
      "6: a restriction of the user beats the grant to the team, though that is closer",
      [
        [
          rule({ subject: adaOnly, effect: "restrict", permissions: ["download"] }),
          rule({ subject: developers, permissions: ["download"], ...atApproved }),
        ],
        approved,
        "download",
        false,
      ],
    ],
    [
      "7: a rule on a group of registries beats one on the workspace",
      [
        [
          rule({ subject: developers, permissions: ["publish"] }),
          rule({ subject: developers, effect: "restrict", permissions: ["publish"], ...inProduction }),
        ],
        approved,
        "publish",
        false,
      ],
    ],
    [
      "8: a rule on the registry beats one on its group",
      [
        [
          rule({ subject: developers, effect: "restrict", permissions: ["publish"], ...inProduction }),
          rule({ subject: developers, permissions: ["publish"], ...atApproved }),
        ],
        approved,
        "publish",
        true,
      ],
    ],
    [
      "9: of two equally close, the restriction decides",
      [
        [
          rule({ subject: developers, permissions: ["publish"], ...atApproved }),
          rule({ subject: developers, effect: "restrict", permissions: ["publish"], ...atApproved }),
        ],
        approved,
        "publish",
        false,
      ],
    ],
    [
      "10: a team beats everyone",
      [
        [
          rule({ subject: everyone, effect: "restrict", permissions: ["publish"], ...atApproved }),
          rule({ subject: developers, permissions: ["publish"] }),
        ],
        approved,
        "publish",
        true,
      ],
    ],
    [
      "11: a rule on everyone beats the role",
      [
        [rule({ subject: everyone, effect: "restrict", permissions: ["publish"] })],
        approved,
        "publish",
        false,
      ],
    ],
    [
      "12: a rule about the anonymous is not about users",
      [
        [rule({ subject: { kind: "anonymous" }, effect: "restrict", permissions: ["publish"] })],
        approved,
        "publish",
        true,
      ],
    ],
  ])("%s", (_what, [rules, target, permission, allowed]) => {
    // Whatever the order in which they are found.
    expect(ask(user(), permission, [target, policy(...rules)]).allowed).toBe(allowed);
    expect(ask(user(), permission, [target, policy(...rules.toReversed())]).allowed).toBe(allowed);
  });

  it("puts a package before a scope, and a scope before all packages", () => {
    const rules = policy(
      rule({ permissions: ["publish"], effect: "restrict", ...atApproved }),
      rule({ permissions: ["publish"], packages: "@acme/*", ...atApproved }),
      rule({ permissions: ["publish"], effect: "restrict", packages: "@acme/core", ...atApproved }),
    );
    const allowed = ["left", "@acme/left", "@acme/core"].filter(
      (name) => ask(user(), "publish", [packageIn(approved, name), rules]).allowed,
    );
    expect(allowed).toEqual(["@acme/left"]);
  });

  it("names the rule that decided", () => {
    const restriction = rule({ effect: "restrict", permissions: ["publish"] });
    expect(ask(user(), "publish", [approved, policy(restriction)])).toEqual({
      allowed: false,
      code: "permission-denied",
      reason: "A rule for everyone keeps ada from what this needs: to publish. Ask an administrator.",
      because: { by: "rule", ruleId: restriction.id },
    });
  });
});
