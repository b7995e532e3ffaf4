import { LRUCache } from "lru-cache";
import type { Change, ChangeLog } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import { findPackage, listNamesAmong, type PackageRow } from "./package-rows.ts";
import type { Registry } from "./registry.ts";

const NAMES_MAX = 20_000;
/** A package's row has its README, so the memory is bounded in bytes too. */
const BYTES_MAX = 16 * 1024 ** 2;
const ORIGIN_BYTES = 512;

/**
 * Where a registry's answer about a name comes from. It is one place only: a name that was published here or
 * is claimed never mixes with an upstream's package of the same name.
 */
export type NameOrigin =
  | { kind: "local"; row: PackageRow }
  /** Held by a claim; nothing is published yet. */
  | { kind: "claimed" }
  | { kind: "upstream" };

/** Tells where names come from, as current as the change log. */
export interface NameOrigins {
  of(registry: Registry, name: string): NameOrigin | Promise<NameOrigin>;
  /** Those of the names that are local, and those that are claimed. Cheap for thousands; asks no upstream. */
  ownAmong(registry: Registry, names: readonly string[]): Promise<OwnNames>;
}

/** Names that never come from an upstream. */
export interface OwnNames {
  /** Published here, also those that were unpublished. */
  readonly local: ReadonlySet<string>;
  /** Covered by a claim, whether or not anything is published. */
  readonly claimed: ReadonlySet<string>;
}

/** Makes the look-up, with a bounded memory of what was found. */
export function createNameOrigins(deps: {
  db: Database;
  changes: Pick<ChangeLog, "subscribe">;
}): NameOrigins {
  const known = new LRUCache<string, NameOrigin>({
    max: NAMES_MAX,
    maxSize: BYTES_MAX,
    sizeCalculation: (origin) => ORIGIN_BYTES + (origin.kind === "local" ? origin.row.readme.length : 0),
  });
  // Counts changes; what was read before one is not remembered after it.
  let epoch = 0;
  deps.changes.subscribe((batch) => {
    epoch += 1;
    for (const change of batch) forget(change);
  });

  function forget(change: Change): void {
    if (change.registryId === null) return;
    if (change.packageName !== null) known.delete(keyOf(change.registryId, change.packageName));
    else if (change.kind === "registry-changed") known.clear();
  }

  async function look(registry: Registry, name: string): Promise<NameOrigin> {
    const started = epoch;
    const row = await findPackage(deps.db.read, { registryId: registry.id, name });
    const origin = originFrom(registry, name, row);
    if (started === epoch) known.set(keyOf(registry.id, name), origin);
    return origin;
  }

  return {
    of(registry, name) {
      return known.get(keyOf(registry.id, name)) ?? look(registry, name);
    },
    async ownAmong(registry, names) {
      const local = new Set<string>();
      const unknown: string[] = [];
      for (const name of names) {
        // Most were never asked for; looking does not make them more recently used.
        const origin = known.peek(keyOf(registry.id, name));
        if (origin === undefined) unknown.push(name);
        else if (origin.kind === "local") local.add(name);
      }
      for (const name of await listNamesAmong(deps.db.read, { registryId: registry.id, names: unknown })) {
        local.add(name);
      }
      return { local, claimed: new Set(names.filter(registry.isClaimed)) };
    },
  };
}

function originFrom(registry: Registry, name: string, row: PackageRow | null): NameOrigin {
  if (row !== null) return { kind: "local", row };
  return registry.isClaimed(name) ? { kind: "claimed" } : { kind: "upstream" };
}

function keyOf(registryId: string, name: string): string {
  return `${registryId}\n${name}`;
}
