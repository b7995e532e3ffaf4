import { LRUCache } from "lru-cache";
import { askForCollection } from "../threads/index.ts";

/** What the cache needs to know of an entry. */
export interface CachedView {
  /** Bytes that the entry holds. */
  readonly weightBytes: number;
  /** Called when the cache has taken the entry in. */
  hold(): void;
  /** Called when the entry leaves the cache, for whatever reason. */
  drop(): void;
}

/** A cache bounded in bytes in which large documents cannot push out small ones. */
export interface ViewCache<V extends CachedView> {
  get(key: string): V | undefined;
  /** Keeps the view; one that is too large is dropped at once. */
  set(key: string, view: V): void;
  /** Drops every view of one package: the first two lines of their keys. */
  dropPackage(packageKey: string): void;
  /** Drops the views of a package in every registry. */
  dropName(name: string): void;
  /** Drops every view of a registry, or of all. */
  dropRegistry(registryId: string | null): void;
  readonly sizeBytes: number;
}

/** So much may leave the cache before the engine is asked to find it. */
const GARBAGE_BYTES_MAX = 8 * 1024 ** 2;
const LARGE_VIEW_BYTES = 128 * 1024;
/** What a key and the objects around the bytes take, roughly. */
const ENTRY_OVERHEAD_BYTES = 1024;

/** Makes a cache of `bytesMax`, half of it for documents above 128 KiB compressed. */
export function createViewCache<V extends CachedView>(bytesMax: number): ViewCache<V> {
  const keysByPackage = new Map<string, Set<string>>();
  const garbage = createGarbageCount();
  const segments = [LARGE_VIEW_BYTES, Number.POSITIVE_INFINITY].map(
    () =>
      new LRUCache<string, V>({
        maxSize: Math.max(1, Math.floor(bytesMax / 2)),
        sizeCalculation: (view) => view.weightBytes + ENTRY_OVERHEAD_BYTES,
        dispose: (view, key) => {
          view.drop();
          unindex(key);
          garbage.add(view.weightBytes);
        },
      }),
  );
  const [small, large] = segments as [LRUCache<string, V>, LRUCache<string, V>];

  function unindex(key: string): void {
    const packageKey = packageKeyOf(key);
    const keys = keysByPackage.get(packageKey);
    keys?.delete(key);
    if (keys?.size === 0) keysByPackage.delete(packageKey);
  }

  function drop(packageKey: string): void {
    for (const key of Array.from(keysByPackage.get(packageKey) ?? [])) {
      small.delete(key);
      large.delete(key);
    }
  }

  function dropWhere(isMeant: (packageKey: string) => boolean): void {
    for (const packageKey of Array.from(keysByPackage.keys())) if (isMeant(packageKey)) drop(packageKey);
  }

  return {
    get(key) {
      return small.get(key) ?? large.get(key);
    },
    set(key, view) {
      small.delete(key);
      large.delete(key);
      const segment = view.weightBytes > LARGE_VIEW_BYTES ? large : small;
      segment.set(key, view);
      // What is larger than the whole segment is not taken in.
      if (!segment.has(key)) return;
      const packageKey = packageKeyOf(key);
      keysByPackage.set(packageKey, (keysByPackage.get(packageKey) ?? new Set()).add(key));
      view.hold();
    },
    dropPackage: drop,
    dropName: (name) => dropWhere((packageKey) => packageKey.endsWith(`\n${name}`)),
    dropRegistry(registryId) {
      dropWhere((packageKey) => registryId === null || packageKey.startsWith(`${registryId}\n`));
    },
    get sizeBytes() {
      return small.calculatedSize + large.calculatedSize;
    },
  };
}

function createGarbageCount(): { add(bytes: number): void } {
  let sizeBytes = 0;
  return {
    add(bytes) {
      sizeBytes += bytes;
      if (sizeBytes < GARBAGE_BYTES_MAX) return;
      sizeBytes = 0;
      askForCollection();
    },
  };
}

// Keys are lines: registry, name, then whatever tells views of one package apart.
function packageKeyOf(key: string): string {
  const nameStart = key.indexOf("\n") + 1;
  const nameEnd = key.indexOf("\n", nameStart);
  return key.slice(0, nameEnd === -1 ? key.length : nameEnd);
}
