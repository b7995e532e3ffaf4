import type { Transaction } from "kysely";
import { appendChange, type NewChange } from "../../changes/index.ts";
import type { Schema } from "../../db/index.ts";
import { bumpRevision, type PackageRow, type VersionRow } from "../package-rows.ts";
import { dropReadmes, keepReadme, showReadmeOfLatest } from "../readmes.ts";
import { revisionOf } from "../revision.ts";
import { setTag } from "../tags.ts";
import type { InsertInput } from "./prepared-version.ts";
import { actorOf, provenanceOf } from "./publisher.ts";

/**
 * Tells whether a publish replaces a version: registry and publisher allow it, and the content is another. One that
 * was unpublished stays gone: its number was given up, not its content.
 */
export function mayReplace(input: InsertInput, existing: VersionRow): boolean {
  const isOther = existing.digest !== input.prepared.digest;
  return input.registry.allowOverwrite && input.mayOverwrite && existing.removed_at === null && isOther;
}

/** Replaces a version's content; the change log keeps the hashes of both. */
export async function overwriteVersion(
  trx: Transaction<Schema>,
  input: InsertInput,
  { row, existing }: { row: PackageRow; existing: VersionRow },
): Promise<{ rev: string }> {
  const { request, prepared, publisher, now } = input;
  const after = await bumpRevision(trx, row, { now, installable: true });
  await trx
    .updateTable("versions")
    .set({
      full_slice: prepared.slices.full,
      abbreviated_slice: prepared.slices.abbreviated,
      facts: JSON.stringify(prepared.facts),
      digest: prepared.digest,
      integrity: prepared.integrity,
      shasum: prepared.shasum,
      size_bytes: request.tarball.sizeBytes,
      published_at: now,
      published_by: publisher.userName,
      provenance: provenanceOf(publisher),
      attestations: request.bundles.length === 0 ? null : JSON.stringify(request.bundles),
    })
    .where("id", "=", existing.id)
    .execute();
  const { version, readme, readmeFilename } = request;
  await dropReadmes(trx, row.id, [version]);
  await keepReadme(trx, { packageId: row.id, version, readme, readmeFilename });
  // What was overwritten is seldom the newest; `latest` stays where it is.
  for (const [name, tagged] of request.tags) {
    if (name === "latest") continue;
    await setTag(trx, { packageId: row.id, actor: actorOf(publisher), now }, { name, version: tagged });
  }
  await showReadmeOfLatest(trx, row.id);
  await dropAllowed(trx, input);
  await appendChange(trx, {
    ...changeOf(input),
    kind: "version-overwritten",
    detail: {
      version,
      tags: [...request.tags.keys()],
      integrity: prepared.integrity,
      replacedIntegrity: existing.integrity,
      replacedPublisher: existing.published_by,
    },
  });
  return { rev: revisionOf(after) };
}

/** What an operator allowed was the content that is gone. */
async function dropAllowed(trx: Transaction<Schema>, input: InsertInput): Promise<void> {
  const { registry, request } = input;
  const { numDeletedRows } = await trx
    .deleteFrom("version_statuses")
    .where("workspace_id", "=", registry.workspaceId)
    .where("registry_id", "=", registry.id)
    .where("name", "=", request.name.full)
    .where("version", "=", request.version)
    .where("status", "=", "allowed")
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) return;
  await appendChange(trx, {
    ...changeOf(input),
    kind: "status-changed",
    detail: { version: request.version, status: null, reason: "overwritten" },
  });
}

/** The change that a publish makes, without what it was. */
export function changeOf(input: InsertInput): Omit<NewChange, "kind" | "detail"> {
  const { registry, request, publisher, now } = input;
  return {
    workspaceId: registry.workspaceId,
    registryId: registry.id,
    registry: registry.name,
    packageName: request.name.full,
    actor: actorOf(publisher),
    at: now,
  };
}
