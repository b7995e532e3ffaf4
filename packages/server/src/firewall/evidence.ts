import {
  EntrepotError,
  isJsonObject,
  type IntegrityChange,
  type ServedVersion,
  type TarballContent,
} from "@entrepot/core";
import {
  appendChange,
  createCurrentValue,
  systemActor,
  type Actor,
  type ChangeLog,
} from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import { keptJson } from "./kept-json.ts";

/** So many changed versions of one package are recorded; one that changes more is refused by those alone. */
const CHANGES_PER_PACKAGE_MAX = 10_000;
const CHANGES_TOLD_MAX = 100;
const CHANGES_LISTED_MAX = 1000;
const ROWS_AT_ONCE = 200;
const ACTOR = systemActor("firewall");

/** What the server has seen itself of packages of upstreams. */
export interface Evidence {
  /** Versions that passed through a registry before a time in milliseconds, with when they first did. */
  served(registryId: string, name: string, before: number): Promise<ReadonlyMap<string, ServedVersion>>;
  /** What was found in tarballs, by version; there are several where upstreams have others, the last looked at first. */
  contents(name: string): Promise<ReadonlyMap<string, readonly TarballContent[]>>;
  /** When versions of an upstream were first seen, in milliseconds, of those whose publish time says too little. */
  firstSeen(upstreamId: string, name: string): Promise<ReadonlyMap<string, number>>;
  /**
   * Versions whose integrity is not what it was when it was first seen, with what it was. Of several upstreams that
   * changed the same version the first counts; what is judged comes from one, so name that.
   */
  changedIntegrity(
    upstreamIds: readonly string[],
    name: string,
  ): ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>>;
  /** Everything that upstreams changed, newest first, at most 1,000. */
  listChanges(upstreamIds: readonly string[]): Promise<RecordedChange[]>;
  /**
   * Takes an upstream's word for new content: from now on that is what counts as seen first. Throws `not-found` where
   * nothing changed, or where the upstream changed it again since somebody looked.
   */
  acceptChange(accepted: AcceptedChange, by: { actor: Actor; reason: string }): Promise<void>;
  /** Remembers for good that an upstream promises other content than before. */
  recordChanges(upstreamId: string, name: string, changes: readonly IntegrityChange[]): Promise<void>;
  /** Remembers that versions are at an upstream; what was seen before stays as it was. */
  recordFirstSeen(upstreamId: string, name: string, versions: readonly string[]): Promise<void>;
  /** Remembers what is in a tarball. */
  recordContent(subject: { name: string; version: string }, content: TarballContent): Promise<void>;
}

/** A version whose content an upstream changed; `seenAt` in milliseconds. */
export interface RecordedChange {
  upstreamId: string;
  name: string;
  version: string;
  was: string;
  is: string;
  seenAt: number;
}

/** Which change is meant: that to this very integrity. */
export interface AcceptedChange {
  upstreamId: string;
  name: string;
  version: string;
  integrity: string;
}

export interface EvidenceDeps {
  db: Database;
  changes: ChangeLog;
  workspaceId: string;
  now: () => number;
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Opens the record of what was seen. */
export async function createEvidence(deps: EvidenceDeps): Promise<Evidence> {
  const { db, changes } = deps;
  const changedByKey = await createCurrentValue(changes, {
    load: () => loadChanged(db),
    concerns: (change) => change.kind === "integrity-changed",
  });
  return {
    async served(registryId, name, before) {
      const rows = await db.read
        .selectFrom("cached_versions")
        .select(["version", "cached_at"])
        .where("registry_id", "=", registryId)
        .where("name", "=", name)
        .where("cached_at", "<", before)
        .execute();
      return new Map(rows.map((row) => [row.version, { firstAt: row.cached_at }]));
    },
    contents: (name) => loadContents(db, name),
    firstSeen: (upstreamId, name) => loadFirstSeen(db, upstreamId, name),
    changedIntegrity(upstreamIds, name) {
      const select = (found: Map<string, Map<string, string>>): ReadonlyMap<string, string> =>
        found.size === 0 ? NOTHING : merged(upstreamIds.map((id) => found.get(`${id}\n${name}`)));
      const current = changedByKey.get();
      return current instanceof Promise ? current.then(select) : select(current);
    },
    listChanges: (upstreamIds) => listChanges(db, upstreamIds),
    acceptChange: (accepted, by) => acceptChange(deps, accepted, by),
    recordChanges: (upstreamId, name, found) => recordChanges(deps, { upstreamId, name, found }),
    recordFirstSeen: (upstreamId, name, versions) => recordFirstSeen(deps, { upstreamId, name, versions }),
    async recordContent({ name, version }, content) {
      const row = { content: JSON.stringify(content), inspected_at: deps.now() };
      await db.write((trx) =>
        trx
          .insertInto("tarball_contents")
          .values({ name, version, integrity: content.integrity ?? "", ...row })
          .onConflict((conflict) => conflict.columns(["name", "version", "integrity"]).doUpdateSet(row))
          .execute(),
      );
    },
  };
}

async function loadContents(
  db: Pick<Database, "read">,
  name: string,
): Promise<ReadonlyMap<string, readonly TarballContent[]>> {
  const rows = await db.read
    .selectFrom("tarball_contents")
    .select(["version", "content"])
    .where("name", "=", name)
    .orderBy("inspected_at", "desc")
    .orderBy("version")
    .orderBy("integrity")
    .execute();
  const found = new Map<string, TarballContent[]>();
  for (const { version, content } of rows) {
    const known = keptJson(content);
    // What is damaged was not looked at: who wants to know looks again.
    if (!isJsonObject(known)) continue;
    found.set(version, [...(found.get(version) ?? []), known as unknown as TarballContent]);
  }
  return found;
}

async function listChanges(
  db: Pick<Database, "read">,
  upstreamIds: readonly string[],
): Promise<RecordedChange[]> {
  if (upstreamIds.length === 0) return [];
  const rows = await db.read
    .selectFrom("integrity_changes")
    .selectAll()
    .where("upstream_id", "in", [...upstreamIds])
    .whereRef("first_integrity", "!=", "new_integrity")
    .orderBy("seen_at", "desc")
    .limit(CHANGES_LISTED_MAX)
    .execute();
  return rows.map((row) => ({
    upstreamId: row.upstream_id,
    name: row.name,
    version: row.version,
    was: row.first_integrity,
    is: row.new_integrity,
    seenAt: row.seen_at,
  }));
}

async function loadChanged(db: Database): Promise<Map<string, Map<string, string>>> {
  const rows = await db.read
    .selectFrom("integrity_changes")
    .select(["upstream_id", "name", "version", "first_integrity"])
    .execute();
  const found = new Map<string, Map<string, string>>();
  for (const row of rows) {
    const key = `${row.upstream_id}\n${row.name}`;
    found.set(key, (found.get(key) ?? new Map()).set(row.version, row.first_integrity));
  }
  return found;
}

function merged(maps: readonly (ReadonlyMap<string, string> | undefined)[]): ReadonlyMap<string, string> {
  const known = maps.filter((map) => map !== undefined);
  return known.length === 0 ? NOTHING : new Map(known.toReversed().flatMap((map) => [...map]));
}

async function loadFirstSeen(
  { read }: Pick<Database, "read">,
  upstreamId: string,
  name: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await read
    .selectFrom("first_seen_versions")
    .select(["version", "seen_at"])
    .where("upstream_id", "=", upstreamId)
    .where("name", "=", name)
    .execute();
  return new Map(rows.map((row) => [row.version, row.seen_at]));
}

async function recordFirstSeen(
  { db, now }: EvidenceDeps,
  { upstreamId, name, versions }: { upstreamId: string; name: string; versions: readonly string[] },
): Promise<void> {
  const known = await loadFirstSeen(db, upstreamId, name);
  const fresh = versions.filter((version) => !known.has(version));
  if (fresh.length === 0) return;
  const columns = { upstream_id: upstreamId, name, seen_at: now() };
  await db.write(async (trx) => {
    for (let start = 0; start < fresh.length; start += ROWS_AT_ONCE) {
      await trx
        .insertInto("first_seen_versions")
        .values(fresh.slice(start, start + ROWS_AT_ONCE).map((version) => ({ ...columns, version })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  });
}

// What was first seen stays what counts, however often the upstream changes its mind.
async function recordChanges(
  deps: EvidenceDeps,
  { upstreamId, name, found }: { upstreamId: string; name: string; found: readonly IntegrityChange[] },
): Promise<void> {
  const changes = found.slice(0, CHANGES_PER_PACKAGE_MAX);
  const now = deps.now();
  await deps.db.write(async (trx) => {
    for (const { version, was, is } of changes) {
      await trx
        .insertInto("integrity_changes")
        .values({
          upstream_id: upstreamId,
          name,
          version,
          first_integrity: was,
          new_integrity: is,
          seen_at: now,
        })
        .onConflict((conflict) =>
          conflict
            .columns(["upstream_id", "name", "version"])
            .doUpdateSet({ new_integrity: is, seen_at: now }),
        )
        .execute();
    }
    await appendChange(trx, {
      workspaceId: deps.workspaceId,
      registryId: null,
      packageName: name,
      kind: "integrity-changed",
      actor: ACTOR,
      at: now,
      detail: { upstreamId, versions: changes.map(({ version }) => version).slice(0, CHANGES_TOLD_MAX) },
    });
  });
  // The answer that is being made already must know of it.
  await deps.changes.refresh();
}

async function acceptChange(
  deps: EvidenceDeps,
  { upstreamId, name, version, integrity }: AcceptedChange,
  { actor, reason }: { actor: Actor; reason: string },
): Promise<void> {
  const now = deps.now();
  await deps.db.write(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("integrity_changes")
      .set({ first_integrity: integrity })
      .where((eb) => eb.and({ upstream_id: upstreamId, name, version, new_integrity: integrity }))
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) {
      throw new EntrepotError("not-found", {
        message: `No change of ${name}@${version} to ${integrity} was seen; look at the list again.`,
      });
    }
    await appendChange(trx, {
      workspaceId: deps.workspaceId,
      registryId: null,
      packageName: name,
      kind: "integrity-changed",
      actor,
      at: now,
      detail: { upstreamId, version, accepted: integrity, reason },
    });
  });
  await deps.changes.refresh();
}
