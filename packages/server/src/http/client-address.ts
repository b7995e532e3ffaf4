import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";
import { EntrepotError, isEntrepotError } from "@entrepot/core";

/** How a client reached us. */
export interface ClientAddress {
  /** Scheme, host and port, as the client wrote them: `https://npm.example`. */
  origin: string;
  /** Path that a trusted proxy strips before it asks us: empty or `/…` without a trailing slash. */
  pathPrefix: string;
  /** Host name without port, lower case. */
  hostName: string;
  /** The client's own address as far as trusted proxies tell it. */
  ip: string;
}

/** Reads who asked, and under which address. */
export interface AddressReader {
  read(request: IncomingMessage): ClientAddress;
  /** The client's own address alone, which is known even where the request names no host. Never throws. */
  ip(request: IncomingMessage): string;
  /** True when the request's forwarding headers count, so that its `Host` alone does not tell the address. */
  isForwarded(request: IncomingMessage): boolean;
}

const HOST_PATTERN = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const PREFIX_PATTERN = /^(?:\/[A-Za-z0-9._~-]+)+$/;

/**
 * Makes the reader. `X-Forwarded-Proto`, `-Host`, `-Prefix` and `-For` count only from the proxies listed;
 * entries are addresses, CIDR ranges or `loopback`.
 */
export function createAddressReader(trustedProxies: readonly string[]): AddressReader {
  const isTrusted = createTrustCheck(trustedProxies);

  function isForwarded(request: IncomingMessage): boolean {
    return isTrusted !== null && isTrusted(request.socket.remoteAddress ?? "");
  }

  return {
    isForwarded,
    read(request) {
      const remote = plainAddress(request.socket.remoteAddress ?? "");
      if (isTrusted === null || !isTrusted(remote)) {
        return { ...addressOf("http", request.headers.host ?? ""), pathPrefix: "", ip: remote };
      }
      const scheme = forwarded(request, "x-forwarded-proto") === "https" ? "https" : "http";
      const host = forwarded(request, "x-forwarded-host") ?? request.headers.host ?? "";
      return {
        ...addressOf(scheme, host),
        pathPrefix: prefixOf(request),
        ip: clientOf(request, remote, isTrusted),
      };
    },
    ip(request) {
      const remote = plainAddress(request.socket.remoteAddress ?? "");
      return isTrusted === null || !isTrusted(remote) ? remote : clientOf(request, remote, isTrusted);
    },
  };
}

/** This server's base URL as a client addresses it, without a trailing slash; null when the request names no host. */
export function baseUrlOf(
  { publicUrl }: { publicUrl: string | null },
  addresses: AddressReader,
  request: IncomingMessage,
): string | null {
  if (publicUrl !== null) return publicUrl;
  try {
    const { origin, pathPrefix } = addresses.read(request);
    return `${origin}${pathPrefix}`;
  } catch (error) {
    if (isEntrepotError(error, "request-invalid")) return null;
    throw error;
  }
}

/** The origins that this server's own pages have in the browser that sent a request from this address. */
export function ownOrigins(
  { publicUrl }: { publicUrl: string | null },
  { origin }: Pick<ClientAddress, "origin">,
): string[] {
  return [origin, ...(publicUrl === null ? [] : [publicUrl])].flatMap((url) =>
    // A host that is none, such as one with the port 99999, is no browser's origin.
    URL.canParse(url) ? [new URL(url).origin] : [],
  );
}

type TrustCheck = (address: string) => boolean;

function createTrustCheck(entries: readonly string[]): TrustCheck | null {
  if (entries.length === 0) return null;
  const ranges = entries
    .flatMap((entry) => (entry === "loopback" ? ["127.0.0.0/8", "::1/128"] : [entry]))
    .map((entry) => {
      const parsed = entry.includes("/") ? ipaddr.parseCIDR(entry) : null;
      if (parsed !== null) return parsed;
      const address = ipaddr.parse(entry);
      return [address, address.kind() === "ipv4" ? 32 : 128] as [ipaddr.IPv4 | ipaddr.IPv6, number];
    });
  return (text) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
  };
}

function addressOf(scheme: string, host: string): { origin: string; hostName: string } {
  if (!HOST_PATTERN.test(host)) {
    throw new EntrepotError("request-invalid", { message: "The Host header does not name one host." });
  }
  const lower = host.toLowerCase();
  return { origin: `${scheme}://${lower}`, hostName: lower.replace(/:\d+$/, "") };
}

// Proxies append to these headers; the first entry is what the client itself wrote.
function forwarded(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  const text = Array.isArray(value) ? value[0] : value;
  const first = text?.split(",")[0]?.trim();
  return first === undefined || first === "" ? null : first;
}

function prefixOf(request: IncomingMessage): string {
  const prefix = forwarded(request, "x-forwarded-prefix")?.replace(/\/$/, "") ?? "";
  return PREFIX_PATTERN.test(prefix) ? prefix : "";
}

// The last address that no trusted proxy vouches for; whatever stands before it the client may have made up.
function clientOf(request: IncomingMessage, remote: string, isTrusted: TrustCheck): string {
  const value = request.headers["x-forwarded-for"];
  const hops = (Array.isArray(value) ? value.join(",") : (value ?? "")).split(",").map((hop) => hop.trim());
  for (const hop of hops.reverse()) {
    if (!ipaddr.isValid(hop)) break;
    if (!isTrusted(hop)) return plainAddress(hop);
  }
  return remote;
}

/** An IPv4 address as such, where the socket spells it inside an IPv6 one. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}
