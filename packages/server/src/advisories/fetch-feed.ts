import { createReadStream } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { StagedFile } from "../blobs/index.ts";
import type { AdvisoryFeed } from "../config/index.ts";
import { readChangedIds, type ChangedIds } from "./changed-ids.ts";
import type { FeedRow } from "./feed-rows.ts";
import {
  fetchFile,
  headerOf,
  isLocal,
  NO_VALIDATORS,
  request,
  type FetchDeps,
  type FetchedFile,
  type Validators,
} from "./fetch-file.ts";
import { ImportRefusal } from "./import-refusal.ts";
import type { ReadFeed, RecordPlace } from "./read-feed.ts";
import { runImport } from "./run-import.ts";

/** Records that changed before the newest that we know may be written later than it. */
const OVERLAP_MS = 60 * 60 * 1000;
/** Above this part of all records the zip is quicker; a few are always fetched one by one. */
const CHANGED_PART_MAX = 0.05;
const CHANGED_ALWAYS = 10;
const RECORDS_AT_ONCE = 8;
const RECORD_BYTES_MAX = 16 * 1024 * 1024;
/** Of all single records together; beyond it the zip is taken. */
const RECORDS_BYTES_MAX = 512 * 1024 * 1024;
const ZIP_LIMITS = {
  entriesMax: 2_000_000,
  entryBytesMax: RECORD_BYTES_MAX,
  totalBytesMax: 16 * 1024 ** 3,
  ratioMax: 200,
};

/** What was fetched of a feed: a snapshot beside those that are kept. */
export interface FetchedFeed {
  /** Snapshot in the folder of work, or, of an overlay, the file as it came. */
  path: string;
  digest: string;
  sizeBytes: number;
  records: number;
  newestAt: number | null;
  validators: Validators;
  /** Of a feed of advisories. */
  read: ReadFeed | null;
}

export interface FetchFeedInput {
  feed: AdvisoryFeed;
  row: FeedRow;
  /** Folder for files that the caller removes. */
  work: string;
  /** Reads everything anew, whatever is known. */
  isFull: boolean;
  /** Gives the path of the snapshot that is in force; null when there is none of this version. */
  snapshot: () => Promise<string | null>;
  log: (text: string) => void;
  signal: AbortSignal;
}

/** Fetches what is new of a feed; null when nothing is. Throws {@link ImportRefusal} and the errors of upstreams. */
export async function fetchFeed(deps: FetchDeps, input: FetchFeedInput): Promise<FetchedFeed | null> {
  const { feed } = input;
  if (feed.kind !== "osv") return await fetchOverlay(deps, input);
  if (!feed.url.endsWith("/")) return await fetchZip(deps, input, feed.url);
  const from = input.isFull || input.row.newest_at === null ? null : await input.snapshot();
  const changed = from === null ? "absent" : await fetchChangedIds(deps, input);
  if (changed === "unchanged") return null;
  if (from === null || changed === "absent" || changed.isTooMany) {
    return await fetchZip(deps, input, `${feed.url}all.zip`);
  }
  if (changed.ids.length === 0) return null;
  const merged = await fetchChanged(deps, { ...input, from, changed });
  return merged ?? (await fetchZip(deps, input, `${feed.url}all.zip`));
}

async function fetchOverlay(deps: FetchDeps, input: FetchFeedInput): Promise<FetchedFeed | null> {
  const { feed, signal } = input;
  const file = await fetchFile(deps, feed, { place: feed.url, before: validatorsOf(input, "file"), signal });
  if (file === "unchanged") return null;
  const { path, ...rest } = present(file, feed.url);
  input.log(`${feed.name}: ${rest.sizeBytes} bytes`);
  try {
    const kind = feed.kind === "kev" ? "kev" : "epss";
    const { entries } = await runImport("countOverlay", { kind, path }, signal);
    const kept = join(input.work, `${feed.name}.overlay`);
    await copyFile(path, kept);
    const { digest, sizeBytes } = rest;
    return {
      path: kept,
      digest,
      sizeBytes,
      records: entries,
      newestAt: null,
      validators: tagged(rest, "file"),
      read: null,
    };
  } finally {
    await rest.discard();
  }
}

async function fetchZip(deps: FetchDeps, input: FetchFeedInput, place: string): Promise<FetchedFeed | null> {
  const { feed, signal } = input;
  const before = input.isFull ? NO_VALIDATORS : validatorsOf(input, "zip");
  const file = await fetchFile(deps, feed, { place, before, signal });
  if (file === "unchanged") return null;
  const zip = present(file, place);
  input.log(`${feed.name}: ${zip.sizeBytes} bytes of all records`);
  try {
    const to = join(input.work, `${feed.name}.snapshot`);
    const read = await runImport(
      "readOsvZip",
      { path: zip.path, feed: feed.name, to, limits: ZIP_LIMITS },
      signal,
    );
    return { ...read, path: to, validators: tagged(zip, "zip"), read };
  } finally {
    await zip.discard();
  }
}

async function fetchChangedIds(
  deps: FetchDeps,
  { feed, row, signal }: FetchFeedInput,
): Promise<(ChangedIds & { validators: Validators }) | "unchanged" | "absent"> {
  const place = `${feed.url}modified_id.csv`;
  const since = (row.newest_at ?? 0) - OVERLAP_MS;
  const idsMax = Math.max(CHANGED_ALWAYS, Math.floor(row.records * CHANGED_PART_MAX));
  if (isLocal(feed)) {
    const file = await fetchFile(deps, feed, { place, before: validatorsOf({ row }, "csv"), signal });
    if (typeof file === "string") return file;
    try {
      const each = async (use: (chunk: Buffer) => void): Promise<void> => {
        for await (const chunk of createReadStream(file.path)) use(chunk as Buffer);
      };
      return { ...(await readChangedIds(each, { since, idsMax })), validators: tagged(file, "csv") };
    } finally {
      await file.discard();
    }
  }
  const response = await request(deps, feed, { place, before: validatorsOf({ row }, "csv"), signal });
  if (typeof response === "string") return response;
  const validators = { etag: headerOf(response, "etag"), lastModified: headerOf(response, "last-modified") };
  const changed = await readChangedIds((use) => response.each(use), { since, idsMax });
  return { ...changed, validators: tagged(validators, "csv") };
}

interface ChangedInput extends FetchFeedInput {
  from: string;
  changed: ChangedIds & { validators: Validators };
}

/** Null when the records are too much to be fetched one by one. */
async function fetchChanged(deps: FetchDeps, input: ChangedInput): Promise<FetchedFeed | null> {
  const { feed, changed, from, signal } = input;
  const gathered = await deps.staging.stage();
  try {
    const places = await gather(deps, input, gathered);
    if (places === null) return null;
    await gathered.finish();
    input.log(`${feed.name}: ${places.length} records of ${changed.ids.length} that changed`);
    const to = join(input.work, `${feed.name}.snapshot`);
    const read = await runImport(
      "mergeOsvRecords",
      { from, path: gathered.path, places, feed: feed.name, to },
      signal,
    );
    const newestAt = Math.max(changed.newestAt ?? 0, read.newestAt ?? 0);
    return { ...read, path: to, newestAt, validators: changed.validators, read };
  } finally {
    await gathered.discard();
  }
}

/** Fetches single records into one file, several at a time. One that is not there waits for the next full read. */
async function gather(
  deps: FetchDeps,
  { feed, changed, signal }: ChangedInput,
  into: StagedFile,
): Promise<RecordPlace[] | null> {
  const places: RecordPlace[] = [];
  const waiting = [...changed.ids];
  let at = 0;
  const fetchNext = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined && at <= RECORDS_BYTES_MAX; id = waiting.pop()) {
      const content = await fetchRecord(deps, feed, { id, signal });
      if (content === null) continue;
      places.push({ id, at, bytes: content.length });
      at += content.length;
      await into.write(content);
    }
  };
  await Promise.all(Array.from({ length: RECORDS_AT_ONCE }, fetchNext));
  return at > RECORDS_BYTES_MAX ? null : places;
}

async function fetchRecord(
  deps: FetchDeps,
  feed: AdvisoryFeed,
  { id, signal }: { id: string; signal: AbortSignal },
): Promise<Buffer | null> {
  const place = `${feed.url}${encodeURIComponent(id)}.json`;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const take = (chunk: Buffer): void => {
    sizeBytes += chunk.length;
    if (sizeBytes > RECORD_BYTES_MAX) throw new ImportRefusal(`the record ${id} is too large`);
    chunks.push(chunk);
  };
  if (isLocal(feed)) {
    const file = await fetchFile(deps, feed, { place, bytesMax: RECORD_BYTES_MAX });
    if (typeof file === "string") return null;
    try {
      for await (const chunk of createReadStream(file.path)) take(chunk as Buffer);
    } finally {
      await file.discard();
    }
    return Buffer.concat(chunks);
  }
  const response = await request(deps, feed, { place, signal });
  if (typeof response === "string") return null;
  await response.each(take);
  return Buffer.concat(chunks);
}

function present(file: FetchedFile | "absent", place: string): FetchedFile {
  if (file === "absent") throw new ImportRefusal(`there is nothing at ${place}`);
  return file;
}

/** Of which of a feed's files the validators are is kept with them. */
type Tag = "zip" | "csv" | "file";

function tagged({ etag, lastModified }: Validators, tag: Tag): Validators {
  return {
    etag: etag === null ? null : `${tag} ${etag}`,
    lastModified: lastModified === null ? null : `${tag} ${lastModified}`,
  };
}

function validatorsOf({ row, isFull }: { row: FeedRow; isFull?: boolean }, tag: Tag): Validators {
  if (isFull === true || row.snapshot_digest === null) return NO_VALIDATORS;
  const own = (text: string | null): string | null =>
    text?.startsWith(`${tag} `) === true ? text.slice(tag.length + 1) : null;
  return { etag: own(row.etag), lastModified: own(row.last_modified) };
}
