import { describe, expect, it } from "vitest";
import type { AccessTarget } from "../../src/permissions/access-rule.ts";
import {
  ANONYMOUS,
  user,
  withToken,
  key,
  registry,
  packageIn,
  rule,
  policy,
  NO_RULES,
  WORKSPACE,
  adaOnly,
  ask,
} from "./fixtures.ts";
import { PERMISSIONS, PERMISSIONS_OF_ROLE, READING, ROLES } from "../../src/permissions/permission.ts";

describe("without rules", () => {
  it.each(ROLES)("a user may do what the role says: %s", (role) => {
    const held = PERMISSIONS.filter((permission) => ask(user(role), permission, registry("a")).allowed);
    expect(held).toEqual(PERMISSIONS.filter((permission) => PERMISSIONS_OF_ROLE[role].has(permission)));
  });

  it("who is read-only sees packages and installs none", () => {
    expect(ask(user("read-only"), "view", registry("a")).allowed).toBe(true);
    expect(ask(user("read-only"), "download", registry("a"))).toMatchObject({
      allowed: false,
      code: "permission-denied",
      reason: "ada is read-only and may not download packages; ask an administrator.",
    });
  });

  it("the anonymous may read what is open, and nothing else", () => {
    const open = registry("a", { anonymousRead: true });
    expect(PERMISSIONS.filter((permission) => ask(ANONYMOUS, permission, open).allowed)).toEqual([
      "view",
      "download",
    ]);
    expect(PERMISSIONS.filter((permission) => ask(ANONYMOUS, permission, registry("a")).allowed)).toEqual([]);
    expect(ask(ANONYMOUS, "view", registry("a"))).toMatchObject({ code: "credential-missing" });
  });

  it("a key is held by rules on everyone, and given nothing by them", () => {
    const rules = policy(
      rule({ effect: "restrict", permissions: ["download"] }),
      rule({ subject: { kind: "authenticated" }, permissions: ["publish"] }),
    );
    const held = PERMISSIONS.filter(
      (permission) => ask(key(["view", "download"]), permission, [registry("a"), rules]).allowed,
    );
    expect(held).toEqual(["view"]);
  });

  it("what a person may not see, that person does not publish, tag or take away", () => {
    const rules = policy(
      rule({ effect: "restrict", permissions: ["view"], packages: "@acme/*" }),
      rule({ subject: adaOnly, permissions: ["publish"], packages: "@acme/secret" }),
    );
    const held = PERMISSIONS.filter(
      (permission) =>
        ask(user("developer"), permission, [packageIn(registry("a"), "@acme/secret"), rules]).allowed,
    );
    expect(held).toEqual(["query", "view-teams"]);
    expect(
      ask(user("developer"), "unpublish", [packageIn(registry("a"), "@acme/secret"), rules]).reason,
    ).toBe(
      "A rule for everyone on @acme/* keeps ada from what this needs: to see packages. Ask an administrator.",
    );
    expect(
      ask(user("developer"), "unpublish", [packageIn(registry("a"), "@other/open"), rules]).allowed,
    ).toBe(true);
  });

  it("a key may do what it was made for", () => {
    const held = PERMISSIONS.filter((permission) => ask(key(["view"]), permission, registry("a")).allowed);
    expect(held).toEqual(["view"]);
  });
});

describe("rules on packages", () => {
  const target = registry("a");
  const grant = policy(
    rule({ subject: { kind: "anonymous" }, permissions: ["view", "publish"], packages: "@open/*" }),
  );

  it("let somebody look around the registry, and do nothing else with the whole of it", () => {
    expect(ask(ANONYMOUS, "view", [target, grant]).allowed).toBe(true);
    expect(ask(ANONYMOUS, "publish", [target, grant]).allowed).toBe(false);
  });

  it("keep nobody from the registry as a whole", () => {
    const restriction = policy(rule({ effect: "restrict", permissions: ["view"], packages: "@secret/*" }));
    expect(ask(user(), "view", [target, restriction]).allowed).toBe(true);
    expect(ask(user(), "view", [packageIn(target, "@secret/x"), restriction]).allowed).toBe(false);
  });

  it("are found among thousands", () => {
    const rules = Array.from({ length: 5000 }, (_, index) =>
      rule({ subject: adaOnly, effect: "restrict", permissions: ["view"], packages: `p${index}` }),
    );
    const many = policy(...rules);
    expect([...many.rulesFor(packageIn(target, "p4711"))]).toEqual([rules[4711]]);
    expect([many.namesPackages(target.registry!), NO_RULES.namesPackages(target.registry!)]).toEqual([
      true,
      false,
    ]);
  });
});

describe("a token", () => {
  const target = registry("a");

  it("that is read-only never writes, whoever's it is", () => {
    const held = PERMISSIONS.filter(
      (permission) => ask(withToken({ permissions: READING }), permission, target).allowed,
    );
    expect(held).toEqual([...PERMISSIONS].filter((permission) => READING.has(permission)));
    expect(ask(withToken({ permissions: READING }), "publish", target)).toMatchObject({
      code: "token-readonly",
      reason: "This token is read-only; to publish use one that is not.",
    });
  });

  it("is for its registries only", () => {
    const token = withToken({ registries: { ids: new Set(["id-a"]), groups: new Set() } });
    expect(ask(token, "publish", target).allowed).toBe(true);
    expect(ask(token, "view", registry("b"))).toMatchObject({
      code: "token-registry",
      reason: "This token is not for the registry b; log in to that one, with a slash at the end of its URL.",
    });
    expect(ask(token, "administer", WORKSPACE)).toMatchObject({ code: "token-registry" });
  });

  it("may be for a group of registries", () => {
    const token = withToken({ registries: { ids: new Set(), groups: new Set(["production"]) } });
    expect(ask(token, "view", registry("b", { groups: ["production"] })).allowed).toBe(true);
    expect(ask(token, "view", registry("b")).allowed).toBe(false);
  });

  it("is for its packages only", () => {
    const token = withToken({ packages: ["@acme/*", "left"] });
    const names = ["@acme/x", "left", "leftover", "@acme2/x"];
    const allowed = names.filter((name) => ask(token, "publish", packageIn(target, name)).allowed);
    expect(allowed).toEqual(["@acme/x", "left"]);
    expect(ask(token, "publish", packageIn(target, "leftover"))).toMatchObject({ code: "token-package" });
  });

  it("that is for packages looks around the registry, and does nothing with the whole of it", () => {
    const token = withToken({ packages: ["@acme/*"] });
    const held = PERMISSIONS.filter((permission) => ask(token, permission, target).allowed);
    expect(held).toEqual(["view"]);
    expect(PERMISSIONS.filter((permission) => ask(token, permission, WORKSPACE).allowed)).toEqual(["view"]);
    expect(ask(token, "administer", WORKSPACE)).toMatchObject({ code: "token-package" });
  });

  it("is for its organizations only", () => {
    const token = withToken({
      organizations: new Set(["acme"]),
      registries: { ids: new Set(["id-a"]), groups: new Set() },
    });
    const at = (organization: string): AccessTarget => ({ ...WORKSPACE, organization });
    expect(ask(token, "manage-teams", at("acme")).allowed).toBe(true);
    expect(ask(token, "manage-teams", at("other"))).toMatchObject({ code: "token-permission" });
  });

  it("of some registries is for no organization unless it names one", () => {
    const token = withToken({ registries: { ids: new Set(["id-a"]), groups: new Set() } });
    const acme = { ...WORKSPACE, organization: "acme" };
    expect(ask(token, "manage-teams", acme)).toMatchObject({
      code: "token-registry",
      reason: "This token does not cover the whole server.",
    });
    expect(ask(withToken({}), "manage-teams", acme).allowed).toBe(true);
  });

  it("of a user with a one-time password opens nothing", () => {
    const fresh = user("owner", { mustChangePassword: true });
    expect(PERMISSIONS.filter((permission) => ask(fresh, permission, target).allowed)).toEqual([]);
    expect(ask(fresh, "view", target)).toMatchObject({ code: "password-must-change" });
  });
});
