import { EntrepotError } from "@entrepot/core";
import ipaddr from "ipaddr.js";

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Checks a list of CIDR ranges or single addresses and gives each in its usual form. Throws request-invalid.
 *
 * @example checkedNetworks(["10.1.2.3/8", "::1"]) // ["10.0.0.0/8", "::1/128"]
 */
export function checkedNetworks(list: readonly string[]): string[] {
  return list.map((text) => {
    const range = rangeOf(text);
    if (range === null) {
      throw new EntrepotError("request-invalid", {
        message: `"${text}" is not a network; write it as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32.`,
      });
    }
    const [address, bits] = range;
    const network =
      address.kind() === "ipv4"
        ? ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/${bits}`)
        : ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${bits}`);
    return `${network.toString()}/${bits}`;
  });
}

/** Makes the test whether an address lies in one of the networks, which were checked before. */
export function createNetworkCheck(networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map(rangeOf).filter((range) => range !== null);
  return (text) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return ranges.some((range) => contains(range, address));
  };
}

/** Tells whether a network lies in one of others; all were checked before. */
export function isWithin(network: string, others: readonly string[]): boolean {
  const inner = rangeOf(network);
  if (inner === null) return false;
  return others.some((other) => {
    const outer = rangeOf(other);
    return outer !== null && outer[1] <= inner[1] && contains(outer, inner[0]);
  });
}

function contains([range, bits]: Range, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return range.kind() === address.kind() && address.match(range, bits);
}

/** Four decimal parts: what else the notation of old allows, nobody means. */
const FOUR_PARTS = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;
const MAPPED_BITS = 96;

function rangeOf(text: string): Range | null {
  const [address = "", ...rest] = text.split("/");
  if (!address.includes(":") && !FOUR_PARTS.test(address)) return null;
  if (rest.length === 0 ? !ipaddr.isValid(text) : !ipaddr.isValidCIDR(text)) return null;
  const parsed = ipaddr.parse(address);
  const all = parsed.kind() === "ipv4" ? 32 : 128;
  const bits = rest.length === 0 ? all : Number(rest[0]);
  // An IPv4 network in the spelling of IPv6 is one of IPv4, as its addresses are.
  const isMapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && bits >= MAPPED_BITS;
  return isMapped ? [parsed.toIPv4Address(), bits - MAPPED_BITS] : [parsed, bits];
}
