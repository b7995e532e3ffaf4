import { EntrepotError } from "@entrepot/core";
import { listTags, listVersions } from "./package-rows.ts";
import { writePackage, type PackageWrite, type PackageWriteDeps, type WriteScope } from "./package-write.ts";
import type { Registry } from "./registry.ts";
import { dropReadmes, showReadmeOfLatest } from "./readmes.ts";
import { assertCurrentRevision } from "./revision.ts";
import { mendTags } from "./tags.ts";
import type { Tombstone } from "./tombstone.ts";
import type { Verdicts } from "./verdicts.ts";

/**
 * Removes the versions that a document, sent with the package's current `_rev`, no longer lists. Nothing else
 * of the document is read. A version that policy hides was never shown to the client, so its absence says
 * nothing and it stays; so does what `_policy` names, should policy have changed meanwhile. Throws `revision-stale`.
 */
export async function unpublishMissing(
  deps: PackageWriteDeps & { verdicts: Pick<Verdicts, "hiddenVersions"> },
  write: PackageWrite & { registry: Registry; rev: string; document: Record<string, unknown> },
): Promise<{ rev: string }> {
  const { registry, name, document } = write;
  const hidden = await deps.verdicts.hiddenVersions(registry, name);
  const kept = new Set([...keysOf(document["versions"]), ...hiddenWhenRead(document)]);
  return await writePackage(deps, write, async (scope) => {
    assertCurrentRevision(scope.row, write.rev);
    const present = await listVersions(scope.trx, scope.row.id);
    const shown = present.map(({ version }) => version).filter((version) => !hidden.has(version));
    const removed = shown.filter((version) => !kept.has(version));
    if (removed.length === 0) return null;
    assertSomeLeft(shown.length - removed.length);
    return await removeVersions(scope, write, removed);
  });
}

function hiddenWhenRead(document: Record<string, unknown>): string[] {
  return keysOf((document["_policy"] as { hidden?: unknown } | null | undefined)?.hidden);
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

/** Removes one version if it is still there: clients ask for its tarball's removal after the document's change. */
export async function unpublishVersion(
  deps: PackageWriteDeps,
  write: PackageWrite & { rev: string; version: string },
): Promise<{ rev: string }> {
  return await writePackage(deps, write, async (scope) => {
    const present = await listVersions(scope.trx, scope.row.id);
    if (!present.some((row) => row.version === write.version)) return null;
    assertCurrentRevision(scope.row, write.rev);
    assertSomeLeft(present.length - 1);
    return await removeVersions(scope, write, [write.version]);
  });
}

// A package without versions would be neither there nor unpublished.
function assertSomeLeft(count: number): void {
  if (count > 0) return;
  throw new EntrepotError("request-invalid", {
    message: "This would remove every version; to remove the whole package use npm unpublish --force.",
  });
}

async function removeVersions(
  scope: WriteScope,
  write: PackageWrite,
  versions: readonly string[],
): Promise<{ kind: "version-removed"; detail: Record<string, unknown>; installable: true }> {
  await scope.trx
    .updateTable("versions")
    .set({ removed_at: scope.now })
    .where("package_id", "=", scope.row.id)
    .where("version", "in", [...versions])
    .execute();
  await dropReadmes(scope.trx, scope.row.id, versions);
  const tags = { packageId: scope.row.id, actor: write.actor, now: scope.now };
  if (await mendTags(scope.trx, tags)) await showReadmeOfLatest(scope.trx, scope.row.id);
  return { kind: "version-removed", detail: { versions }, installable: true };
}

/** Removes the whole package and leaves a tombstone. Its version numbers stay used. Throws `revision-stale`. */
export async function unpublishPackage(
  deps: PackageWriteDeps,
  write: PackageWrite & { rev: string },
): Promise<{ rev: string }> {
  return await writePackage(deps, write, async (scope) => {
    assertCurrentRevision(scope.row, write.rev);
    const { trx, row, now } = scope;
    const versions = (await listVersions(trx, row.id)).map((entry) => entry.version);
    const tombstone: Tombstone = {
      name: write.actor.name,
      time: new Date(now).toISOString(),
      tags: Object.fromEntries(await listTags(trx, row.id)),
      maintainers: JSON.parse(row.maintainers) as unknown,
      versions,
    };
    await trx
      .updateTable("versions")
      .set({ removed_at: now })
      .where("package_id", "=", row.id)
      .where("removed_at", "is", null)
      .execute();
    await trx.deleteFrom("dist_tags").where("package_id", "=", row.id).execute();
    await trx.deleteFrom("version_readmes").where("package_id", "=", row.id).execute();
    await trx
      .updateTable("packages")
      .set({
        removed_at: now,
        tombstone: JSON.stringify(tombstone),
        readme: "",
        readme_filename: "",
      })
      .where("id", "=", row.id)
      .execute();
    return { kind: "package-removed", detail: { versions }, installable: true };
  });
}
