import type { LockedPackage } from "../lockfiles/lockfile.ts";

/** A host that a lockfile's tarballs come from. */
export interface LockfileHost {
  /** With its port, if it has one. */
  host: string;
  entries: number;
  /** True if its entries count as this registry's. */
  isChecked: boolean;
}

/** A lockfile's entries by where they come from. */
export interface SplitByHost {
  /** What a client would ask this registry for. */
  here: LockedPackage[];
  /** What it would fetch from somewhere else. */
  elsewhere: { item: LockedPackage; host: string }[];
  /** The hosts that the file names, the commonest first. */
  hosts: LockfileHost[];
}

/**
 * Tells the entries that a client would ask a registry for from those of other registries. To it belong entries
 * that name no host, those of hosts that are known to be its own or its upstreams', and those of the commonest host
 * of the file, which the registry is to stand in for.
 */
export function splitByHost(packages: readonly LockedPackage[], known: ReadonlySet<string>): SplitByHost {
  const counts = new Map<string, number>();
  const placed = packages.map((item) => ({ item, host: hostOf(item) }));
  for (const { host } of placed) if (host !== null) counts.set(host, (counts.get(host) ?? 0) + 1);
  const sorted = [...counts].toSorted((one, other) => other[1] - one[1]);
  const commonest = sorted[0]?.[0];
  const isOurs = (host: string): boolean => host === commonest || known.has(host);
  const split: SplitByHost = { here: [], elsewhere: [], hosts: [] };
  for (const { item, host } of placed) {
    if (host === null || isOurs(host)) split.here.push(item);
    else split.elsewhere.push({ item, host });
  }
  split.hosts = sorted.map(([host, entries]) => ({ host, entries, isChecked: isOurs(host) }));
  return split;
}

function hostOf({ resolved }: LockedPackage): string | null {
  return resolved !== null && URL.canParse(resolved) ? new URL(resolved).host : null;
}
