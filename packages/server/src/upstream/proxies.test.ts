import { expect, test } from "vitest";

import { proxyFor } from "./proxies.ts";

const proxies = { http: "http://plain.example:3128", https: "http://secure.example:3128" };

function proxied(url: string, no: string | null): string | null {
  return proxyFor({ ...proxies, no }, new URL(url));
}

test("the scheme of the URL chooses the proxy", () => {
  expect(proxied("http://up.example/", null)).toBe(proxies.http);
  expect(proxied("https://up.example/", null)).toBe(proxies.https);
  expect(proxyFor({ http: null, https: null, no: null }, new URL("https://up.example/"))).toBeNull();
});

test.each([
  ["up.example", true],
  [".example", true],
  ["*.example", true],
  ["example", true],
  ["UP.Example", true],
  ["*", true],
  ["other.test, up.example", true],
  ["other.test up.example", true],
  ["up.example:443", true],
  ["up.example:80", false],
  ["p.example", false],
  ["sub.up.example", false],
  ["", false],
])("%j keeps https://up.example/ from the proxy: %s", (no, direct) => {
  expect(proxied("https://up.example/", no) === null).toBe(direct);
});

test.each([
  ["10.0.0.0/8", "http://10.1.2.3/", true],
  ["10.0.0.0/8", "http://11.1.2.3/", false],
  ["127.0.0.1", "http://127.0.0.1:4873/", true],
  ["127.0.0.1:4873", "http://127.0.0.1:4873/", true],
  ["::1", "http://[::1]:4873/", true],
  ["[::1]:4873", "http://[::1]:4873/", true],
  ["fd00::/8", "http://[fd00::1]/", true],
  ["fd00::/8", "http://10.0.0.1/", false],
  [".1", "http://10.0.0.1/", false],
])("%j keeps %s from the proxy: %s", (no, url, direct) => {
  expect(proxied(url, no) === null).toBe(direct);
});
