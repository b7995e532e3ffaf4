import { LRUCache } from "lru-cache";
import type { RenderedReadme, ThreadPool } from "../../threads/index.ts";
import type { Database } from "../../db/index.ts";
import type { Upstreams } from "../../upstream/index.ts";
import { revisionOf } from "../revision.ts";
import type { PackageVerdicts } from "../verdicts.ts";

const BYTES_MAX = 8 * 1024 ** 2;
const ENTRY_BYTES = 200;
const NOTHING: RenderedReadme = { html: null, fileName: null, isCut: false };

/** READMEs as pages show them. */
export interface Readmes {
  /**
   * The README of a version that was published here, or of a package of an upstream, whose document has one for all
   * versions.
   */
  of(found: PackageVerdicts, version: string): Promise<RenderedReadme>;
}

export interface ReadmeDeps {
  db: Database;
  threads: Pick<ThreadPool, "run">;
  upstreams: Pick<Upstreams, "document">;
  limits: { documentBytesMax: number };
}

/** Makes the reader, with a bounded memory of what was rendered last. */
export function createReadmes(deps: ReadmeDeps): Readmes {
  const known = new LRUCache<string, RenderedReadme>({
    maxSize: BYTES_MAX,
    sizeCalculation: ({ html }) => ENTRY_BYTES + 2 * (html?.length ?? 0),
  });
  return {
    async of({ source }, version) {
      const key = source.kind === "local" ? `${revisionOf(source.row)} ${version}` : source.entry.digest;
      const found = known.get(key);
      if (found !== undefined) return found;
      const rendered = await render(deps, source, version);
      known.set(key, rendered);
      return rendered;
    },
  };
}

async function render(
  { db, threads, upstreams, limits }: ReadmeDeps,
  source: PackageVerdicts["source"],
  version: string,
): Promise<RenderedReadme> {
  if (source.kind === "upstream") {
    const { entry } = source;
    const document = await upstreams.document(entry);
    const sizeBytesMax = limits.documentBytesMax;
    return await threads.run("renderReadme", { name: entry.name, document, sizeBytesMax });
  }
  const row = await db.read
    .selectFrom("version_readmes")
    .select(["readme", "readme_filename"])
    .where("package_id", "=", source.row.id)
    .where("version", "=", version)
    .executeTakeFirst();
  if (row === undefined) return NOTHING;
  return await threads.run("renderReadme", { readme: row.readme, readmeFilename: row.readme_filename });
}
