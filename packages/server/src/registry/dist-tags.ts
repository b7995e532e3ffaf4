import { EntrepotError, isTagName, normalizeVersion } from "@entrepot/core";
import { findVersion, listTags } from "./package-rows.ts";
import { writePackage, type PackageWrite, type PackageWriteDeps, type WriteScope } from "./package-write.ts";
import { showReadmeOfLatest } from "./readmes.ts";
import { setTag, tagInvalid } from "./tags.ts";

/**
 * Points tags at versions of the package; with `replace` these are its only ones beside `latest`. Throws `tag-invalid`
 * and `version-not-found`.
 */
export async function putTags(
  deps: PackageWriteDeps,
  write: PackageWrite & { tags: ReadonlyMap<string, unknown>; replace: boolean },
): Promise<{ rev: string }> {
  return await writePackage(deps, write, async (scope) => {
    const { trx, row, now } = scope;
    const wanted = new Map<string, string>();
    for (const [tag, version] of write.tags) {
      wanted.set(tag, await taggedVersion(scope, { tag, version, name: write.name }));
    }
    const before = await listTags(trx, row.id);
    const changed = [...wanted].filter(([tag, version]) => before.get(tag) !== version);
    const removed = [...before.keys()].filter((tag) => tag !== "latest" && !wanted.has(tag));
    const isShrinking = write.replace && removed.length > 0;
    if (changed.length === 0 && !isShrinking) return null;
    for (const [name, version] of changed) {
      await setTag(trx, { packageId: row.id, actor: write.actor, now }, { name, version });
    }
    if (isShrinking) await removeTags(scope, removed);
    if (changed.some(([tag]) => tag === "latest")) await showReadmeOfLatest(trx, row.id);
    return { kind: "tag-set", detail: { tags: Object.fromEntries(wanted) }, installable: false };
  });
}

/** Removes a tag. `latest` stays: every package needs it. */
export async function deleteTag(
  deps: PackageWriteDeps,
  write: PackageWrite & { tag: string },
): Promise<{ rev: string }> {
  if (write.tag === "latest") {
    throw new EntrepotError("permission-denied", {
      message: 'The tag "latest" cannot be removed; point it at another version instead.',
    });
  }
  return await writePackage(deps, write, async (scope) => {
    const tags = await listTags(scope.trx, scope.row.id);
    if (!tags.has(write.tag)) {
      throw new EntrepotError("not-found", { message: `${write.name} has no tag "${write.tag}".` });
    }
    await removeTags(scope, [write.tag]);
    return { kind: "tag-removed", detail: { tag: write.tag }, installable: false };
  });
}

async function taggedVersion(
  scope: WriteScope,
  wanted: { tag: string; version: unknown; name: string },
): Promise<string> {
  if (!isTagName(wanted.tag)) throw tagInvalid(wanted.tag);
  const version = typeof wanted.version === "string" ? normalizeVersion(wanted.version) : null;
  if (version === null) {
    throw new EntrepotError("version-invalid", {
      message: `The tag "${wanted.tag}" needs a JSON string with a version, such as "1.2.3".`,
    });
  }
  const row = await findVersion(scope.trx, scope.row.id, version);
  if (row === null || row.removed_at !== null) {
    throw new EntrepotError("version-not-found", {
      message: `${wanted.name} has no version ${version} to tag.`,
    });
  }
  return version;
}

async function removeTags({ trx, row }: WriteScope, tags: readonly string[]): Promise<void> {
  await trx
    .deleteFrom("dist_tags")
    .where("package_id", "=", row.id)
    .where("tag", "in", [...tags])
    .execute();
}
