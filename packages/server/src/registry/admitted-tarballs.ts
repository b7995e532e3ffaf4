import { LRUCache } from "lru-cache";

const ADMITTED_MAX = 20_000;

/** A tarball that the gate let pass; its bytes are in the blob cache or the store. */
export interface Tarball {
  digest: string;
  sizeBytes: number;
  /** True while it is remembered and no change may lead to another answer. */
  isCurrent(): boolean;
}

/** A tarball as it is remembered. */
export interface Admitted extends Tarball {
  isDropped: boolean;
}

/** What was admitted lately, by package and version. A package's key is `<registry id>\n<name>`. */
export interface AdmittedTarballs {
  get(packageKey: string, version: string): Admitted | undefined;
  add(packageKey: string, version: string, tarball: Admitted): void;
  drop(packageKey: string, version: string): void;
  /** Drops what a change concerns: a package in a registry, or in all, or a whole registry, or everything. */
  revoke(registryId: string | null, name: string | null): void;
}

/** Makes the memory, bounded in entries. */
export function createAdmitted(): AdmittedTarballs {
  const versionsByPackage = new Map<string, Map<string, Admitted>>();
  const recent = new LRUCache<string, Admitted>({
    max: ADMITTED_MAX,
    dispose: (tarball, key) => {
      tarball.isDropped = true;
      const end = key.lastIndexOf("\n");
      const versions = versionsByPackage.get(key.slice(0, end));
      versions?.delete(key.slice(end + 1));
      if (versions?.size === 0) versionsByPackage.delete(key.slice(0, end));
    },
  });

  function dropPackage(packageKey: string): void {
    const versions = versionsByPackage.get(packageKey);
    for (const version of Array.from(versions?.keys() ?? [])) recent.delete(`${packageKey}\n${version}`);
  }

  return {
    get: (packageKey, version) => recent.get(`${packageKey}\n${version}`),
    add(packageKey, version, tarball) {
      recent.delete(`${packageKey}\n${version}`);
      const versions = versionsByPackage.get(packageKey) ?? new Map<string, Admitted>();
      versionsByPackage.set(packageKey, versions.set(version, tarball));
      tarball.isDropped = false;
      recent.set(`${packageKey}\n${version}`, tarball);
    },
    drop: (packageKey, version) => void recent.delete(`${packageKey}\n${version}`),
    revoke(registryId, name) {
      if (registryId !== null && name !== null) {
        dropPackage(`${registryId}\n${name}`);
        return;
      }
      const isMeant = packageFilter(registryId, name);
      for (const packageKey of Array.from(versionsByPackage.keys())) {
        if (isMeant(packageKey)) dropPackage(packageKey);
      }
    },
  };
}

/** Tells which packages' keys a change concerns; null stands for every registry and for every name. */
export function packageFilter(
  registryId: string | null,
  name: string | null,
): (packageKey: string) => boolean {
  if (name === null) return (packageKey) => registryId === null || packageKey.startsWith(`${registryId}\n`);
  if (registryId === null) return (packageKey) => packageKey.endsWith(`\n${name}`);
  return (packageKey) => packageKey === `${registryId}\n${name}`;
}
