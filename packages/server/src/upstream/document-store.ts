import type { Log } from "../telemetry/index.ts";
import type { IngestedDocument } from "../threads/index.ts";
import type { EntryState, PresentState } from "./document-entries.ts";
import { createDocumentRows, type FoundRow } from "./document-rows.ts";
import type { DocumentWriterDeps } from "./document-writer.ts";
import { createKeptBytes, type KeptBytesDeps } from "./kept-bytes.ts";
import type { DocumentEntry, Upstream } from "./upstream.ts";

/** Documents up to this size lie in their rows: a file of its own costs many times what writing its bytes does. */
const INLINE_BYTES_MAX = 64 * 1024;

/** What upstreams said and sent: the newest in memory, all of it in the database and the blob store. */
export interface DocumentStore {
  /** What this or another process wrote of a name; null if there is nothing. */
  recall(upstream: Upstream, name: string): Promise<EntryState | null>;
  /** The same, if it is newer than what is known. */
  recallNewer(upstream: Upstream, known: EntryState): Promise<EntryState | null>;
  /**
   * Takes an answer in that came after `former`, with the document if one came. Resolves when it is fit to take more.
   */
  keep(entry: EntryState, came: { made: IngestedDocument | null; former: EntryState | null }): Promise<void>;
  /** The gzip-compressed document; null if it is lost or torn. */
  document(entry: DocumentEntry): Promise<Uint8Array | null>;
  /** The package index, if it is in memory. */
  index(entry: DocumentEntry): Uint8Array | null;
  holdIndex(entry: DocumentEntry, index: Uint8Array): void;
  /** What documents and indexes in memory take. */
  heldBytes(): number;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface DocumentStoreDeps extends DocumentWriterDeps, KeptBytesDeps {
  log: Pick<Log, "warn">;
}

export function createDocumentStore(deps: DocumentStoreDeps): DocumentStore {
  const kept = createKeptBytes(deps);
  const rows = createDocumentRows(deps);
  /** Large documents whose rows wait until the blob store has them. */
  const storing = new Set<Promise<void>>();

  function take(row: FoundRow | null): EntryState | null {
    if (row?.entry.kind === "present" && row.document !== null) kept.hold(row.entry.digest, row.document);
    return row?.entry ?? null;
  }

  async function keepDocument(entry: PresentState, bytes: Uint8Array): Promise<void> {
    // Not held: its first view was made with it, and whoever wants another one reads it from the database.
    if (bytes.length <= INLINE_BYTES_MAX) return rows.put(entry, bytes);
    await kept.store(entry.digest, bytes);
    const row = writeWhenStored(entry).finally(() => storing.delete(row));
    storing.add(row);
  }

  /** A row may name only a blob that is there. */
  async function writeWhenStored(entry: PresentState): Promise<void> {
    if (await kept.stored(entry.digest)) return rows.put(entry, null);
    // Asked for anew, and as a whole, at its next refresh.
    Object.assign(entry, { etag: null, lastModified: null });
  }

  return {
    recall: async (upstream, name) => take(await rows.read(upstream, name)),
    recallNewer: async (upstream, known) => take(await rows.readNewer(upstream, known)),
    async keep(entry, { made, former }) {
      if (made !== null) kept.hold(indexKey(made.documentDigest), made.index);
      if (entry.kind === "absent") {
        // Only a row that says otherwise needs one: whoever asks for names that never were must not fill the database.
        return former?.kind === "present" ? rows.put(entry, null) : undefined;
      }
      const document = made?.document ?? kept.held(entry.digest);
      if (entry.isWritten || document === null) rows.touch(entry);
      else await keepDocument(entry, document);
    },
    async document(entry) {
      const held = kept.held(entry.digest);
      if (held !== null) return held;
      const inline = await rows.document(entry);
      if (inline === null) return kept.read(entry.digest);
      kept.hold(entry.digest, inline);
      return inline;
    },
    index: ({ digest }) => kept.held(indexKey(digest)),
    holdIndex: ({ digest }, index) => kept.hold(indexKey(digest), index),
    heldBytes: () => kept.heldBytes(),
    async close() {
      await Promise.all(storing);
      await rows.close();
      await kept.close();
    },
  };
}

function indexKey(digest: string): string {
  return `index ${digest}`;
}
