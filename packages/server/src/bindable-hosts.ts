import type { Config } from "./config/index.ts";

/** The last label of what a browser or client reads as an IPv4 address, however it is spelled. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;

/**
 * Gives the rule for the host names of a workspace's registries: why a registry must not be bound to a name, or null
 * when it may. A name below the host of a workspace is that workspace's; the main one, whose own host is null, has all
 * others, that of `publicUrl` included. Nobody has an address, or a name by which a workspace is addressed.
 */
export function createHostRule(
  { publicUrl, workspaces }: Pick<Config, "publicUrl" | "workspaces">,
  ownHost: string | null,
): (hostName: string) => string | null {
  const workspaceHosts = workspaces.map(({ host }) => withoutPort(host));
  const publicHost = publicUrl === null ? null : new URL(publicUrl).hostname;
  const own = ownHost === null ? null : withoutPort(ownHost);

  function ownerOf(hostName: string): string | null {
    const owners = workspaceHosts.filter((host) => hostName.endsWith(`.${host}`));
    return owners.sort((one, other) => other.length - one.length)[0] ?? null;
  }

  return (hostName) => {
    // A server for one registry may well give it the server's own name.
    const isPublic = own !== null && hostName === publicHost;
    const isReserved = isOfThisMachine(hostName) || isPublic || workspaceHosts.includes(hostName);
    if (!isReserved && ownerOf(hostName) === own) return null;
    return own === null
      ? `A registry cannot be bound to "${hostName}"; take a name that is no address, not localhost, ` +
          "and not that of a workspace or below it."
      : `A registry of this workspace cannot be bound to "${hostName}"; take a name below ${own}, ` +
          `such as npm.${own}, that the server does not use otherwise.`;
  };
}

function isOfThisMachine(hostName: string): boolean {
  const last = hostName.slice(hostName.lastIndexOf(".") + 1);
  return hostName === "localhost" || NUMBER.test(last);
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, "");
}
