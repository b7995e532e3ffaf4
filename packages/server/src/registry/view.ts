import type { PackumentForm, Verdict } from "@entrepot/core";

/** A packument as one kind of client sees it: under policy, for one base URL, compressed. */
export interface View {
  readonly registryId: string;
  readonly name: string;
  readonly form: PackumentForm;
  /** Strong and different for every form, base URL and content; without quotes. */
  readonly etag: string;
  readonly gzip: Buffer;
  /** Length before compression. */
  readonly sizeBytes: number;
  /** Versions that policy hides, and why. */
  readonly hidden: ReadonlyMap<string, Verdict>;
  /** One line for a person whose `latest` policy moved; null where it did not. */
  readonly notice: string | null;
  /** True while the view is in the cache and is what a new request would get. */
  isCurrent(): boolean;
  /** For whoever remembers the view: holds it while the cache does, so that memory stays bounded. */
  readonly held: { view: View | null };
}

/** Which view is wanted. */
export interface ViewKey {
  registryId: string;
  name: string;
  form: PackumentForm;
  /** The package's absolute URL as the client addresses it, without a trailing slash. */
  packageUrl: string;
}

/** The key as one text; no part of it can hold a line feed. */
export function viewKeyText(key: ViewKey): string {
  return `${key.registryId}\n${key.name}\n${key.form}\n${key.packageUrl}`;
}
