import { expect, it } from "vitest";
import { loadConfig } from "./load.ts";
import type { AdvisorySettings } from "./config.ts";

function advisories(file: string, env: Record<string, string> = {}): AdvisorySettings {
  const config = loadConfig({
    env: { ENTREPOT_CONFIG: "/etc/entrepot/entrepot.yaml", ...env },
    cwd: "/work",
    readFile: () => file,
  });
  return config.advisories;
}

it("takes the public feeds when nothing is said", () => {
  const { feeds, refreshMinutes } = advisories("port: 1\n");
  expect(feeds.map(({ name, kind }) => `${name} ${kind}`)).toEqual(["osv osv", "kev kev", "epss epss"]);
  expect(feeds.every(({ url }) => url.startsWith("https://"))).toBe(true);
  expect(refreshMinutes).toBe(60);
});

it("takes none, an empty list, a list alone and a mapping", () => {
  expect(advisories("advisories: none\n").feeds).toEqual([]);
  expect(advisories("advisories: []\n").feeds).toEqual([]);
  expect(advisories("advisories: [{ name: a, url: 'http://a.test/x.zip' }]\n").feeds).toEqual([
    { name: "a", kind: "osv", url: "http://a.test/x.zip", allowedHosts: [] },
  ]);
  const settings = advisories("advisories: { refreshMinutes: 15, feeds: [] }\n");
  expect(settings).toMatchObject({ refreshMinutes: 15, feeds: [] });
});

it("lets the environment switch it off", () => {
  expect(
    advisories("advisories: [{ name: a, url: a.zip }]\n", { ENTREPOT_ADVISORIES: "none" }).feeds,
  ).toEqual([]);
});

it("starts paths from the folder of the file", () => {
  const text = "advisories: [{ name: a, url: mirror/ }, { name: b, url: 'file:///srv/b.zip' }]\n";
  expect(advisories(text).feeds.map(({ url }) => url)).toEqual(["/etc/entrepot/mirror/", "/srv/b.zip"]);
});

it.each([
  ["another word", "advisories: never", 'found "never"; allowed: none, a list of feeds, or a mapping'],
  ["a name twice", "advisories: [{ name: a, url: x }, { name: a, url: y }]", '"a" is there twice'],
  ["the name of own ones", "advisories: [{ name: own, url: x }]", "and not own"],
  ["a URL of another scheme", "advisories: [{ name: a, url: 'ftp://a/x' }]", "an http or https URL"],
  ["a URL with a password", "advisories: [{ name: a, url: 'http://u:p@a/x' }]", "without credentials"],
  ["an unknown key", "advisories: { feed: [] }", "did you mean advisories.feeds?"],
  ["an unknown key of a feed", "advisories: [{ name: a, link: x }]", "advisories.feeds[0].link: no such key"],
  ["an odd interval", "advisories: { refreshMinutes: 7 }", "divided by"],
  ["a short fingerprint", "advisories: { trustedKeys: [abc] }", "64 hexadecimal digits"],
])("refuses %s", (_, text, message) => {
  expect(() => advisories(`${text}\n`)).toThrow(message);
});
