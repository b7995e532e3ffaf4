import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import { EntrepotError, factsOfManifest, sliceManifest, type VersionFacts } from "@entrepot/core";
import type { BlobStore } from "../../blobs/index.ts";
import { appendChange } from "../../changes/index.ts";
import { isForeignKeyViolation, type Database, type Schema } from "../../db/index.ts";
import type { Gate } from "../../firewall/index.ts";
import type { InspectedTarball, TarballLimits, ThreadPool } from "../../threads/index.ts";
import { keepBlobs } from "../blob-lock.ts";
import { bumpRevision, findPackage, findVersion, type PackageRow } from "../package-rows.ts";
import type { Registry } from "../registry.ts";
import { revisionOf } from "../revision.ts";
import { mendTags, setTag } from "../tags.ts";
import { checkIntegrity, checkManifestAgrees } from "./check-tarball.ts";
import type { PublishRequest } from "./publish-request.ts";

export interface PublishDeps {
  db: Database;
  blobs: BlobStore;
  threads: Pick<ThreadPool, "run">;
  gate: Gate;
  tarballLimits: TarballLimits;
  now: () => number;
}

/** Who publishes and how, kept with the version. */
export interface Publisher {
  userName: string;
  email: string | null;
  via: "password" | "token";
  tokenId: string | null;
  address: string;
  client: string;
}

export interface PublishInput {
  registry: Registry;
  /** The registry's absolute URL as the client addresses it, without a trailing slash. */
  registryUrl: string;
  publisher: Publisher;
  request: PublishRequest;
}

export interface PublishResult {
  /** False when the very same bytes were there already. */
  isNew: boolean;
  rev: string;
}

/** Everything about a version that is computed before the transaction opens. */
interface PreparedVersion {
  slices: { full: string; abbreviated: string };
  facts: VersionFacts;
  digest: string;
  integrity: string;
  shasum: string;
}

/**
 * Publishes one version: checks, then the tarball into the blob store, then one transaction that makes it
 * visible. The same bytes again are success; other bytes under the version are `version-exists`.
 */
export async function publish(deps: PublishDeps, input: PublishInput): Promise<PublishResult> {
  const { request } = input;
  checkIntegrity(request);
  const tarball = await deps.threads.run("inspectTarball", {
    path: request.tarball.file.path,
    sizeBytes: request.tarball.sizeBytes,
    limits: deps.tarballLimits,
  });
  checkManifestAgrees(request, tarball);
  const prepared = prepareVersion(deps, input, tarball);
  await deps.gate.assertAllowed(prepared.facts, {
    registry: input.registry,
    name: request.name.full,
    purpose: "publish",
  });
  await deps.blobs.put(
    prepared.digest,
    { path: request.tarball.file.path, move: true },
    { sizeBytes: request.tarball.sizeBytes, durable: true },
  );
  try {
    return await deps.db.write((trx) => insertVersion(deps, trx, { ...input, prepared, now: deps.now() }));
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new EntrepotError("registry-not-found", {
      message: `The registry "${input.registry.name}" was deleted.`,
      cause: error,
    });
  }
}

async function assertStored(
  deps: PublishDeps,
  trx: Transaction<Schema>,
  blob: { digest: string; sizeBytes: number },
): Promise<void> {
  await keepBlobs(trx);
  const stat = await deps.blobs.stat(blob.digest);
  if (stat?.sizeBytes === blob.sizeBytes) return;
  throw new EntrepotError("storage-unavailable", {
    message: "The tarball was removed from the storage while it was published; publish again.",
    details: { digest: blob.digest },
  });
}

function prepareVersion(deps: PublishDeps, input: PublishInput, tarball: InspectedTarball): PreparedVersion {
  const { request, publisher } = input;
  const integrity = `sha512-${request.tarball.sha512.toString("base64")}`;
  const shasum = request.tarball.sha1.toString("hex");
  const hasAttestations = request.bundles.length > 0;
  const manifest: Record<string, unknown> = {
    ...request.manifest,
    _id: `${request.name.full}@${request.version}`,
    _npmUser: personOf(publisher),
    _hasShrinkwrap: tarball.hasShrinkwrap,
    ...(hasInstallScript(request.manifest, tarball) ? { hasInstallScript: true } : {}),
    dist: {
      integrity,
      shasum,
      fileCount: tarball.fileCount,
      unpackedSize: tarball.unpackedSizeBytes,
      ...(hasAttestations ? { attestations: attestationsOf(input) } : {}),
    },
  };
  delete manifest["deprecated"];
  const facts = factsOfManifest(manifest, {
    version: request.version,
    origin: "local",
    publishedAt: new Date(deps.now()).toISOString(),
  });
  return {
    slices: sliceManifest(manifest),
    facts,
    digest: request.tarball.sha512.toString("hex"),
    integrity,
    shasum,
  };
}

function hasInstallScript(manifest: Record<string, unknown>, tarball: InspectedTarball): boolean {
  const scripts = manifest["scripts"];
  const names = typeof scripts === "object" && scripts !== null ? Object.keys(scripts) : [];
  return (
    tarball.hasBindingGyp || ["preinstall", "install", "postinstall"].some((name) => names.includes(name))
  );
}

interface InsertInput extends PublishInput {
  prepared: PreparedVersion;
  now: number;
}

async function insertVersion(
  deps: PublishDeps,
  trx: Transaction<Schema>,
  input: InsertInput,
): Promise<PublishResult> {
  const { registry, request, prepared, publisher, now } = input;
  const found = await packageForWriting(trx, input);
  const existing = await findVersion(trx, found.id, request.version);
  if (existing !== null) {
    if (existing.removed_at === null && existing.digest === prepared.digest) {
      return { isNew: false, rev: revisionOf(found) };
    }
    throw versionExists(request, existing.removed_at !== null);
  }
  const row = await bumpRevision(trx, found, { now, installable: true });
  await insertVersionRow(trx, input, row.id);
  await assertStored(deps, trx, { digest: prepared.digest, sizeBytes: request.tarball.sizeBytes });
  const write = { packageId: row.id, actor: publisher.userName, now };
  for (const [name, version] of request.tags) await setTag(trx, write, { name, version });
  await mendTags(trx, write);
  if (request.tags.has("latest") || found.revision === 0) {
    await trx
      .updateTable("packages")
      .set({ readme: request.readme, readme_filename: request.readmeFilename })
      .where("id", "=", row.id)
      .execute();
  }
  await appendChange(trx, {
    workspaceId: registry.workspaceId,
    registryId: registry.id,
    packageName: request.name.full,
    kind: "version-published",
    actor: publisher.userName,
    at: now,
    detail: { version: request.version, tags: [...request.tags.keys()], integrity: prepared.integrity },
  });
  return { isNew: true, rev: revisionOf(row) };
}

async function insertVersionRow(
  trx: Transaction<Schema>,
  input: InsertInput,
  packageId: string,
): Promise<void> {
  const { request, prepared, publisher, now } = input;
  await trx
    .insertInto("versions")
    .values({
      id: randomUUID(),
      package_id: packageId,
      version: request.version,
      full_slice: prepared.slices.full,
      abbreviated_slice: prepared.slices.abbreviated,
      facts: JSON.stringify(prepared.facts),
      digest: prepared.digest,
      integrity: prepared.integrity,
      shasum: prepared.shasum,
      size_bytes: request.tarball.sizeBytes,
      published_at: now,
      published_by: publisher.userName,
      provenance: JSON.stringify({
        user: publisher.userName,
        via: publisher.via,
        tokenId: publisher.tokenId,
        address: publisher.address,
        client: publisher.client,
      }),
      attestations: request.bundles.length === 0 ? null : JSON.stringify(request.bundles),
      removed_at: null,
    })
    .execute();
}

// On PostgreSQL the upsert's row lock makes publishes of one package wait for each other.
async function packageForWriting(trx: Transaction<Schema>, input: InsertInput): Promise<PackageRow> {
  const { registry, request, publisher, now } = input;
  await trx
    .insertInto("packages")
    .values({
      id: randomUUID(),
      registry_id: registry.id,
      name: request.name.full,
      revision: 0,
      maintainers: JSON.stringify([personOf(publisher)]),
      readme: "",
      readme_filename: "",
      created_at: now,
      modified_at: now,
      removed_at: null,
      tombstone: null,
    })
    .onConflict((conflict) =>
      conflict.columns(["registry_id", "name"]).doUpdateSet({ removed_at: null, tombstone: null }),
    )
    .execute();
  const row = await findPackage(trx, { registryId: registry.id, name: request.name.full });
  if (row === null) {
    throw new EntrepotError("internal", { message: "The package's row vanished inside its transaction." });
  }
  return row;
}

function versionExists(request: PublishRequest, wasUnpublished: boolean): EntrepotError {
  const what = `${request.name.full}@${request.version}`;
  return new EntrepotError("version-exists", {
    message: wasUnpublished
      ? `${what} was unpublished and its number cannot be used again; publish a higher version.`
      : `${what} exists already with other content and versions are immutable; publish a higher version.`,
  });
}

function personOf(publisher: Publisher): { name: string; email?: string } {
  return publisher.email === null
    ? { name: publisher.userName }
    : { name: publisher.userName, email: publisher.email };
}

// Clients ask for the path of this URL at the registry they use, whatever its host.
function attestationsOf({ request, registryUrl }: PublishInput): Record<string, unknown> {
  return {
    url: `${registryUrl}/-/npm/v1/attestations/${request.name.full}@${request.version}`,
    provenance: { predicateType: predicateTypeOf(request.bundles) },
  };
}

function predicateTypeOf(bundles: readonly unknown[]): string {
  for (const bundle of bundles) {
    const payload = (bundle as { dsseEnvelope?: { payload?: unknown } } | null)?.dsseEnvelope?.payload;
    if (typeof payload !== "string") continue;
    const match = /"predicateType"\s*:\s*"([^"]{1,200})"/.exec(
      Buffer.from(payload, "base64").toString("utf8"),
    );
    if (match?.[1] !== undefined) return match[1];
  }
  return "unknown";
}
