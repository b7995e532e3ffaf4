import { LRUCache } from "lru-cache";
import { EntrepotError, parsePackageName, type Verdict } from "@entrepot/core";
import { assertPasses } from "../../firewall/index.ts";
import type { ReadFiles, TarballDiff, TarballLimits, ThreadPool } from "../../threads/index.ts";
import { createSingleFlight } from "../../upstream/index.ts";
import type { CachedVersions } from "../cached-versions.ts";
import { keptBytes, type InspectDeps } from "../inspect-upstream-tarball.ts";
import { findVersion } from "../package-rows.ts";
import type { Registry } from "../registry.ts";
import { createSlots } from "../slots.ts";
import type { Tarballs } from "../tarballs.ts";
import type { PackageVerdicts, Verdicts } from "../verdicts.ts";

/** Larger tarballs are not looked into for a page. */
const TARBALL_BYTES_MAX = 64 * 1024 ** 2;
const ANSWERS_MAX = 50;
/** Of the lists of files that are remembered: their paths, and what a file takes beside its own. */
const LISTS_CHARS_MAX = 8 * 1024 ** 2;
const FILE_CHARS = 50;
const NOTHING = new Uint8Array();

/** A version whose tarball somebody looks into. */
export interface ReviewedVersion {
  registry: Registry;
  name: string;
  version: string;
  /** Who manages the package looks into what policy refuses to all others, as far as it lies here. */
  isManager: boolean;
  /** User name; null for nobody. */
  requester: string | null;
}

export interface PackageFilesDeps extends InspectDeps {
  threads: Pick<ThreadPool, "run">;
  verdicts: Pick<Verdicts, "of">;
  tarballs: Pick<Tarballs, "get">;
  cachedVersions: Pick<CachedVersions, "settle">;
  tarballLimits: TarballLimits;
}

/**
 * Looks into tarballs, for people. Throws what a download throws, `tarball-invalid`, `body-too-large`, and `overloaded`
 * while as many as may be are under way: each holds whole tarballs in memory.
 */
export interface PackageFiles {
  /** Lists the files; with a path, reads the text of that one too. */
  read(reviewed: ReviewedVersion, path: string | null): Promise<ReadFiles>;
  /** Compares two versions of a package. */
  diff(before: ReviewedVersion, after: ReviewedVersion): Promise<TarballDiff>;
}

/** Makes the reader, with a memory of the lists and comparisons that were made last. */
export function createPackageFiles(deps: PackageFilesDeps): PackageFiles {
  const lists = new LRUCache<string, ReadFiles>({ maxSize: LISTS_CHARS_MAX, sizeCalculation: charsOf });
  const diffs = new LRUCache<string, TarballDiff>({ max: ANSWERS_MAX });
  const flights = createSingleFlight<TarballDiff>();
  const { threads, tarballLimits: limits } = deps;
  const slots = createSlots("looks into tarballs");

  async function withBytes<T>(kept: readonly Kept[], work: (bytes: Uint8Array[]) => Promise<T>): Promise<T> {
    const release = slots.take();
    try {
      return await work(await Promise.all(kept.map((one) => bytesOf(deps, one))));
    } finally {
      release();
    }
  }

  return {
    async read(reviewed, wanted) {
      const kept = await keptOf(deps, reviewed);
      const known = lists.get(kept.digest);
      const isListed = (path: string): boolean => known?.files.some((file) => file.path === path) === true;
      if (known !== undefined && (wanted === null || !isListed(wanted))) return known;
      const read = await withBytes([kept], ([bytes = NOTHING]) =>
        threads.run("readFiles", { bytes, limits, wanted }),
      );
      lists.set(kept.digest, { ...read, file: null });
      return read;
    },
    async diff(before, after) {
      const kept = [await keptOf(deps, before), await keptOf(deps, after)];
      const key = kept.map(({ digest }) => digest).join(" ");
      const known = diffs.get(key);
      if (known !== undefined) return known;
      return await flights.run(key, async () => {
        const diff = await withBytes(kept, ([old = NOTHING, young = NOTHING]) =>
          threads.run("diffTarballs", { before: old, after: young, limits }),
        );
        diffs.set(key, diff);
        return diff;
      });
    },
  };
}

function charsOf({ files }: ReadFiles): number {
  return files.reduce((sum, { path }) => sum + path.length + FILE_CHARS, FILE_CHARS);
}

interface Kept {
  digest: string;
  sizeBytes: number;
  /** The version that it is of, for people. */
  of: string;
}

/** The tarball that may be looked into. */
async function keptOf(deps: PackageFilesDeps, reviewed: ReviewedVersion): Promise<Kept> {
  const { registry, name, version, isManager } = reviewed;
  const found = await deps.verdicts.of(registry, name);
  if (!found.versions.includes(version)) throw notFound(reviewed);
  const refusal = found.hidden.get(version);
  const { digest, sizeBytes } =
    refusal !== undefined && isManager
      ? await refusedTarball(deps, reviewed, { found, refusal })
      : await deps.tarballs.get({ ...reviewed, name: parsePackageName(name) });
  if (sizeBytes > TARBALL_BYTES_MAX) {
    throw new EntrepotError("body-too-large", {
      message: `The tarball has ${sizeBytes} bytes; one of more than ${TARBALL_BYTES_MAX} is not looked into.`,
    });
  }
  return { digest, sizeBytes, of: `${name}@${version}` };
}

async function bytesOf(deps: PackageFilesDeps, kept: Kept): Promise<Uint8Array> {
  const place = await keptBytes(deps, kept);
  if (place !== null && "bytes" in place) return place.bytes;
  throw new EntrepotError("storage-unavailable", {
    message: `The bytes of ${kept.of} are missing from the storage.`,
  });
}

// Nothing that policy refuses is fetched to be looked at.
async function refusedTarball(
  { db, cachedVersions }: PackageFilesDeps,
  { registry, name, version }: ReviewedVersion,
  { found, refusal }: { found: PackageVerdicts; refusal: Verdict },
): Promise<Pick<Kept, "digest" | "sizeBytes">> {
  const { source } = found;
  if (source.kind === "local") {
    const row = await findVersion(db.read, source.row.id, version);
    if (row !== null) return { digest: row.digest, sizeBytes: row.size_bytes };
  }
  await cachedVersions.settle();
  const row = await db.read
    .selectFrom("cached_versions")
    .select(["digest", "size_bytes"])
    .where("registry_id", "=", registry.id)
    .where("name", "=", name)
    .where("version", "=", version)
    .executeTakeFirst();
  if (row !== undefined) return { digest: row.digest, sizeBytes: row.size_bytes };
  assertPasses(refusal, { registry, name, version, purpose: "metadata" });
  throw notFound({ registry, name, version });
}

function notFound({
  registry,
  name,
  version,
}: Pick<ReviewedVersion, "registry" | "name" | "version">): EntrepotError {
  return new EntrepotError("version-not-found", {
    message: `The registry ${registry.name} has no ${name}@${version}.`,
  });
}
