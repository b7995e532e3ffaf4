import type { IncomingMessage } from "node:http";
import { LRUCache } from "lru-cache";
import { isEntrepotError } from "@entrepot/core";
import type { AddressReader } from "./client-address.ts";

/** Spellings of host names that are remembered. */
const HOSTS_MAX = 1000;

/** Finds what answers a request by the host that it addresses. */
export interface Sites<Site> {
  /** Never throws: a request without a usable host is for the main site, which says what is wrong with it. */
  of(request: IncomingMessage): Site;
  all(): Site[];
}

/**
 * Makes the choice between sites by host name. A site's own registries may have hosts too: `ownsHost` tells whether a
 * site has one of that name. What is no site's is for the main one.
 */
export function createSites<Site>(
  sites: { main: Site; hosted: ReadonlyMap<string, Site> },
  addresses: AddressReader,
  ownsHost: (site: Site, hostName: string) => boolean,
): Sites<Site> {
  const { main, hosted } = sites;
  const all = [main, ...hosted.values()];
  if (hosted.size === 0) return { of: () => main, all: () => all };
  const hostNames = new LRUCache<string, string>({ max: HOSTS_MAX });

  function hostNameOf(request: IncomingMessage): string {
    const { host = "" } = request.headers;
    const known = addresses.isForwarded(request) ? undefined : hostNames.get(host);
    if (known !== undefined) return known;
    const { hostName } = addresses.read(request);
    if (!addresses.isForwarded(request)) hostNames.set(host, hostName);
    return hostName;
  }

  return {
    of(request) {
      try {
        const hostName = hostNameOf(request);
        return hosted.get(hostName) ?? all.find((site) => ownsHost(site, hostName)) ?? main;
      } catch (error) {
        if (isEntrepotError(error, "request-invalid")) return main;
        throw error;
      }
    },
    all: () => all,
  };
}
