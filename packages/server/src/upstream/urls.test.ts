import { expect, test } from "vitest";

import type { Upstream } from "./upstream.ts";
import { DEFAULT_UPSTREAM_SETTINGS } from "./upstream.ts";
import { conventionalTarballUrl, documentUrl, mayFollow, promisedTarballUrl } from "./urls.ts";

function upstreamAt(url: string, allowedHosts: string[] = []): Upstream {
  const settings = { ...DEFAULT_UPSTREAM_SETTINGS, allowedHosts };
  return { id: "u1", name: "up", url, credential: null, settings };
}

test.each([
  ["left-pad", "https://up.example/npm/left-pad"],
  ["@acme/left-pad", "https://up.example/npm/@acme%2fleft-pad"],
  ["JSONStream", "https://up.example/npm/JSONStream"],
  ["it's(fun)*", "https://up.example/npm/it's(fun)*"],
])("the document of %s", (name, url) => {
  expect(documentUrl(upstreamAt("https://up.example/npm/"), name).href).toBe(url);
});

test.each(["", "..", "../x", "@../x", "@s/..", "a/b", "@s/a/b", "a?b", "a#b", "a%2fb", "-", "@s/-"])(
  "%j has no document",
  (name) => {
    expect(() => documentUrl(upstreamAt("https://up.example/"), name)).toThrow();
  },
);

test("the conventional tarball has the raw slash and the upstream's spelling", () => {
  const upstream = upstreamAt("https://up.example/npm/");
  const url = conventionalTarballUrl(upstream, "@acme/left-pad", "1.0.0+build.5");
  expect(url.href).toBe("https://up.example/npm/@acme/left-pad/-/left-pad-1.0.0%2Bbuild.5.tgz");
});

test.each([
  ["https://up.example/npm/x/-/x-1.0.0.tgz", true],
  ["https://up.example/elsewhere.tgz", true],
  ["https://up.example:444/x.tgz", false],
  ["https://cdn.example/x.tgz", true],
  ["https://cdn.example:8443/x.tgz", true],
  ["https://files.example:9000/x.tgz", true],
  ["https://files.example/x.tgz", false],
  ["https://evil.example/x.tgz", false],
  ["https://up.example.evil.example/x.tgz", false],
  ["http://cdn.example/x.tgz", false],
  ["ftp://up.example/x.tgz", false],
  ["file:///etc/passwd", false],
])("an https upstream may send us to %s: %s", (url, allowed) => {
  const upstream = upstreamAt("https://up.example/npm/", ["cdn.example", "files.example:9000"]);
  expect(mayFollow(upstream, new URL(url))).toBe(allowed);
});

test("an http upstream may move to https on its own host, and to no other port", () => {
  const upstream = upstreamAt("http://up.example/");
  expect(mayFollow(upstream, new URL("https://up.example/x"))).toBe(true);
  expect(mayFollow(upstream, new URL("http://up.example:9200/x"))).toBe(false);
  expect(mayFollow(upstreamAt("http://up.example:8080/"), new URL("https://up.example/x"))).toBe(false);
});

test("a tarball that a document places on http of its own host is fetched from where the upstream is", () => {
  const upstream = upstreamAt("https://up.example:8443/npm/");
  const url = promisedTarballUrl(upstream, "http://up.example/npm/x/-/x-1.0.0.tgz");
  expect(url?.href).toBe("https://up.example:8443/npm/x/-/x-1.0.0.tgz");
});

test("a tarball's place loses its credentials, and strange ones count as none", () => {
  const upstream = upstreamAt("https://up.example/");
  expect(promisedTarballUrl(upstream, "https://me:secret@up.example/x.tgz")?.href).toBe(
    "https://up.example/x.tgz",
  );
  expect(promisedTarballUrl(upstream, "https://evil.example/x.tgz")).toBeNull();
  expect(promisedTarballUrl(upstream, "not a url")).toBeNull();
  expect(promisedTarballUrl(upstream, null)).toBeNull();
});
