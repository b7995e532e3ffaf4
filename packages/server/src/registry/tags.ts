import type { Transaction } from "kysely";
import { compareVersions, highestStable } from "@entrepot/core";
import type { Schema } from "../db/index.ts";
import { listTags, listVersions } from "./package-rows.ts";

/** Who writes, and when. */
export interface TagWrite {
  packageId: string;
  actor: string;
  now: number;
}

/** Points a tag at a version. */
export async function setTag(
  trx: Transaction<Schema>,
  write: TagWrite,
  tag: { name: string; version: string },
): Promise<void> {
  const values = { version: tag.version, updated_at: write.now, updated_by: write.actor };
  await trx
    .insertInto("dist_tags")
    .values({ package_id: write.packageId, tag: tag.name, ...values })
    .onConflict((conflict) => conflict.columns(["package_id", "tag"]).doUpdateSet(values))
    .execute();
}

/**
 * Makes every tag name a version that is there: tags of removed versions go, and `latest` moves to the
 * highest version left, a stable one where there is one.
 */
export async function mendTags(trx: Transaction<Schema>, write: TagWrite): Promise<void> {
  const versions = (await listVersions(trx, write.packageId)).map((row) => row.version);
  const present = new Set(versions);
  const tags = await listTags(trx, write.packageId);
  const dangling = [...tags].filter(([, version]) => !present.has(version)).map(([tag]) => tag);
  if (dangling.length > 0) {
    await trx
      .deleteFrom("dist_tags")
      .where("package_id", "=", write.packageId)
      .where("tag", "in", dangling)
      .execute();
  }
  const latest = tags.get("latest");
  if (latest !== undefined && present.has(latest)) return;
  const highest = highestStable(versions) ?? versions.sort(compareVersions).at(-1) ?? null;
  if (highest !== null) await setTag(trx, write, { name: "latest", version: highest });
}
