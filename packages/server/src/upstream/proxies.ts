import { isIP } from "node:net";

import ipaddr from "ipaddr.js";

import { portOf } from "./urls.ts";

/** Proxies for outbound requests; URLs. `no`: hosts reached without one, separated by commas or spaces. */
export interface ProxySettings {
  http: string | null;
  https: string | null;
  no: string | null;
}

/** The proxy to use for a URL, or null for none. */
export function proxyFor(settings: ProxySettings, url: URL): string | null {
  const proxy = url.protocol === "https:" ? settings.https : settings.http;
  if (proxy === null || proxy === "" || bypasses(settings.no, url)) return null;
  return proxy;
}

function bypasses(no: string | null, url: URL): boolean {
  const entries = (no ?? "").toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => entry !== "" && matches(entry, url));
}

/** An entry is `*`, `host`, `.domain`, `*.domain`, an address or a range of addresses, each perhaps with `:port`. */
function matches(entry: string, url: URL): boolean {
  if (entry === "*") return true;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const [, name = entry, port] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (port !== undefined && port !== portOf(url)) return false;
  const bare = name.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0) return bare === host || isInRange(bare, host);
  const domain = bare.replace(/^\*?\./, "");
  return host === domain || host.endsWith(`.${domain}`);
}

function isInRange(range: string, address: string): boolean {
  if (!ipaddr.isValidCIDR(range)) return false;
  const parsed = ipaddr.parse(address);
  const [network, bits] = ipaddr.parseCIDR(range);
  return parsed.kind() === network.kind() && parsed.match(network, bits);
}
