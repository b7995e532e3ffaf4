import { LRUCache } from "lru-cache";
import type { View } from "./view.ts";

/** What a view says of one version, or of its tags alone. */
export interface Selection {
  /** JSON; null when nothing fits. */
  manifest: Uint8Array | null;
  tags: Record<string, string>;
}

/** What was picked out of views lately, by version, tag or range; null stands for the tags alone. Bounded in bytes. */
export interface Selections {
  get(view: Pick<View, "etag">, selector: string | null): Selection | undefined;
  set(view: Pick<View, "etag">, selector: string | null, selection: Selection): void;
}

const BYTES_MAX = 8 * 1024 ** 2;
/** What an entry and one tag take beside the manifest, roughly. */
const ENTRY_BYTES = 512;
const TAG_BYTES = 128;

/** Makes the memory. A view's ETag stands for all that it was made from, so nothing has to be forgotten. */
export function createSelections(): Selections {
  const selections = new LRUCache<string, Selection>({
    maxSize: BYTES_MAX,
    sizeCalculation: ({ manifest, tags }) =>
      ENTRY_BYTES + (manifest?.length ?? 0) + Object.keys(tags).length * TAG_BYTES,
  });
  return {
    get: ({ etag }, selector) => selections.get(keyOf(etag, selector)),
    set: ({ etag }, selector, selection) => void selections.set(keyOf(etag, selector), selection),
  };
}

function keyOf(etag: string, selector: string | null): string {
  return selector === null ? etag : `${etag}\n${selector}`;
}
