import type { Transaction } from "kysely";
import { defineQuery, type Schema, type SlotOf } from "../db/index.ts";

/** A README as it was published; empty texts when there is none. */
export interface Readme {
  readme: string;
  readmeFilename: string;
}

/** Keeps the README of a version, for when `latest` comes to name it. */
export async function keepReadme(
  trx: Transaction<Schema>,
  { packageId, version, readme, readmeFilename }: Readme & { packageId: string; version: string },
): Promise<void> {
  if (readme === "" && readmeFilename === "") return;
  await insertReadme(trx, { packageId, version, readme, readmeFilename });
}

const insertReadme = defineQuery((db, slot: SlotOf<Readme & { packageId: string; version: string }>) =>
  db.insertInto("version_readmes").values({
    package_id: slot("packageId"),
    version: slot("version"),
    readme: slot("readme"),
    readme_filename: slot("readmeFilename"),
  }),
);

/** Makes the package show a README, that of the version which `latest` has just come to name. */
export async function showReadme(
  trx: Transaction<Schema>,
  { packageId, readme, readmeFilename }: Readme & { packageId: string },
): Promise<void> {
  await updateReadme(trx, { packageId, readme, readmeFilename });
}

const updateReadme = defineQuery((db, slot: SlotOf<Readme & { packageId: string }>) =>
  db
    .updateTable("packages")
    .set({ readme: slot("readme"), readme_filename: slot("readmeFilename") })
    .where("id", "=", slot("packageId")),
);

/** Makes the package show the README of the version that `latest` names. */
export async function showReadmeOfLatest(trx: Transaction<Schema>, packageId: string): Promise<void> {
  const found = await trx
    .selectFrom("dist_tags")
    .innerJoin("version_readmes", (join) =>
      join
        .onRef("version_readmes.package_id", "=", "dist_tags.package_id")
        .onRef("version_readmes.version", "=", "dist_tags.version"),
    )
    .select(["readme", "readme_filename"])
    .where("dist_tags.package_id", "=", packageId)
    .where("dist_tags.tag", "=", "latest")
    .executeTakeFirst();
  await trx
    .updateTable("packages")
    .set(found ?? { readme: "", readme_filename: "" })
    .where("id", "=", packageId)
    .execute();
}

/** Forgets the READMEs of versions that were unpublished. */
export async function dropReadmes(
  trx: Transaction<Schema>,
  packageId: string,
  versions: readonly string[],
): Promise<void> {
  if (versions.length === 0) return;
  await trx
    .deleteFrom("version_readmes")
    .where("package_id", "=", packageId)
    .where("version", "in", [...versions])
    .execute();
}
