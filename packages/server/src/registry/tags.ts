import type { Transaction } from "kysely";
import { EntrepotError, compareVersions, highestStable } from "@entrepot/core";
import type { Actor } from "../changes/index.ts";
import { defineQuery, type Schema, type SlotOf } from "../db/index.ts";
import { listVersions } from "./package-rows.ts";

/** Who writes, and when. */
export interface TagWrite {
  packageId: string;
  actor: Actor;
  now: number;
}

/** Points a tag at a version. */
export async function setTag(
  trx: Transaction<Schema>,
  write: TagWrite,
  tag: { name: string; version: string },
): Promise<void> {
  const { packageId, actor, now } = write;
  await upsertTag(trx, { packageId, userName: actor.name, now, ...tag });
}

interface NewTag extends Omit<TagWrite, "actor"> {
  userName: string;
  name: string;
  version: string;
}

const upsertTag = defineQuery((db, slot: SlotOf<NewTag>) =>
  db
    .insertInto("dist_tags")
    .values({
      package_id: slot("packageId"),
      tag: slot("name"),
      version: slot("version"),
      updated_at: slot("now"),
      updated_by: slot("userName"),
    })
    .onConflict((conflict) =>
      conflict.columns(["package_id", "tag"]).doUpdateSet((eb) => ({
        version: eb.ref("excluded.version"),
        updated_at: eb.ref("excluded.updated_at"),
        updated_by: eb.ref("excluded.updated_by"),
      })),
    ),
);

/** The error for a tag that cannot be one. */
export function tagInvalid(tag: string): EntrepotError {
  return new EntrepotError("tag-invalid", {
    message: `"${tag}" cannot be a tag: a tag may not read as a version or a range. Try a word such as "next".`,
  });
}

/**
 * Makes every tag name a version that is there: tags of removed versions go, and `latest` moves to the
 * highest version left, a stable one where there is one. Tells whether `latest` moved.
 */
export async function mendTags(trx: Transaction<Schema>, write: TagWrite): Promise<boolean> {
  const tags = await trx
    .selectFrom("dist_tags")
    .leftJoin("versions", (join) =>
      join
        .onRef("versions.package_id", "=", "dist_tags.package_id")
        .onRef("versions.version", "=", "dist_tags.version")
        .on("versions.removed_at", "is", null),
    )
    .select(["tag", "versions.id as versionId"])
    .where("dist_tags.package_id", "=", write.packageId)
    .execute();
  const dangling = tags.filter(({ versionId }) => versionId === null).map(({ tag }) => tag);
  if (dangling.length > 0) {
    await trx
      .deleteFrom("dist_tags")
      .where("package_id", "=", write.packageId)
      .where("tag", "in", dangling)
      .execute();
  }
  if (tags.some(({ tag, versionId }) => tag === "latest" && versionId !== null)) return false;
  const versions = (await listVersions(trx, write.packageId)).map((row) => row.version);
  const highest = highestStable(versions) ?? versions.sort(compareVersions).at(-1) ?? null;
  if (highest === null) return false;
  await setTag(trx, write, { name: "latest", version: highest });
  return true;
}
