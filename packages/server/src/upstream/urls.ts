import { parsePackageName } from "@entrepot/core";

import type { Upstream } from "./upstream.ts";

type Target = Pick<Upstream, "url" | "settings">;

/** URL of a package's document; the slash of a scoped name is `%2f`, as npm writes it. */
export function documentUrl(upstream: Pick<Upstream, "url">, name: string): URL {
  const { full } = parsePackageName(name);
  const path = full.startsWith("@") ? `@${encodeURIComponent(full.slice(1))}` : encodeURIComponent(full);
  return new URL(`${upstream.url}${path.replace("%2F", "%2f")}`);
}

/** Where a tarball lies by convention. `version` in the upstream's own spelling. */
export function conventionalTarballUrl(upstream: Pick<Upstream, "url">, name: string, version: string): URL {
  const { full, base } = parsePackageName(name);
  return new URL(`${upstream.url}${full}/-/${base}-${encodeURIComponent(version)}.tgz`);
}

/**
 * URL to fetch the tarball from that a document names; null when it lies where this upstream may not send us.
 * A document that writes `http:` for its own https host, as servers behind a proxy do, is read as https.
 */
export function promisedTarballUrl(upstream: Target, promised: string | null): URL | null {
  if (promised === null || !URL.canParse(promised)) return null;
  const url = new URL(promised);
  // Nearly always it lies where the upstream itself does.
  if (promised.startsWith(upstream.url) && url.username === "" && url.password === "") return url;
  const own = new URL(upstream.url);
  if (url.hostname === own.hostname && url.protocol === "http:" && own.protocol === "https:") {
    url.protocol = own.protocol;
    url.port = own.port;
  }
  url.username = "";
  url.password = "";
  return mayFollow(upstream, url) ? url : null;
}

/**
 * Tells whether an upstream may send us to `url` by a redirect or as a tarball's place: to its own host or to one
 * that the operator allowed, and never from https to http.
 */
export function mayFollow(upstream: Target, url: URL): boolean {
  const own = new URL(upstream.url);
  if (url.protocol !== "https:" && url.protocol !== "http:") return false;
  if (own.protocol === "https:" && url.protocol === "http:") return false;
  return isOwnHost(own, url) || upstream.settings.allowedHosts.some((allowed) => isHost(allowed, url));
}

/** The same host and port, or the https port of the same host name. */
function isOwnHost(own: URL, url: URL): boolean {
  if (url.host === own.host) return true;
  return url.hostname === own.hostname && url.protocol === "https:" && url.port === "" && own.port === "";
}

function isHost(allowed: string, url: URL): boolean {
  const wanted = allowed.toLowerCase();
  return wanted === url.hostname || wanted === url.host || wanted === `${url.hostname}:${portOf(url)}`;
}

/** The port that a URL leads to, also where it is the scheme's own. */
export function portOf(url: URL): string {
  if (url.port !== "") return url.port;
  return url.protocol === "https:" ? "443" : "80";
}
