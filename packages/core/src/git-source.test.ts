import { describe, expect, test } from "vitest";
import { gitSource, repositoryPage, webPage } from "./git-source.ts";

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

test.each([
  ["git+https://github.com/ada/engine.git", "https://github.com/ada/engine"],
  [{ type: "git", url: "git+ssh://git@github.com/ada/engine.git" }, "https://github.com/ada/engine"],
  ["git://git.example/ada/engine", "https://git.example/ada/engine"],
  ["ada/engine", "https://github.com/ada/engine"],
  ["gitlab:ada/engine#main", "https://gitlab.com/ada/engine"],
  ["git@git.example:ada/engine.git", "https://git.example/ada/engine"],
  ["http://git.example/ada/engine.git", "http://git.example/ada/engine"],
])("the page of the repository %j is %s", (repository, page) => {
  expect(repositoryPage(repository)).toBe(page);
});

test.each([
  ["javascript:alert(1)"],
  ["JAVASCRIPT://x/%0aalert(1)"],
  ["data:text/html,<script>alert(1)</script>"],
  ["file:///etc/passwd"],
  ["https://ada:secret@example.test/"],
  ["//example.test/"],
  [{ url: ["https://example.test/"] }],
  [null],
  ["https://example.test/" + "a".repeat(3000)],
])("%j is no link that a page may show", (link) => {
  expect(webPage(link)).toBeNull();
  expect(repositoryPage(link)).toBeNull();
});
