import ipaddr from "ipaddr.js";

/**
 * Tells from which place in the network an address is, for counting: an address of IPv4, or the first 64 bits of one of
 * IPv6, of which one host owns at least that many. What is no address stays as it is.
 */
export function networkPlace(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return parsed.toNormalizedString().split(":").slice(0, 4).join(":");
}
