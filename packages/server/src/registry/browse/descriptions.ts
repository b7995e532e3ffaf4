import { LRUCache } from "lru-cache";
import type { DescribedDocument, VersionPage } from "@entrepot/core";
import type { ThreadPool } from "../../threads/index.ts";
import type { DocumentEntry, Upstreams } from "../../upstream/index.ts";

const WEIGHT_MAX = 8 * 1024 ** 2;
/** What a version with so many dependencies takes in memory, roughly. */
const VERSION_BYTES = 1500;
const DEPENDENCY_BYTES = 120;

/** What is wanted of a document: a page of its versions, and some by name. */
export interface WantedVersions {
  page: VersionPage;
  also: readonly string[];
}

/** What upstreams' documents say of packages and versions, for people. */
export interface Descriptions {
  /** Throws `upstream-invalid`, and upstream errors where the document's bytes are lost. */
  of(entry: DocumentEntry, wanted: WantedVersions): Promise<DescribedDocument>;
}

/** Makes the reader, with a bounded memory of what was read last. */
export function createDescriptions(deps: {
  threads: Pick<ThreadPool, "run">;
  upstreams: Pick<Upstreams, "document">;
  limits: { documentBytesMax: number };
}): Descriptions {
  const known = new LRUCache<string, DescribedDocument>({ maxSize: WEIGHT_MAX, sizeCalculation: weightOf });
  return {
    async of(entry, wanted) {
      const key = `${entry.digest} ${JSON.stringify(wanted)}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const described = await deps.threads.run("describeUpstream", {
        name: entry.name,
        document: await deps.upstreams.document(entry),
        sizeBytesMax: deps.limits.documentBytesMax,
        ...wanted,
      });
      known.set(key, described);
      return described;
    },
  };
}

function weightOf({ details }: DescribedDocument): number {
  const dependencies = [...details.values()].flatMap((one) =>
    Object.values(one.dependencies).map((ranges) => Object.keys(ranges).length),
  );
  const count = dependencies.reduce((sum, one) => sum + one, 0);
  return VERSION_BYTES * (1 + details.size) + DEPENDENCY_BYTES * count;
}
