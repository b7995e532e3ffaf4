import { expect, test } from "vitest";
import { may, type Permission, type Principal, type Role } from "./permissions.ts";

const PERMISSIONS: readonly Permission[] = [
  "view",
  "publish",
  "overwrite",
  "tag",
  "deprecate",
  "unpublish",
  "manage",
];

function user(role: Role, readonly = false): Principal {
  return { kind: "user", userId: "1", name: "ada", role, via: "token", tokenId: "t", readonly };
}

function allowed(principal: Principal, anonymousRead = false): Permission[] {
  return PERMISSIONS.filter((permission) => may(principal, permission, { anonymousRead }).allowed);
}

test("each kind of principal may do what its role says", () => {
  expect(allowed({ kind: "anonymous" })).toEqual([]);
  expect(allowed({ kind: "anonymous" }, true)).toEqual(["view"]);
  expect(allowed(user("read-only"), true)).toEqual(["view"]);
  expect(allowed(user("developer"))).toEqual(["view", "publish", "tag", "deprecate", "unpublish"]);
  expect(allowed(user("admin"))).toEqual(PERMISSIONS);
});

test("a read-only token never writes, whoever's it is", () => {
  for (const role of ["admin", "developer", "read-only"] as const) {
    expect(allowed(user(role, true))).toEqual(["view"]);
  }
});

test("a refusal says why", () => {
  expect(may(user("admin", true), "publish", { anonymousRead: false }).reason).toContain("read-only");
  expect(may(user("read-only"), "publish", { anonymousRead: false }).reason).toContain("ada is read-only");
  expect(may({ kind: "anonymous" }, "view", { anonymousRead: false }).reason).toContain("npm login");
});
