import type { Selectable } from "kysely";

import { prepareQuery, type Schema, type SlotOf } from "../db/index.ts";
import { entryKey, type EntryState, freshMs, type PresentState } from "./document-entries.ts";
import { createDocumentWriter, type DocumentWriter, type DocumentWriterDeps } from "./document-writer.ts";
import { digestOf } from "./kept-bytes.ts";
import type { Upstream } from "./upstream.ts";

type DocumentRow = Selectable<Schema["upstream_documents"]>;

/** What is remembered of a name. */
export interface FoundRow {
  entry: EntryState;
  /** The document's bytes if they lie in the row and are whole. */
  document: Uint8Array | null;
}

/** What is remembered of upstreams' answers in the database, small documents included; written behind. */
export interface DocumentRows extends Pick<DocumentWriter, "put" | "touch" | "close"> {
  /** The newest answer that this or another process wrote; null if there is none. */
  read(upstream: Upstream, name: string): Promise<FoundRow | null>;
  /** The same, if it is newer than what is known. */
  readNewer(upstream: Upstream, known: EntryState): Promise<FoundRow | null>;
  /** The bytes of this very document if they lie in its row and are whole. */
  document(entry: Pick<PresentState, "upstreamId" | "name" | "digest">): Promise<Uint8Array | null>;
}

export function createDocumentRows(deps: DocumentWriterDeps): DocumentRows {
  const { read } = deps.db;
  const find = prepareQuery(read, (slot: SlotOf<{ id: string; name: string }>) =>
    read
      .selectFrom("upstream_documents")
      .selectAll()
      .where("upstream_id", "=", slot("id"))
      .where("name", "=", slot("name")),
  );
  const findNewer = prepareQuery(read, (slot: SlotOf<{ id: string; name: string; checkedAt: number }>) =>
    read
      .selectFrom("upstream_documents")
      .selectAll()
      .where("upstream_id", "=", slot("id"))
      .where("name", "=", slot("name"))
      .where("checked_at", ">", slot("checkedAt")),
  );
  const findDocument = prepareQuery(read, (slot: SlotOf<{ id: string; name: string; digest: string }>) =>
    read
      .selectFrom("upstream_documents")
      .select("document")
      .where("upstream_id", "=", slot("id"))
      .where("name", "=", slot("name"))
      .where("document_digest", "=", slot("digest")),
  );
  const writer = createDocumentWriter(deps);
  return {
    async read(upstream, name) {
      const pending = writer.pending(entryKey(upstream.id, name));
      if (pending?.entry.upstreamUrl === upstream.url) return pending;
      const [row] = await find({ id: upstream.id, name });
      return row === undefined ? null : foundRow(upstream, row);
    },
    async readNewer(upstream, { name, checkedAt }) {
      const [row] = await findNewer({ id: upstream.id, name, checkedAt });
      return row === undefined ? null : foundRow(upstream, row);
    },
    async document({ upstreamId, name, digest }) {
      const pending = writer.pending(entryKey(upstreamId, name));
      const isSame = pending?.entry.kind === "present" && pending.entry.digest === digest;
      if (isSame && pending.document !== null) return pending.document;
      const [row] = await findDocument({ id: upstreamId, name, digest });
      return wholeDocument(row?.document ?? null, digest);
    },
    put: (entry, document) => writer.put(entry, document),
    touch: (entry) => writer.touch(entry),
    close: () => writer.close(),
  };
}

function foundRow(upstream: Upstream, row: DocumentRow): FoundRow | null {
  // Written behind the back of a change of the URL.
  if (row.upstream_url !== upstream.url) return null;
  const common = {
    upstreamId: upstream.id,
    upstreamUrl: upstream.url,
    name: row.name,
    superseded: false,
    fetchedAt: row.fetched_at,
    checkedAt: row.checked_at,
    freshUntil: row.checked_at + freshMs(upstream, row.state),
  };
  if (row.state === "absent") return { entry: { kind: "absent", refusal: null, ...common }, document: null };
  const { document_digest: digest, etag, last_modified: lastModified } = row;
  if (digest === null) return null;
  const entry: PresentState = { kind: "present", ...common, digest, etag, lastModified, isWritten: true };
  return { entry, document: wholeDocument(row.document, digest) };
}

function wholeDocument(bytes: Uint8Array | null, digest: string): Uint8Array | null {
  return bytes === null || digestOf(bytes) !== digest ? null : bytes;
}
