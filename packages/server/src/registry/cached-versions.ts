import type { Selectable } from "kysely";
import { LRUCache } from "lru-cache";
import { promiseOf, type PromisedContent, type VersionFacts } from "@entrepot/core";
import type { BlobStore } from "../blobs/index.ts";
import { type Database, prepareQuery, type Schema, type SlotOf } from "../db/index.ts";
import type { FetchedTarball, Upstream } from "../upstream/index.ts";
import type { BlobCache } from "./blob-cache.ts";
import { type CachedVersionRow, createCachedVersionRows } from "./cached-version-rows.ts";

const REMEMBERED_MAX = 50_000;
/** How an integrity begins that is none, where the upstream has nothing better than a shasum. */
const SHASUM_ONLY = "sha1:";

export interface CachedVersionDeps {
  db: Database;
  blobs: Pick<BlobStore, "put">;
  blobCache: Pick<BlobCache, "offer">;
  now: () => number;
  /** Told when rows could not be written; the tarballs are served all the same. */
  onError: (error: unknown) => void;
  /** Told after some were recorded. */
  onWritten: () => void;
}

/** Where a cached tarball lies. */
export interface KeptTarball {
  digest: string;
  sizeBytes: number;
}

/** What an upstream promised of a version. */
export interface FormerPromise extends PromisedContent {
  upstreamId: string;
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
  /**
   * The tarball of a version whose bytes were what the upstream promises today; null when it must be fetched. It
   * may be missing from the store after a power cut: see `forget`.
   */
  find(registryId: string, name: string, facts: VersionFacts): Promise<KeptTarball | null>;
  /** What its upstream promised of a version when it last passed through here; null if it never did. */
  promised(registryId: string, name: string, version: string): Promise<FormerPromise | null>;
  /** Takes a verified tarball over, for the blob cache or the store, and records it once the store has it. */
  keep(input: KeepInput): Promise<KeptTarball>;
  /** Tells that a tarball's bytes turned out to be missing, so that it is fetched again. */
  forget(registryId: string, name: string, version: string): void;
  /** Gives a tarball up: garbage collection takes its bytes. False when there was none. */
  drop(registryId: string, name: string, version: string): Promise<boolean>;
  /** Resolves when everything is stored and recorded. */
  settle(): Promise<void>;
}

interface Remembered extends KeptTarball {
  integrity: string;
}

/** Makes the cache's records over the database, with a bounded memory of them. */
export function createCachedVersions(deps: CachedVersionDeps): CachedVersions {
  /** "lost": the database has a record, the store has no bytes. */
  const remembered = new LRUCache<string, Remembered | "lost">({ max: REMEMBERED_MAX });
  const findRow = prepareFindRow(deps.db);
  const keeper = createKeeper(deps, (row) =>
    remembered.delete(keyOf(row.registry_id, row.name, row.version)),
  );

  async function load(values: FindValues): Promise<Remembered | null> {
    const [row] = await findRow(values);
    return row === undefined
      ? null
      : { digest: row.digest, sizeBytes: row.size_bytes, integrity: row.integrity };
  }

  return {
    async find(registryId, name, facts) {
      const { version } = facts;
      const key = keyOf(registryId, name, version);
      const found = remembered.get(key) ?? (await load({ registryId, name, version }));
      if (found === null || found === "lost" || found.integrity !== promiseOf(facts)) return null;
      remembered.set(key, found);
      return found;
    },
    async promised(registryId, name, version) {
      const [row] = await findRow({ registryId, name, version });
      if (row === undefined) return null;
      const { upstream_id: upstreamId, integrity, shasum } = row;
      return { upstreamId, integrity: integrity.startsWith(SHASUM_ONLY) ? null : integrity, shasum };
    },
    async keep(input) {
      const { fetched } = input;
      const kept = { digest: fetched.sha512.toString("hex"), sizeBytes: fetched.sizeBytes };
      const row = rowOf(input, kept, deps.now());
      await keeper.keep(row, fetched);
      const key = keyOf(row.registry_id, row.name, row.version);
      remembered.set(key, { ...kept, integrity: row.integrity });
      return kept;
    },
    forget(registryId, name, version) {
      remembered.set(keyOf(registryId, name, version), "lost");
    },
    async drop(registryId, name, version) {
      // What is on its way to the records must not come after this.
      await keeper.settle();
      remembered.delete(keyOf(registryId, name, version));
      const { numDeletedRows } = await deps.db.write((trx) =>
        trx
          .deleteFrom("cached_versions")
          .where("registry_id", "=", registryId)
          .where("name", "=", name)
          .where("version", "=", version)
          .executeTakeFirstOrThrow(),
      );
      return numDeletedRows > 0n;
    },
    settle: () => keeper.settle(),
  };
}

interface Keeper {
  keep(row: CachedVersionRow, fetched: FetchedTarball): Promise<void>;
  settle(): Promise<void>;
}

/** Brings tarballs to the store and their records to the database, the record after the bytes. */
function createKeeper(deps: CachedVersionDeps, onLost: (row: CachedVersionRow) => void): Keeper {
  const rows = createCachedVersionRows(deps);
  const storing = new Set<Promise<void>>();

  /** What could not be stored is fetched again once memory has forgotten it. */
  async function record(stored: Promise<boolean>, row: CachedVersionRow): Promise<void> {
    if (await stored) rows.add(row);
    else onLost(row);
  }

  async function keepBytes(bytes: Buffer, row: CachedVersionRow, letGo: () => void): Promise<void> {
    const { stored, isCrowded } = deps.blobCache.offer(row.digest, bytes, letGo);
    const recorded = record(stored, row).finally(() => storing.delete(recorded));
    storing.add(recorded);
    if (isCrowded) await stored;
  }

  async function keepFile(path: string, row: CachedVersionRow, letGo: () => Promise<void>): Promise<void> {
    try {
      const options = { sizeBytes: row.size_bytes, durable: false };
      await deps.blobs.put(row.digest, { path, move: true }, options);
    } finally {
      await letGo();
    }
    rows.add(row);
  }

  return {
    async keep(row, fetched) {
      if ("bytes" in fetched) await keepBytes(fetched.bytes, row, () => void fetched.discard());
      else await keepFile(fetched.path, row, () => fetched.discard());
    },
    async settle() {
      await Promise.all(storing);
      await rows.settle();
    },
  };
}

function prepareFindRow({
  read,
}: Database): (
  values: FindValues,
) => Promise<
  Pick<
    Selectable<Schema["cached_versions"]>,
    "digest" | "size_bytes" | "integrity" | "shasum" | "upstream_id"
  >[]
> {
  return prepareQuery(read, (slot: SlotOf<FindValues>) =>
    read
      .selectFrom("cached_versions")
      .select(["digest", "size_bytes", "integrity", "shasum", "upstream_id"])
      .where("registry_id", "=", slot("registryId"))
      .where("name", "=", slot("name"))
      .where("version", "=", slot("version")),
  );
}

interface FindValues {
  registryId: string;
  name: string;
  version: string;
}

function rowOf(input: KeepInput, kept: KeptTarball, now: number): CachedVersionRow {
  return {
    registry_id: input.registryId,
    name: input.name,
    version: input.facts.version,
    upstream_id: input.upstream.id,
    digest: kept.digest,
    integrity: promiseOf(input.facts),
    shasum: input.facts.shasum,
    size_bytes: kept.sizeBytes,
    cached_at: now,
    cached_by: input.requester,
  };
}

function keyOf(registryId: string, name: string, version: string): string {
  return `${registryId}\n${name}\n${version}`;
}
