import { describe, expect, test } from "vitest";
import { gitSource } from "./git-source.ts";

describe("a repository on a well-known host is the same however it is written", () => {
  test.each([
    ["ada/engine", "github:ada/engine"],
    ["ada/engine#v1", "git+ssh://git@github.com/ada/engine.git#v1"],
    ["ada/engine#a%2Fb", "github:ada/engine#a/b"],
    ["git@github.com:ada/engine.git", "git+ssh://git@github.com/ada/engine.git"],
    ["git+ssh://git@github.com:ada/engine.git#v1", "git+ssh://git@github.com/ada/engine.git#v1"],
    ["https://github.com/ada/engine", "git+https://github.com/ada/engine.git"],
    ["https://www.github.com/ada/engine/", "git+https://github.com/ada/engine.git"],
    ["https://github.com/ada/engine/tree/next", "git+https://github.com/ada/engine.git#next"],
    ["https://ada:secret@github.com/ada/engine.git", "git+https://ada:secret@github.com/ada/engine.git"],
    ["gitlab:group/part/engine#v1", "https://gitlab.com/group/part/engine.git#v1"],
    ["bitbucket:ada/engine", "https://bitbucket.org/ada/engine"],
    ["https://gist.github.com/ada/11081aaa281", "gist:11081aaa281"],
  ])("%s is %s", (one, other) => {
    expect(gitSource(one)).not.toBeNull();
    expect(gitSource(one)).toBe(gitSource(other));
  });
});

test.each([
  ["ada/engine", "eve/engine"],
  ["ada/engine#v1", "ada/engine#v2"],
  ["github:ada/engine", "gitlab:ada/engine"],
  ["github:ada/engine", "https://github.com.example.test/ada/engine"],
])("%s is not %s", (one, other) => {
  expect(gitSource(one)).not.toBe(gitSource(other));
});

test.each([
  "^1.0.0",
  "latest",
  "",
  "npm:left@^1.0.0",
  "workspace:*",
  "file:../x",
  "./x/y",
  "/x/y",
  "@scope/name",
  "https://example.test/x.tgz",
  "git+https://example.test/ada/engine.git",
])("%j is none", (range) => {
  expect(gitSource(range)).toBeNull();
});
