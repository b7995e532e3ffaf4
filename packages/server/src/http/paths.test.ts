import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEntrepotError } from "@entrepot/core";
import { npmAddressOf, parseRequestPath } from "./paths.ts";

describe("parseRequestPath", () => {
  it.each(["/npm/a/@s%2fn", "/npm/a/@s%2Fn", "/npm/a/%40s%2fn", "/npm/a/@s/n", "/npm/a/@s/n/"])(
    "reads %s as scope and name",
    (target) => {
      expect(parseRequestPath(target).segments).toEqual(["npm", "a", "@s", "n"]);
    },
  );

  it("keeps the query apart, encoded slashes in it included", () => {
    expect(parseRequestPath("/npm/a/x?write=true&y=%2f")).toEqual({
      segments: ["npm", "a", "x"],
      query: "write=true&y=%2f",
    });
  });

  it.each([
    ["/npm/a/../b", "dot segment"],
    ["/npm/a/%2e%2e%2fb", "dot segment"],
    ["/npm//a", "empty segment"],
    ["/npm/a/%", "percent-encoding"],
    ["/npm/a/%ff", "percent-encoding"],
    ["/npm/a/x%00", "control character"],
    ["/npm/a/x%0d%0aset-cookie", "control character"],
    ["/npm/a\\b", "backslash"],
    ["http://elsewhere/npm/a", "slash"],
    ["*", "slash"],
    [`/${"a".repeat(5000)}`, "longer"],
  ])("refuses %s", (target, text) => {
    expect(() => parseRequestPath(target)).toThrow(text);
  });

  it("never throws anything but request-invalid", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const { segments } = parseRequestPath(`/${text}`);
          return segments.every((segment) => segment !== "" && segment !== ".." && segment !== ".");
        } catch (error) {
          return isEntrepotError(error, "request-invalid");
        }
      }),
    );
  });
});

describe("npmAddressOf", () => {
  it("takes both prefixes, and registry names in any case", () => {
    expect(npmAddressOf(parseRequestPath("/r/MyReg/left"))).toEqual({
      registryName: "myreg",
      prefix: "/r/myreg",
      rest: ["left"],
    });
    expect(npmAddressOf(parseRequestPath("/npm/a"))?.rest).toEqual([]);
  });

  it.each(["/", "/npm", "/api/v1/registries", "/x/y"])("leaves %s to others", (target) => {
    expect(npmAddressOf(parseRequestPath(target))).toBeNull();
  });
});
