import { LRUCache } from "lru-cache";
import type { VersionFacts } from "@entrepot/core";
import type { BlobStore } from "../blobs/index.ts";
import type { Database } from "../db/index.ts";
import type { FetchedTarball, Upstream } from "../upstream/index.ts";

const REMEMBERED_MAX = 50_000;

export interface CachedVersionDeps {
  db: Database;
  blobs: BlobStore;
  now: () => number;
  /** Told when a row could not be written; the tarball is served all the same. */
  onError: (error: unknown) => void;
}

/** Where a cached tarball lies. */
export interface KeptTarball {
  digest: string;
  sizeBytes: number;
}

/** A verified tarball on its way into the cache. */
export interface KeepInput {
  registryId: string;
  name: string;
  /** User name of whoever asked first; null for anonymous. */
  requester: string | null;
  upstream: Upstream;
  facts: VersionFacts;
  fetched: FetchedTarball;
}

/** Versions of upstreams that passed through a registry, with their tarballs. */
export interface CachedVersions {
  /** The tarball of a version whose bytes are what the upstream promises today; null when it must be fetched. */
  find(registryId: string, name: string, facts: VersionFacts): Promise<KeptTarball | null>;
  /** Puts a verified tarball into the blob store and records it. */
  keep(input: KeepInput): Promise<KeptTarball>;
  /** Forgets a tarball whose bytes turned out to be missing, so that it is fetched again. */
  forget(registryId: string, name: string, version: string): void;
  /** Resolves when every record is written. */
  settle(): Promise<void>;
}

interface Remembered extends KeptTarball {
  integrity: string;
}

/** Makes the cache's records over the database, with a bounded memory of them. */
export function createCachedVersions(deps: CachedVersionDeps): CachedVersions {
  const remembered = new LRUCache<string, Remembered>({ max: REMEMBERED_MAX });
  const writing = new Set<Promise<void>>();

  async function load(registryId: string, name: string, version: string): Promise<Remembered | null> {
    const row = await deps.db.read
      .selectFrom("cached_versions")
      .select(["digest", "size_bytes", "integrity"])
      .where("registry_id", "=", registryId)
      .where("name", "=", name)
      .where("version", "=", version)
      .executeTakeFirst();
    if (row === undefined) return null;
    // Cached blobs are not synced to disk one by one; after a power loss a file may be missing or short.
    const stat = await deps.blobs.stat(row.digest);
    if (stat?.sizeBytes !== row.size_bytes) return null;
    return { digest: row.digest, sizeBytes: row.size_bytes, integrity: row.integrity };
  }

  return {
    async find(registryId, name, facts) {
      const key = keyOf(registryId, name, facts.version);
      const found = remembered.get(key) ?? (await load(registryId, name, facts.version));
      if (found === null || found.integrity !== promiseText(facts)) return null;
      remembered.set(key, found);
      return found;
    },
    async keep(input) {
      const { fetched, facts } = input;
      const kept = { digest: fetched.sha512.toString("hex"), sizeBytes: fetched.sizeBytes };
      try {
        const source = { path: fetched.path, move: true };
        await deps.blobs.put(kept.digest, source, { sizeBytes: kept.sizeBytes, durable: false });
      } finally {
        await fetched.discard();
      }
      remembered.set(keyOf(input.registryId, input.name, facts.version), {
        ...kept,
        integrity: promiseText(facts),
      });
      // The row is a record of what lies in the store; nobody has to wait for it.
      const write = writeRow(deps, input, kept)
        .catch(deps.onError)
        .finally(() => writing.delete(write));
      writing.add(write);
      return kept;
    },
    forget(registryId, name, version) {
      remembered.delete(keyOf(registryId, name, version));
    },
    async settle() {
      await Promise.all(writing);
    },
  };
}

async function writeRow(deps: CachedVersionDeps, input: KeepInput, kept: KeptTarball): Promise<void> {
  const values = {
    upstream_id: input.upstream.id,
    digest: kept.digest,
    integrity: promiseText(input.facts),
    shasum: input.facts.shasum,
    size_bytes: kept.sizeBytes,
    cached_at: deps.now(),
    cached_by: input.requester,
  };
  await deps.db.write(async (trx) => {
    await trx
      .insertInto("cached_versions")
      .values({ registry_id: input.registryId, name: input.name, version: input.facts.version, ...values })
      .onConflict((conflict) => conflict.columns(["registry_id", "name", "version"]).doUpdateSet(values))
      .execute();
  });
}

// What the upstream promises: its integrity, or its shasum where it has nothing better.
function promiseText(facts: VersionFacts): string {
  return facts.integrity ?? `sha1:${facts.shasum ?? ""}`;
}

function keyOf(registryId: string, name: string, version: string): string {
  return `${registryId}\n${name}\n${version}`;
}
