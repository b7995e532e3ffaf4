import { isJsonObject } from "./packument/abbreviated-fields.ts";

/** Where the hosts lie whose repositories npm lets people write in a short form. */
const DOMAINS: Readonly<Record<string, string>> = {
  github: "github.com",
  gitlab: "gitlab.com",
  bitbucket: "bitbucket.org",
  gist: "gist.github.com",
  sourcehut: "git.sr.ht",
};
const KNOWN_DOMAINS: ReadonlySet<string> = new Set(Object.values(DOMAINS));

const URL_CHARS_MAX = 2000;
const SHORTHAND = /^[^\s/:@.][^\s/:@]*\/[^\s/:@]+$/;
const SHORTCUT = /^(github|gitlab|bitbucket|gist|sourcehut):(?:[^@/]*@)?(.+)$/;
const URL_FORM = /^(?:git\+)?(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?[/:](.+)$/i;
const SSH_FORM = /^(?:[^@/\s]+@)?([a-z0-9.-]+\.[a-z]+):(.+)$/i;

/**
 * The repository and commit that a dependency on a well-known git host means, in one spelling: npm respells such
 * dependencies when it publishes. Null for every other kind of dependency.
 *
 * @example gitSource("ada/engine#v1") === gitSource("git+ssh://git@github.com/ada/engine.git#v1") // true
 */
export function gitSource(range: string): string | null {
  const [place = "", ...fragments] = range.split("#");
  const found = placeOf(place);
  if (found === null || !KNOWN_DOMAINS.has(found.domain)) return null;
  const [path, branch] = found.path.split(/\/tree\/(.*)/s);
  const repository = (path ?? "").replace(/^\/|\/$/g, "").replace(/\.git$/, "");
  const name = found.domain === DOMAINS["gist"] ? repository.replace(/^.*\//, "") : repository;
  const committish = branch === undefined || branch === "" ? fragments.join("#") : branch;
  return `${found.domain}/${decoded(name)}#${decoded(committish)}`;
}

/**
 * The web page of a manifest's `repository`, which is a text or an object with a `url`; null if it has none on https or
 * http.
 *
 * @example repositoryPage("git+ssh://git@github.com/ada/engine.git") // "https://github.com/ada/engine"
 */
export function repositoryPage(repository: unknown): string | null {
  const url = isJsonObject(repository) ? repository["url"] : repository;
  if (typeof url !== "string" || url.length > URL_CHARS_MAX) return null;
  const [place = ""] = url.trim().split("#");
  const web = /^(?:git\+)?(https?:.*)$/i.exec(place)?.[1];
  if (web !== undefined) return webPage(web.replace(/\.git$/, ""));
  const found = placeOf(place);
  if (found === null || found.domain === "") return webPage(place);
  const path = found.path.replace(/^\/|\/$/g, "").replace(/\.git$/, "");
  return webPage(`https://${found.domain}/${path}`);
}

/** A link that a page may show: an address on https or http, without a credential. Null for everything else. */
export function webPage(link: unknown): string | null {
  if (typeof link !== "string" || link.length > URL_CHARS_MAX || !URL.canParse(link)) return null;
  const url = new URL(link);
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  return isWeb && url.username === "" && url.password === "" ? url.href : null;
}

function placeOf(place: string): { domain: string; path: string } | null {
  if (SHORTHAND.test(place)) return { domain: "github.com", path: place };
  const shortcut = SHORTCUT.exec(place);
  if (shortcut !== null) return { domain: DOMAINS[shortcut[1] ?? ""] ?? "", path: shortcut[2] ?? "" };
  const address = URL_FORM.exec(place) ?? SSH_FORM.exec(place);
  if (address === null) return null;
  const [, host = "", path = ""] = address;
  return { domain: host.toLowerCase().replace(/^www\./, ""), path };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // npm leaves what it cannot decode as it is
  }
}
