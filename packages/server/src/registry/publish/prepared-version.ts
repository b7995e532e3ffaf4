import type { VersionFacts } from "@entrepot/core";
import type { PublishInput } from "./publisher.ts";

/** Everything about a version that is computed before the transaction opens. */
export interface PreparedVersion {
  slices: { full: string; abbreviated: string };
  facts: VersionFacts;
  digest: string;
  integrity: string;
  shasum: string;
}

/** A publish that passed every check, and whose tarball lies in the blob store. */
export interface InsertInput extends PublishInput {
  prepared: PreparedVersion;
  now: number;
}
