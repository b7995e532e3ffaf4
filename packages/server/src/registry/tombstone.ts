import { EntrepotError } from "@entrepot/core";

/** What stays of a package that was unpublished as a whole: the `time.unpublished` of its packument. */
export interface Tombstone {
  /** User name of whoever unpublished it. */
  name: string;
  /** ISO 8601 in UTC. */
  time: string;
  tags: Record<string, string>;
  maintainers: unknown;
  versions: string[];
}

/**
 * The 404 of an unpublished package. npm prints only the text, so that says when and by whom; programs find the rest in
 * the body, where packuments have it.
 */
export function unpublishedError(name: string, tombstone: string): EntrepotError {
  const { name: by, time } = JSON.parse(tombstone) as Tombstone;
  return new EntrepotError("package-not-found", {
    message: `The package "${name}" was unpublished on ${time} by ${by}.`,
    details: { package: name, unpublished: tombstone },
  });
}
