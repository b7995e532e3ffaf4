import { describe, expect, it } from "vitest";
import { createHostRule } from "./bindable-hosts.ts";

const workspace = (name: string, host: string) => ({ name, host, adminPassword: null });
const CONFIG = {
  publicUrl: "https://npm.open.example:8443/base",
  workspaces: [
    workspace("one", "one.example"),
    workspace("within", "within.one.example"),
    workspace("acme", "acme.example"),
  ],
};

describe("the host names of registries", () => {
  it.each([
    ["team.example", null],
    ["npm.open.example", null],
    ["localhost.example", null],
    ["team.localhost", null],
    ["evilone.example", null],
    ["127.0.0.1", "main"],
    ["10.1", "main"],
    ["2130706433", "main"],
    ["0x7f.0x1", "main"],
    ["localhost", "main"],
    ["npm.acme.example", "main"],
    ["one.example", "main"],
    ["within.one.example", "main"],
    ["x.one.example", "main"],
  ])("of the main workspace: %s", (host, refused) => {
    const text = createHostRule(CONFIG, null)(host);
    expect(text).toEqual(
      refused === null ? null : expect.stringContaining(`"${host}"; take a name that is no`),
    );
  });

  it.each([
    ["x.one.example", null],
    ["a.b.one.example", null],
    ["one.example", "refused"],
    ["within.one.example", "refused"],
    ["x.within.one.example", "refused"],
    ["evilone.example", "refused"],
    ["team.example", "refused"],
    ["npm.open.example", "refused"],
    ["127.0.0.1", "refused"],
    ["localhost", "refused"],
  ])("of a workspace with a host: %s", (host, refused) => {
    const text = createHostRule(CONFIG, "one.example")(host);
    expect(text).toBe(
      refused === null
        ? null
        : `A registry of this workspace cannot be bound to "${host}"; take a name below one.example, ` +
            "such as npm.one.example, that the server does not use otherwise.",
    );
  });

  it("below a workspace within another are those of the inner one", () => {
    expect(createHostRule(CONFIG, "within.one.example")("x.within.one.example")).toBeNull();
    const isOfAcme = createHostRule({ ...CONFIG, publicUrl: "https://npm.acme.example" }, "acme.example");
    expect(isOfAcme("npm.acme.example")).not.toBeNull();
    expect(isOfAcme("npm2.acme.example")).toBeNull();
  });

  it("are looked at without the port that a workspace may be declared with", () => {
    const config = { publicUrl: null, workspaces: [workspace("one", "one.example:8080")] };
    expect(createHostRule(config, "one.example:8080")("x.one.example")).toBeNull();
    expect(createHostRule(config, null)("one.example")).not.toBeNull();
  });
});
