import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

import ipaddr from "ipaddr.js";

/** Code of the error of a connection that was refused because of where it led. */
export const PRIVATE_ADDRESS = "ENTREPOT_PRIVATE_ADDRESS";

/** Tells whether an IP address is one that only this machine or network can mean. */
export function isPrivateAddress(address: string): boolean {
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  // NAT64: a public IPv4 address in an IPv6 one, as networks without IPv4 resolve it.
  if (range === "rfc6052") return isPrivateAddress(parsed.toByteArray().slice(12).join("."));
  return range !== "unicast";
}

/** The same for a URL's host; null when only the name service can tell. */
export function isPrivateHost(hostname: string): boolean | null {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) return isPrivateAddress(host);
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  return null;
}

/** Asks the name service whether a host has a private address; a name that is unknown has none. */
export async function resolvesToPrivate(hostname: string): Promise<boolean> {
  const known = isPrivateHost(hostname);
  if (known !== null) return known;
  return new Promise((resolve) => {
    dnsLookup(hostname, { all: true }, (error, addresses) => {
      resolve(error === null && addresses.some(({ address }) => isPrivateAddress(address)));
    });
  });
}

/**
 * A name look-up for connections that an upstream may steer: every host but its own loses its private addresses,
 * so that a redirect or a tarball's URL cannot reach into this network. `mayBePrivate` is asked only when needed.
 */
export function guardedLookup(ownHostname: string, mayBePrivate: () => Promise<boolean>): LookupFunction {
  return (hostname, options, callback) => {
    const all: LookupOptions = { ...options, all: true };
    dnsLookup(hostname, all, (error, found) => {
      if (error !== null) return callback(error, "", 0);
      const addresses = found as unknown as LookupAddress[];
      if (hostname === ownHostname || !addresses.some(({ address }) => isPrivateAddress(address))) {
        return answer(addresses);
      }
      mayBePrivate().then(
        (allowed) =>
          answer(allowed ? addresses : addresses.filter(({ address }) => !isPrivateAddress(address))),
        (cause: unknown) => callback(cause as NodeJS.ErrnoException, "", 0),
      );
    });

    function answer(addresses: LookupAddress[]): void {
      const [first] = addresses;
      if (first === undefined) return callback(refused(hostname), "", 0);
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    }
  };
}

function refused(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has private addresses only`), { code: PRIVATE_ADDRESS });
}
