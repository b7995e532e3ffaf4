import { LRUCache } from "lru-cache";

import type { AbsentEntry, DocumentEntry, Upstream } from "./upstream.ts";

/** Rough weight of an entry with its key, in bytes. */
const ENTRY_BYTES = 700;
const ENTRY_BYTES_MAX = 32 * 1024 * 1024;
const ENTRIES_MAX = 20_000;
const ABSENT_FRESH_MS_MAX = 30_000;

interface Checked {
  /** URL of the upstream that said it; another URL is another upstream. */
  upstreamUrl: string;
  freshUntil: number;
  superseded: boolean;
  fetchedAt: number;
  /** When the upstream last confirmed it. */
  checkedAt: number;
}

export interface PresentState extends Omit<DocumentEntry, keyof Checked>, Checked {
  etag: string | null;
  lastModified: string | null;
  /** True once the document lies in the database or the blob store, as far as we know. */
  isWritten: boolean;
}

export interface AbsentState extends Omit<AbsentEntry, keyof Checked>, Checked {}

/** An entry as this folder sees it: the object that others hold, with what only we read and write. */
export type EntryState = PresentState | AbsentState;

/** How long an answer is served without asking again, in milliseconds; that a name is absent for half a minute at most. */
export function freshMs(upstream: Pick<Upstream, "settings">, kind: EntryState["kind"]): number {
  const milliseconds = upstream.settings.freshSeconds * 1000;
  return kind === "absent" ? Math.min(milliseconds, ABSENT_FRESH_MS_MAX) : milliseconds;
}

/** The upstream has just confirmed the entry: it is as good as new. */
export function confirm(upstream: Upstream, entry: EntryState, now: number): void {
  entry.checkedAt = now;
  entry.freshUntil = now + freshMs(upstream, entry.kind);
}

export interface DocumentEntries {
  get(upstream: Upstream, name: string): EntryState | null;
  /** Puts an entry in the place of the one that is there, which is superseded if it says something else. */
  set(upstream: Upstream, entry: EntryState): void;
}

/** Key of a name at an upstream, for maps. */
export function entryKey(upstreamId: string, name: string): string {
  return `${upstreamId}\n${name}`;
}

/** Keeps entries in memory, bounded; the rest is in the database. */
export function createDocumentEntries(): DocumentEntries {
  const entries = new LRUCache<string, EntryState>({
    max: ENTRIES_MAX,
    maxSize: ENTRY_BYTES_MAX,
    sizeCalculation: (_entry, key) => ENTRY_BYTES + key.length,
  });
  return {
    get(upstream, name) {
      const key = entryKey(upstream.id, name);
      const entry = entries.get(key);
      if (entry === undefined) return null;
      if (entry.upstreamUrl === upstream.url) return entry;
      entry.superseded = true;
      entries.delete(key);
      return null;
    },
    set(upstream, entry) {
      const key = entryKey(upstream.id, entry.name);
      const former = entries.get(key);
      if (former !== undefined && former !== entry) former.superseded = true;
      entries.set(key, entry);
    },
  };
}
