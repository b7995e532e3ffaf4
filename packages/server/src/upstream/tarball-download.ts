import { createHash } from "node:crypto";

import { EntrepotError, isEntrepotError, type VersionFacts } from "@entrepot/core";

import type { StagingArea } from "../blobs/index.ts";
import { promisedLength, tooLarge } from "./body.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { Canceller, CancelSignal } from "./canceller.ts";
import type { UpstreamClient, UpstreamResponse } from "./client.ts";
import { policyRefusal, statusError } from "./document-fetch.ts";
import { invalid, refused } from "./upstream-errors.ts";
import type { Upstream } from "./upstream.ts";
import { conventionalTarballUrl, promisedTarballUrl } from "./urls.ts";
import { isAsPromised, promisedIntegrity, type TarballContent } from "./verify.ts";

/** A tarball up to this size is verified and served without a detour over the disk, while there is memory for it. */
const MEMORY_BYTES_MAX = 16 * 1024 * 1024;

/** An upstream sent other bytes than its document promised. */
export interface IntegrityMismatch {
  upstream: string;
  packageName: string;
  version: string;
  url: string;
  /** Integrity string. */
  promised: string;
  /** SHA-512 of what came, hexadecimal. */
  digest: string;
  sizeBytes: number;
}

export interface DownloadDeps {
  client: UpstreamClient;
  staging: StagingArea;
  /** What small tarballs may take of memory, all together; without it they are staged like large ones. */
  memory: ByteBudget;
  now: () => number;
  tarballBytesMax: number;
  onIntegrityMismatch: (event: IntegrityMismatch, upstream: Upstream) => void;
}

export interface DownloadInput {
  upstream: Upstream;
  name: string;
  version: string;
  facts: VersionFacts | Promise<VersionFacts | null>;
}

/** A tarball that is what the document promised. */
export type Download = TarballContent & {
  sizeBytes: number;
  sha512: Buffer;
  /** Lets go of the memory or removes the file. */
  discard(): Promise<void>;
};

/** One that may be anything yet. */
type Candidate = Download & {
  /** Null: not computed, for few promises need it. */
  sha1: Buffer | null;
};

/**
 * Fetches a tarball and verifies it. When its facts are not known yet, the download from where it lies by convention
 * starts at once, and is repeated from elsewhere if the document says so and the bytes are wrong. Throws
 * `version-not-found`, `upstream-invalid`, `upstream-unavailable` or `upstream-timeout`, and then leaves nothing behind.
 */
export async function downloadTarball(
  deps: DownloadDeps,
  input: DownloadInput,
  controller: Canceller,
): Promise<Download> {
  const { upstream, name, version } = input;
  const { signal } = controller;
  const guess = input.facts instanceof Promise ? conventionalTarballUrl(upstream, name, version) : null;
  const early = guess === null ? null : settledLater(fetchTarball(deps, { upstream, url: guess, signal }));
  try {
    const facts = await input.facts;
    if (facts === null) throw notFound(input);
    const promised = promisedIntegrity(facts);
    if (promised === null) {
      throw invalid(upstream, `promises no hash of ${name}@${version} that can be checked`);
    }
    const places = placesOf(input, facts, guess);
    return await firstVerified({ deps, input, promised, signal }, places, early);
  } catch (error) {
    controller.abort(error);
    await (await early)?.candidate?.discard();
    throw error;
  }
}

/** Where the tarball may be, best first; the first is nearly always enough. */
function* placesOf(
  { upstream, name }: DownloadInput,
  facts: VersionFacts,
  guess: URL | null,
): Generator<URL> {
  if (guess !== null) yield guess;
  const promised = promisedTarballUrl(upstream, facts.tarball);
  if (promised !== null) yield promised;
  yield conventionalTarballUrl(upstream, name, facts.upstreamVersion ?? facts.version);
}

interface Settled {
  /** Null: there is nothing at the URL. */
  candidate: Candidate | null;
  error: Error | null;
}

/** Nobody may be waiting yet when it fails. */
async function settledLater(work: Promise<Candidate | null>): Promise<Settled> {
  try {
    return { candidate: await work, error: null };
  } catch (error) {
    return { candidate: null, error: error as Error };
  }
}

interface Search {
  deps: DownloadDeps;
  input: DownloadInput;
  promised: string;
  signal: CancelSignal;
}

async function firstVerified(
  search: Search,
  places: Iterable<URL>,
  early: Promise<Settled> | null,
): Promise<Download> {
  const { deps, input, signal } = search;
  const { upstream } = input;
  const tried = new Set<string>();
  let failure: EntrepotError | null = null;
  let mismatch: IntegrityMismatch | null = null;
  for (const url of places) {
    if (tried.has(url.href)) continue;
    const isEarly = early !== null && tried.size === 0;
    tried.add(url.href);
    const { candidate, error } = await (isEarly
      ? early
      : settledLater(fetchTarball(deps, { upstream, url, signal })));
    if (error !== null) {
      if (!isEntrepotError(error, "upstream-invalid")) throw error;
      failure = error;
    } else if (candidate !== null) {
      const wrong = await mismatchOf(search, url, candidate);
      if (wrong === null) return candidate;
      mismatch = wrong;
      failure = wrongBytes(input);
    }
  }
  if (mismatch !== null) deps.onIntegrityMismatch(mismatch, upstream);
  throw failure ?? notFound(input);
}

/** Null if the bytes are what was promised; otherwise they are gone when this returns. */
async function mismatchOf(search: Search, url: URL, candidate: Candidate): Promise<IntegrityMismatch | null> {
  const { input, promised } = search;
  try {
    if (await isAsPromised(promised, candidate)) return null;
  } catch (error) {
    await candidate.discard();
    throw error;
  }
  await candidate.discard();
  return {
    upstream: input.upstream.name,
    packageName: input.name,
    version: input.version,
    url: url.href,
    promised,
    digest: candidate.sha512.toString("hex"),
    sizeBytes: candidate.sizeBytes,
  };
}

function wrongBytes({ upstream, name, version }: DownloadInput): EntrepotError {
  return invalid(upstream, `sent a tarball of ${name}@${version} that is not the one its document promises`);
}

function notFound({ upstream, name, version }: DownloadInput): EntrepotError {
  return new EntrepotError("version-not-found", {
    message: `The upstream "${upstream.name}" has no tarball of ${name}@${version}.`,
    details: { upstream: upstream.name, name, version },
  });
}

interface Fetch {
  upstream: Upstream;
  url: URL;
  signal: CancelSignal;
}

/** Downloads into memory or to a staged file; null when there is nothing. */
async function fetchTarball(deps: DownloadDeps, { upstream, url, signal }: Fetch): Promise<Candidate | null> {
  // Hashes are of the bytes as they lie there, so nobody may compress them on the way.
  const headers = { "accept": "application/octet-stream, */*", "accept-encoding": "identity" };
  const response = await deps.client.get(upstream, { url, lane: "tarball", headers, signal });
  if (response.status !== 200) {
    const refusal = await policyRefusal(upstream, response);
    if (refusal !== null) throw refused(upstream, refusal);
    response.discard();
    if (response.status === 404 || response.status === 410) return null;
    throw statusError(upstream, response, deps.now());
  }
  try {
    const length = promisedLength(upstream, response, deps.tarballBytesMax);
    if (length !== null && length <= MEMORY_BYTES_MAX && deps.memory.take(length)) {
      return await collectBody(deps, { upstream, response, length });
    }
    return await stageBody(deps, { upstream, response, length });
  } catch (error) {
    response.discard();
    throw error;
  }
}

interface Body {
  upstream: Upstream;
  response: UpstreamResponse;
  length: number | null;
}

/** The memory was taken already. */
async function collectBody(
  { memory }: DownloadDeps,
  { upstream, response, length }: Body & { length: number },
): Promise<Candidate> {
  let isHeld = true;
  const letGo = (): void => {
    if (isHeld) memory.give(length);
    isHeld = false;
  };
  try {
    // Memory of its own: a chunk is part of a buffer that much else lies in.
    const bytes = Buffer.allocUnsafeSlow(length);
    const hash = createHash("sha512");
    let at = 0;
    await response.each((chunk) => {
      if (at + chunk.length > length) throw invalid(upstream, "sent more than it promised");
      hash.update(chunk);
      at += chunk.copy(bytes, at);
    });
    if (at !== length) throw invalid(upstream, "broke off its answer");
    return { bytes, sizeBytes: length, sha512: hash.digest(), sha1: null, discard: async () => letGo() };
  } catch (error) {
    letGo();
    throw error;
  }
}

async function stageBody(deps: DownloadDeps, { upstream, response, length }: Body): Promise<Candidate> {
  const staged = await deps.staging.stage();
  try {
    let sizeBytes = 0;
    await response.each((chunk) => {
      sizeBytes += chunk.length;
      if (sizeBytes > deps.tarballBytesMax) throw tooLarge(upstream, deps.tarballBytesMax);
      return staged.write(chunk);
    });
    if (length !== null && length !== sizeBytes) throw invalid(upstream, "broke off its answer");
    return { ...(await staged.finish()), path: staged.path, discard: () => staged.discard() };
  } catch (error) {
    await staged.discard();
    throw error;
  }
}
