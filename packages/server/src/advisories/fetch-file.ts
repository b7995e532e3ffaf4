import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { isEntrepotError } from "@entrepot/core";
import type { StagedFile, StagingArea } from "../blobs/index.ts";
import type { AdvisoryFeed } from "../config/index.ts";
import {
  DEFAULT_UPSTREAM_SETTINGS,
  type Outbound,
  type Upstream,
  type UpstreamResponse,
} from "../upstream/index.ts";
import { ImportRefusal } from "./import-refusal.ts";

export interface FetchDeps {
  outbound: Pick<Outbound, "get">;
  staging: StagingArea;
  timeoutMs: number;
  /** Largest file. */
  downloadBytesMax: number;
}

/** How a file was told from others when it was last fetched. */
export interface Validators {
  etag: string | null;
  lastModified: string | null;
}

/** A file of a feed on this disk. */
export interface FetchedFile extends Validators {
  path: string;
  sizeBytes: number;
  /** SHA-512, hexadecimal. */
  digest: string;
  /** Removes what was made for it. */
  discard(): Promise<void>;
}

/** What came instead of a file: it is what it was, or there is none. */
export type NoFile = "unchanged" | "absent";

export const NO_VALIDATORS: Validators = { etag: null, lastModified: null };

/** Tells whether a feed lies on this disk. */
export function isLocal({ url }: Pick<AdvisoryFeed, "url">): boolean {
  return !/^https?:/.test(url);
}

/**
 * Fetches a file of a feed into the staging area; `place` is its URL or path. Throws {@link ImportRefusal} when it is too
 * large, and the errors of upstreams.
 */
export async function fetchFile(
  deps: FetchDeps,
  feed: AdvisoryFeed,
  asked: { place: string; before?: Validators; signal?: AbortSignal; bytesMax?: number },
): Promise<FetchedFile | NoFile> {
  const bytesMax = Math.min(asked.bytesMax ?? deps.downloadBytesMax, deps.downloadBytesMax);
  if (isLocal(feed)) return await copyFile(deps, asked, bytesMax);
  const response = await request(deps, feed, asked);
  if (typeof response === "string") return response;
  return await stage(deps, {
    bytesMax,
    validators: {
      etag: headerOf(response, "etag"),
      lastModified: headerOf(response, "last-modified"),
    },
    each: (use) => response.each(use),
  });
}

/** Asks for a file of a feed and gives the answer, whose body is to be read or discarded. */
export async function request(
  deps: FetchDeps,
  feed: AdvisoryFeed,
  asked: { place: string; before?: Validators; signal?: AbortSignal },
): Promise<UpstreamResponse | NoFile> {
  const { etag, lastModified } = asked.before ?? NO_VALIDATORS;
  const response = await deps.outbound.get(upstreamOf(feed, deps.timeoutMs), {
    url: new URL(asked.place),
    lane: "tarball",
    headers: {
      ...(etag === null ? {} : { "if-none-match": etag }),
      ...(lastModified === null ? {} : { "if-modified-since": lastModified }),
    },
    ...(asked.signal === undefined ? {} : { signal: asked.signal }),
  });
  if (response.status === 200) return response;
  response.discard();
  if (response.status === 304) return "unchanged";
  if (response.status === 404 || response.status === 410) return "absent";
  throw new ImportRefusal(`the feed answered ${response.status} for ${asked.place}`);
}

/** Outbound requests are made on behalf of an upstream; a feed is one that has no packages. */
function upstreamOf(feed: AdvisoryFeed, timeoutMs: number): Upstream {
  return {
    id: `advisories ${feed.name} ${feed.url}`,
    name: `advisories ${feed.name}`,
    url: feed.url,
    credential: null,
    settings: { ...DEFAULT_UPSTREAM_SETTINGS, allowedHosts: feed.allowedHosts, timeoutMs },
  };
}

export function headerOf({ headers }: Pick<UpstreamResponse, "headers">, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" && value.length <= HEADER_CHARS_MAX ? value : null;
}

const HEADER_CHARS_MAX = 1000;

async function copyFile(
  deps: FetchDeps,
  { place, before }: { place: string; before?: Validators },
  bytesMax: number,
): Promise<FetchedFile | NoFile> {
  const found = await stat(place).catch(absentOrThrow);
  if (found === null || !found.isFile()) return "absent";
  const etag = `${found.size} ${found.mtimeMs}`;
  if (before?.etag === etag) return "unchanged";
  return await stage(deps, {
    bytesMax,
    validators: { etag, lastModified: null },
    async each(use) {
      for await (const chunk of createReadStream(place)) await use(chunk as Buffer);
    },
  });
}

function absentOrThrow(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
  throw new ImportRefusal(`the file cannot be read (${error.code ?? error.message})`);
}

interface Source {
  bytesMax: number;
  validators: Validators;
  each(use: (chunk: Buffer) => Promise<void> | void): Promise<void>;
}

async function stage(deps: FetchDeps, { bytesMax, validators, each }: Source): Promise<FetchedFile> {
  const file = await deps.staging.stage();
  try {
    return {
      ...validators,
      ...(await fill(file, bytesMax, each)),
      path: file.path,
      discard: () => file.discard(),
    };
  } catch (error) {
    await file.discard();
    throw error;
  }
}

async function fill(
  file: StagedFile,
  bytesMax: number,
  each: Source["each"],
): Promise<{ sizeBytes: number; digest: string }> {
  let sizeBytes = 0;
  let isTooLarge = false;
  try {
    await each((chunk) => {
      sizeBytes += chunk.length;
      isTooLarge = sizeBytes > bytesMax;
      if (isTooLarge) throw new ImportRefusal(`the file is larger than the ${bytesMax} bytes that are taken`);
      return file.write(chunk);
    });
  } catch (error) {
    // The connection was broken off by us; what it says of that is not the reason.
    if (isTooLarge && isEntrepotError(error)) {
      throw new ImportRefusal(`the file is larger than the ${bytesMax} bytes that are taken`);
    }
    throw error;
  }
  const { sha512, ...finished } = await file.finish();
  return { sizeBytes: finished.sizeBytes, digest: sha512.toString("hex") };
}
