import { setImmediate as nextTurn } from "node:timers/promises";
import type { LocalPackument, LocalVersion, PackumentForm, VersionFacts } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import { listTags, type PackageRow } from "./package-rows.ts";
import { revisionOf } from "./revision.ts";

/** Rows read in one go; between two goes other requests get their turn. */
const PAGE_ROWS = 250;

/** Reads everything of a package of this registry's own that its packument shows. */
export async function loadLocalPackument(
  db: Database,
  row: PackageRow,
  form: PackumentForm,
): Promise<LocalPackument> {
  // Tags before versions: whatever is published in between, every tag still names a version that is listed.
  const distTags = [...(await listTags(db.read, row.id))];
  const versions: LocalVersion[] = [];
  const removedTimes: [string, string][] = [];
  let after = "";
  for (;;) {
    const page = await db.read
      .selectFrom("versions")
      .select(["version", "facts", "published_at", "removed_at"])
      .select(form === "full" ? "full_slice as slice" : "abbreviated_slice as slice")
      .where("package_id", "=", row.id)
      .where("version", ">", after)
      .orderBy("version")
      .limit(PAGE_ROWS)
      .execute();
    for (const entry of page) {
      const publishedAt = new Date(entry.published_at).toISOString();
      if (entry.removed_at !== null) removedTimes.push([entry.version, publishedAt]);
      else {
        versions.push({
          version: entry.version,
          slice: entry.slice,
          facts: JSON.parse(entry.facts) as VersionFacts,
          publishedAt,
        });
      }
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) break;
    after = last.version;
    await nextTurn();
  }
  versions.sort((one, other) => (one.publishedAt < other.publishedAt ? -1 : 1));
  return {
    name: row.name,
    rev: revisionOf(row),
    versions,
    removedTimes,
    distTags,
    maintainers: JSON.parse(row.maintainers) as unknown[],
    users: {},
    readme: row.readme,
    readmeFilename: row.readme_filename,
    createdAt: new Date(row.created_at).toISOString(),
    modifiedAt: new Date(row.modified_at).toISOString(),
  };
}
