import { describe, expect, it } from "vitest";
import { compilePattern, matchPattern } from "./match-route.ts";

function match(pattern: string, path: string): Record<string, string> | null {
  const params = matchPattern(
    compilePattern(pattern),
    path.split("/").filter((part) => part !== ""),
  );
  if (params === null) return null;
  return {
    ...Object.fromEntries(params.values),
    ...(params.package === undefined ? {} : { package: params.package.full }),
  };
}

describe("matchPattern", () => {
  it.each([
    ["/:package", "left", { package: "left" }],
    ["/:package", "@s/n", { package: "@s/n" }],
    ["/:package/-/:rest", "@s/n/-/n-1.0.0.tgz", { package: "@s/n", rest: "n-1.0.0.tgz" }],
    ["/:package/-/:rest", "@s/n/-/@s/n-1.0.0.tgz", { package: "@s/n", rest: "@s/n-1.0.0.tgz" }],
    ["/:package/:rest", "@s/n/^1.0.0", { package: "@s/n", rest: "^1.0.0" }],
    ["/:package/-rev/:rev", "left/-rev/3-abc", { package: "left", rev: "3-abc" }],
    [
      "/-/package/:package/dist-tags/:rest",
      "-/package/@s/n/dist-tags/next/x",
      { package: "@s/n", rest: "next/x" },
    ],
    ["/-/user/org.couchdb.user:{user}", "-/user/org.couchdb.user:ada", { user: "ada" }],
    ["/", "", {}],
  ])("%s takes %s", (pattern, path, params) => {
    expect(match(pattern, path)).toEqual(params);
  });

  it.each([
    ["/:package", "-"],
    ["/:package", "@s"],
    ["/:package", "left/1.0.0"],
    ["/:package/:rest", "-/unknown"],
    ["/:package/-/:rest", "left/-"],
    ["/-/user/org.couchdb.user:{user}", "-/user/org.couchdb.user:"],
    ["/-/ping", "-/pong"],
  ])("%s leaves %s", (pattern, path) => {
    expect(match(pattern, path)).toBeNull();
  });

  it("refuses a name that cannot be one", () => {
    expect(() => match("/:package", ".hidden")).toThrow(/name/);
  });
});
