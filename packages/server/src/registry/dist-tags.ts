import { EntrepotError, isTagName, normalizeVersion } from "@entrepot/core";
import { findVersion, listTags } from "./package-rows.ts";
import { writePackage, type PackageWrite, type PackageWriteDeps, type WriteScope } from "./package-write.ts";
import { tagInvalid } from "./publish/publish-request.ts";
import { setTag } from "./tags.ts";

/** Points tags at versions of the package. Throws `tag-invalid` and `version-not-found`. */
export async function putTags(
  deps: PackageWriteDeps,
  write: PackageWrite & { tags: ReadonlyMap<string, unknown>; replace: boolean },
): Promise<{ rev: string }> {
  return await writePackage(deps, write, async (scope) => {
    for (const [tag, version] of write.tags) {
      await setTag(
        scope.trx,
        { packageId: scope.row.id, actor: write.actor, now: scope.now },
        {
          name: tag,
          version: await taggedVersion(scope, { tag, version, name: write.name }),
        },
      );
    }
    if (write.replace) await removeOtherTags(scope, write.tags);
    return { kind: "tag-set", detail: { tags: Object.fromEntries(write.tags) }, installable: true };
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
  return await writePackage(deps, write, async ({ trx, row }) => {
    const tags = await listTags(trx, row.id);
    if (!tags.has(write.tag)) {
      throw new EntrepotError("not-found", { message: `${write.name} has no tag "${write.tag}".` });
    }
    await trx.deleteFrom("dist_tags").where("package_id", "=", row.id).where("tag", "=", write.tag).execute();
    return { kind: "tag-removed", detail: { tag: write.tag }, installable: true };
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

async function removeOtherTags({ trx, row }: WriteScope, kept: ReadonlyMap<string, unknown>): Promise<void> {
  await trx
    .deleteFrom("dist_tags")
    .where("package_id", "=", row.id)
    .where("tag", "not in", ["latest", ...kept.keys()])
    .execute();
}
