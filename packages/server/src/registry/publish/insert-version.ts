import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import { EntrepotError } from "@entrepot/core";
import { keepBlobs, type BlobStore } from "../../blobs/index.ts";
import { appendChange, type NewChange } from "../../changes/index.ts";
import { defineQuery, type Schema, sendTogether, type SlotOf } from "../../db/index.ts";
import {
  bumpRevision,
  findVersion,
  listTags,
  revised,
  type PackageRow,
  type VersionRow,
} from "../package-rows.ts";
import { keepReadme, showReadme, showReadmeOfLatest } from "../readmes.ts";
import { revisionOf } from "../revision.ts";
import { mendTags, setTag } from "../tags.ts";
import { changeOf, mayReplace, overwriteVersion } from "./overwrite-version.ts";
import { actorOf, personOf, provenanceOf } from "./publisher.ts";
import type { InsertInput } from "./prepared-version.ts";

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
  const storedTarball = { digest: prepared.digest, sizeBytes: request.tarball.sizeBytes };
  if (existing !== null) {
    if (mayReplace(input, existing)) {
      await assertStored(deps, trx, storedTarball);
      return await overwriteVersion(trx, input, { row: found, existing });
    }
    assertSamePublish(input, existing);
    return await tagAgain(trx, input, found);
  }
  await assertStored(deps, trx, storedTarball);
  const row = revised(found, { now, installable: true });
  const { readme, readmeFilename, version, tags } = request;
  const write = { packageId: row.id, actor: actorOf(publisher), now };
  const shown = { packageId: row.id, readme, readmeFilename };
  const isLatest = tags.has("latest");
  await sendTogether(trx, [
    () => bumpRevision(trx, found, { now, installable: true }),
    () => insertVersionRow(trx, input, row.id),
    () => keepReadme(trx, { ...shown, version }),
    ...[...tags].map(
      ([name, tagged]) =>
        () =>
          setTag(trx, write, { name, version: tagged }),
    ),
    ...(isLatest ? [() => showReadme(trx, shown), () => appendChange(trx, published(input))] : []),
  ]);
  // Who brings `latest` leaves no tag that would have to be mended.
  if (isLatest) return { rev: revisionOf(row) };
  if (await mendTags(trx, write)) await showReadmeOfLatest(trx, row.id);
  await appendChange(trx, published(input));
  return { rev: revisionOf(row) };
}

function published(input: InsertInput): NewChange {
  const { request, prepared } = input;
  return {
    ...changeOf(input),
    kind: "version-published",
    detail: {
      version: request.version,
      tags: [...request.tags.keys()],
      integrity: prepared.integrity,
    },
  };
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
    await setTag(trx, { packageId: row.id, actor: actorOf(publisher), now }, { name, version });
  }
  if (changed.some(([tag]) => tag === "latest")) await showReadmeOfLatest(trx, row.id);
  await appendChange(trx, {
    ...changeOf(input),
    kind: "tag-set",
    detail: { tags: Object.fromEntries(changed) },
  });
  return { rev: revisionOf(row) };
}

async function insertVersionRow(
  trx: Transaction<Schema>,
  input: InsertInput,
  packageId: string,
): Promise<void> {
  const { request, prepared, publisher, now } = input;
  await addVersion(trx, {
    id: randomUUID(),
    packageId,
    version: request.version,
    full: prepared.slices.full,
    abbreviated: prepared.slices.abbreviated,
    facts: JSON.stringify(prepared.facts),
    digest: prepared.digest,
    integrity: prepared.integrity,
    shasum: prepared.shasum,
    sizeBytes: request.tarball.sizeBytes,
    publishedAt: now,
    publishedBy: publisher.userName,
    provenance: provenanceOf(publisher),
    attestations: request.bundles.length === 0 ? null : JSON.stringify(request.bundles),
  });
}

interface NewVersion {
  id: string;
  packageId: string;
  version: string;
  full: string;
  abbreviated: string;
  facts: string;
  digest: string;
  integrity: string;
  shasum: string;
  sizeBytes: number;
  publishedAt: number;
  publishedBy: string;
  provenance: string;
  attestations: string | null;
}

const addVersion = defineQuery((db, slot: SlotOf<NewVersion>) =>
  db.insertInto("versions").values({
    id: slot("id"),
    package_id: slot("packageId"),
    version: slot("version"),
    full_slice: slot("full"),
    abbreviated_slice: slot("abbreviated"),
    facts: slot("facts"),
    digest: slot("digest"),
    integrity: slot("integrity"),
    shasum: slot("shasum"),
    size_bytes: slot("sizeBytes"),
    published_at: slot("publishedAt"),
    published_by: slot("publishedBy"),
    provenance: slot("provenance"),
    attestations: slot("attestations"),
    removed_at: null,
  }),
);

// On PostgreSQL the upsert's row lock makes publishes of one package wait for each other.
async function packageForWriting(trx: Transaction<Schema>, input: InsertInput): Promise<PackageRow> {
  const { registry, request, publisher, now } = input;
  const [row] = await upsertPackage(trx, {
    id: randomUUID(),
    registryId: registry.id,
    name: request.name.full,
    maintainers: JSON.stringify([personOf(publisher)]),
    now,
  });
  if (row === undefined) {
    throw new EntrepotError("internal", { message: "The package's row was not written." });
  }
  return row;
}

type NewPackage = { id: string; registryId: string; name: string; maintainers: string; now: number };

const upsertPackage = defineQuery((db, slot: SlotOf<NewPackage>) =>
  db
    .insertInto("packages")
    .values({
      id: slot("id"),
      registry_id: slot("registryId"),
      name: slot("name"),
      revision: 0,
      maintainers: slot("maintainers"),
      readme: "",
      readme_filename: "",
      created_at: slot("now"),
      modified_at: slot("now"),
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
    .returningAll(),
);

function assertSamePublish(
  { registry, request, prepared, publisher }: InsertInput,
  existing: VersionRow,
): void {
  const what = `${request.name.full}@${request.version}`;
  const refuse = (why: string): never => {
    throw new EntrepotError("version-exists", { message: `${what} ${why}; publish a higher version.` });
  };
  if (existing.removed_at !== null) refuse("was unpublished and its number cannot be used again");
  if (existing.digest !== prepared.digest) {
    refuse(
      registry.allowOverwrite
        ? "exists already with other content, and you may not overwrite versions"
        : "exists already with other content and versions are immutable",
    );
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
