import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import { EntrepotError, type VersionFacts } from "@entrepot/core";
import type { BlobStore } from "../../blobs/index.ts";
import { appendChange, type NewChange } from "../../changes/index.ts";
import type { Schema } from "../../db/index.ts";
import { keepBlobs } from "../blob-lock.ts";
import {
  bumpRevision,
  findPackage,
  findVersion,
  listTags,
  type PackageRow,
  type VersionRow,
} from "../package-rows.ts";
import { keepReadme, showReadmeOfLatest } from "../readmes.ts";
import { revisionOf } from "../revision.ts";
import { mendTags, setTag } from "../tags.ts";
import { personOf, type PublishInput } from "./publisher.ts";

/** Everything about a version that is computed before the transaction opens. */
export interface PreparedVersion {
  slices: { full: string; abbreviated: string };
  facts: VersionFacts;
  digest: string;
  integrity: string;
  shasum: string;
}

/** A publish that passed every check, and whose tarball lies in the blob store. */
export interface InsertInput extends PublishInput {
  prepared: PreparedVersion;
  now: number;
}

/**
 * Makes a version visible: its row, its tags, the package where that is new. Throws `version-exists`, and
 * `storage-unavailable` when the tarball is not in the store any more.
 */
export async function insertVersion(
  deps: { blobs: BlobStore },
  trx: Transaction<Schema>,
  input: InsertInput,
): Promise<{ rev: string }> {
  const { request, prepared, publisher, now } = input;
  const found = await packageForWriting(trx, input);
  const existing = await findVersion(trx, found.id, request.version);
  if (existing !== null) {
    assertSamePublish(input, existing);
    return await tagAgain(trx, input, found);
  }
  const row = await bumpRevision(trx, found, { now, installable: true });
  await insertVersionRow(trx, input, row.id);
  await assertStored(deps, trx, { digest: prepared.digest, sizeBytes: request.tarball.sizeBytes });
  const { readme, readmeFilename, version } = request;
  await keepReadme(trx, { packageId: row.id, version, readme, readmeFilename });
  const write = { packageId: row.id, actor: publisher.userName, now };
  for (const [name, tagged] of request.tags) await setTag(trx, write, { name, version: tagged });
  // Who brings `latest` leaves no tag that would have to be mended.
  const isLatest = request.tags.has("latest") || (await mendTags(trx, write));
  if (isLatest) await showReadmeOfLatest(trx, row.id);
  await appendChange(trx, {
    ...changeOf(input),
    kind: "version-published",
    detail: { version, tags: [...request.tags.keys()], integrity: prepared.integrity },
  });
  return { rev: revisionOf(row) };
}

async function tagAgain(
  trx: Transaction<Schema>,
  input: InsertInput,
  found: PackageRow,
): Promise<{ rev: string }> {
  const { request, publisher, now } = input;
  const before = await listTags(trx, found.id);
  const changed = [...request.tags].filter(([tag, version]) => before.get(tag) !== version);
  if (changed.length === 0) return { rev: revisionOf(found) };
  const row = await bumpRevision(trx, found, { now, installable: false });
  for (const [name, version] of changed) {
    await setTag(trx, { packageId: row.id, actor: publisher.userName, now }, { name, version });
  }
  if (changed.some(([tag]) => tag === "latest")) await showReadmeOfLatest(trx, row.id);
  await appendChange(trx, {
    ...changeOf(input),
    kind: "tag-set",
    detail: { tags: Object.fromEntries(changed) },
  });
  return { rev: revisionOf(row) };
}

function changeOf({ registry, request, publisher, now }: InsertInput): Omit<NewChange, "kind" | "detail"> {
  return {
    workspaceId: registry.workspaceId,
    registryId: registry.id,
    packageName: request.name.full,
    actor: publisher.userName,
    at: now,
  };
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
      conflict.columns(["registry_id", "name"]).doUpdateSet((eb) => ({
        // A package that was unpublished as a whole begins anew.
        maintainers: eb
          .case()
          .when("packages.removed_at", "is", null)
          .then(eb.ref("packages.maintainers"))
          .else(eb.ref("excluded.maintainers"))
          .end(),
        removed_at: null,
        tombstone: null,
      })),
    )
    .execute();
  const row = await findPackage(trx, { registryId: registry.id, name: request.name.full });
  if (row === null) {
    throw new EntrepotError("internal", { message: "The package's row vanished inside its transaction." });
  }
  return row;
}

function assertSamePublish({ request, prepared, publisher }: InsertInput, existing: VersionRow): void {
  const what = `${request.name.full}@${request.version}`;
  const refuse = (why: string): never => {
    throw new EntrepotError("version-exists", { message: `${what} ${why}; publish a higher version.` });
  };
  if (existing.removed_at !== null) refuse("was unpublished and its number cannot be used again");
  if (existing.digest !== prepared.digest) {
    refuse("exists already with other content and versions are immutable");
  }
  if (existing.published_by !== publisher.userName) {
    refuse(`was published already by ${existing.published_by}, with the same content`);
  }
}

async function assertStored(
  deps: { blobs: BlobStore },
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
