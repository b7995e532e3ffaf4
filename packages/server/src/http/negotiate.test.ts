import { describe, expect, it } from "vitest";
import { acceptsGzip, preferredForm } from "./negotiate.ts";

describe("preferredForm", () => {
  it.each([
    [undefined, "full"],
    ["*/*", "full"],
    ["application/json", "full"],
    ["application/json; q=1.0, */*", "full"],
    ["application/json;", "full"],
    ["application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*", "abbreviated"],
    ["application/vnd.npm.install-v1+json", "abbreviated"],
    ["application/vnd.npm.install-v1+json; q=0, application/json", "full"],
    ["application/json, application/vnd.npm.install-v1+json;q=0.5", "full"],
  ])("%s means %s", (accept, form) => {
    expect(preferredForm(accept)).toBe(form);
  });
});

describe("acceptsGzip", () => {
  it.each([
    ["gzip,deflate", true],
    ["zstd,gzip,deflate", true],
    ["gzip/deflate", false],
    ["br", false],
    ["identity, gzip;q=0", false],
    ["*", true],
    [undefined, false],
  ])("%s: %s", (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});
