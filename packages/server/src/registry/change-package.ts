import { EntrepotError, sliceManifest, type VersionFacts } from "@entrepot/core";
import { foldUserName } from "../identity/index.ts";
import { listVersions, type PackageRow } from "./package-rows.ts";
import { writePackage, type PackageWrite, type PackageWriteDeps, type WriteScope } from "./package-write.ts";
import { assertCurrentRevision } from "./revision.ts";

const DEPRECATION_CHARS_MAX = 1024;
const MAINTAINERS_MAX = 200;
/** Manifests that are in memory at once while they are changed. */
const MANIFESTS_AT_ONCE = 100;

/**
 * Takes over the deprecation texts of a whole document and nothing else of it: what else differs is what the
 * client did not know. Throws `revision-stale` unless the document's `_rev` is current.
 */
export async function deprecateVersions(
  deps: PackageWriteDeps,
  write: PackageWrite & { document: Record<string, unknown> },
): Promise<{ rev: string }> {
  const texts = deprecationTexts(write.document["versions"]);
  return await writePackage(deps, write, async (scope) => {
    assertCurrentRevision(scope.row, write.document["_rev"]);
    return await deprecate(scope, texts);
  });
}

/**
 * Deprecates one version, or with `*` all that there are; null as text lifts it. Throws `version-not-found` where there
 * is none such.
 */
export async function setDeprecation(
  deps: PackageWriteDeps,
  write: PackageWrite & { version: string; text: string | null },
): Promise<{ rev: string }> {
  return await writePackage(deps, write, async (scope) => {
    const versions = (await listVersions(scope.trx, scope.row.id)).map(({ version }) => version);
    const meant = write.version === "*" ? versions : versions.filter((version) => version === write.version);
    if (meant.length === 0) {
      throw new EntrepotError("version-not-found", {
        message: `${write.name} has no version ${write.version} of its own.`,
      });
    }
    const { text: deprecated } = write;
    return await deprecate(
      scope,
      deprecationTexts(Object.fromEntries(meant.map((version) => [version, { deprecated }]))),
    );
  });
}

async function deprecate(
  scope: WriteScope,
  texts: ReadonlyMap<string, string | null>,
): Promise<{ kind: "package-changed"; detail: Record<string, unknown>; installable: false } | null> {
  const changes = await deprecationChanges(scope, texts);
  if (changes.size === 0) return null;
  await setDeprecations(scope, changes);
  const deprecated = Object.fromEntries([...changes.values()].map(({ version, text }) => [version, text]));
  return { kind: "package-changed", detail: { deprecated }, installable: false };
}

/** By the id of the version's row. */
type DeprecationChanges = Map<string, { version: string; text: string | null }>;

// Compares with the facts, which are small: a document names every version, and most stay as they are.
async function deprecationChanges(
  { trx, row }: WriteScope,
  texts: ReadonlyMap<string, string | null>,
): Promise<DeprecationChanges> {
  const versions = await trx
    .selectFrom("versions")
    .select(["id", "version", "facts"])
    .where("package_id", "=", row.id)
    .where("removed_at", "is", null)
    .execute();
  const changes: DeprecationChanges = new Map();
  for (const { id, version, facts } of versions) {
    const text = texts.get(version);
    if (text === undefined || (JSON.parse(facts) as VersionFacts).deprecated === text) continue;
    changes.set(id, { version, text });
  }
  return changes;
}

async function setDeprecations(scope: WriteScope, changes: DeprecationChanges): Promise<void> {
  const ids = [...changes.keys()];
  for (let at = 0; at < ids.length; at += MANIFESTS_AT_ONCE) {
    const rows = await scope.trx
      .selectFrom("versions")
      .select(["id", "full_slice", "facts"])
      .where("id", "in", ids.slice(at, at + MANIFESTS_AT_ONCE))
      .execute();
    for (const row of rows) await writeDeprecation(scope, row, changes.get(row.id)?.text ?? null);
  }
}

interface DeprecationRow {
  id: string;
  full_slice: string;
  facts: string;
}

async function writeDeprecation(scope: WriteScope, row: DeprecationRow, text: string | null): Promise<void> {
  const manifest = JSON.parse(row.full_slice) as Record<string, unknown>;
  if (text === null) delete manifest["deprecated"];
  else manifest["deprecated"] = text;
  const slices = sliceManifest(manifest);
  const facts = JSON.stringify({ ...(JSON.parse(row.facts) as object), deprecated: text });
  await scope.trx
    .updateTable("versions")
    .set({ full_slice: slices.full, abbreviated_slice: slices.abbreviated, facts })
    .where("id", "=", row.id)
    .execute();
}

// An empty text lifts the deprecation: yarn 1 warns of any text, the empty one included.
function deprecationTexts(versions: unknown): Map<string, string | null> {
  if (typeof versions !== "object" || versions === null) {
    throw new EntrepotError("manifest-invalid", { message: 'The document has no "versions" to deprecate.' });
  }
  const texts = new Map<string, string | null>();
  for (const [version, manifest] of Object.entries(versions)) {
    const text = (manifest as { deprecated?: unknown } | null)?.deprecated;
    if (typeof text === "string" && text.length > DEPRECATION_CHARS_MAX) {
      throw new EntrepotError("manifest-invalid", {
        message: `A deprecation text has at most ${DEPRECATION_CHARS_MAX} characters.`,
      });
    }
    texts.set(version, typeof text === "string" && text !== "" ? text : null);
  }
  return texts;
}

/** Replaces the maintainers; versions and tags are never touched. Throws `revision-stale`. */
export async function changeMaintainers(
  deps: PackageWriteDeps,
  write: PackageWrite & { rev: string; maintainers: unknown },
): Promise<{ rev: string }> {
  return await writeMaintainers(deps, write, (row) => {
    assertCurrentRevision(row, write.rev);
    return write.maintainers;
  });
}

/** Adds somebody to the maintainers of that moment; one of them stays as they are. */
export async function addMaintainer(
  deps: PackageWriteDeps,
  write: PackageWrite & { person: Maintainer },
): Promise<{ rev: string }> {
  return await writeMaintainers(deps, write, (row) => {
    const present = maintainersOf(row);
    return present.some(isNamed(write.person.name)) ? null : [...present, write.person];
  });
}

/** Takes somebody from the maintainers of that moment. Throws `not-found`, and `manifest-invalid` for the last one. */
export async function removeMaintainer(
  deps: PackageWriteDeps,
  write: PackageWrite & { userName: string },
): Promise<{ rev: string }> {
  return await writeMaintainers(deps, write, (row) => {
    const present = maintainersOf(row);
    const isLeaving = isNamed(write.userName);
    if (!present.some(isLeaving)) {
      throw new EntrepotError("not-found", {
        message: `"${write.userName}" is not an owner of ${write.name}.`,
      });
    }
    return present.filter((person) => !isLeaving(person));
  });
}

interface Maintainer {
  name: string;
  email: string;
}

/** Writes the maintainers that `choose` gives for the row; null leaves them. */
async function writeMaintainers(
  deps: PackageWriteDeps,
  write: PackageWrite,
  choose: (row: PackageRow) => unknown,
): Promise<{ rev: string }> {
  return await writePackage(deps, write, async ({ trx, row }) => {
    const chosen = choose(row);
    if (chosen === null) return null;
    const maintainers = checkedMaintainers(chosen);
    await trx
      .updateTable("packages")
      .set({ maintainers: JSON.stringify(maintainers) })
      .where("id", "=", row.id)
      .execute();
    return {
      kind: "package-changed",
      detail: { maintainers: maintainers.map(({ name }) => name) },
      installable: false,
    };
  });
}

function maintainersOf(row: PackageRow): Maintainer[] {
  return JSON.parse(row.maintainers) as Maintainer[];
}

// npm sends names as they were typed, pnpm as they are asked for.
function isNamed(userName: string): (person: Maintainer) => boolean {
  return ({ name }) => foldUserName(name) === foldUserName(userName);
}

function checkedMaintainers(value: unknown): Maintainer[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAINTAINERS_MAX) {
    throw new EntrepotError("manifest-invalid", {
      message: `"maintainers" must be a list of 1 to ${MAINTAINERS_MAX} people; a package cannot be without an owner.`,
    });
  }
  return value.map((entry: unknown) => {
    const { name, email } = (typeof entry === "object" && entry !== null ? entry : {}) as Record<
      string,
      unknown
    >;
    if (typeof name !== "string" || name === "") {
      throw new EntrepotError("manifest-invalid", { message: 'Every maintainer needs a "name".' });
    }
    return { name, email: typeof email === "string" ? email : "" };
  });
}
