import type { VersionFacts } from "@entrepot/core";

import { createByteBudget } from "./byte-budget.ts";
import { type Canceller, createCanceller } from "./canceller.ts";
import { type Download, type DownloadDeps, downloadTarball } from "./tarball-download.ts";
import type { Upstream } from "./upstream.ts";

/** Small tarballs that are on their way or not yet let go, all together. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;

export interface TarballRequest {
  name: string;
  version: string;
  /** What the document says of the version; a promise lets the download begin before the document is there. */
  facts: VersionFacts | Promise<VersionFacts | null>;
  /** Ends this caller's wait. The download ends with the last of its callers. */
  signal?: AbortSignal;
}

/**
 * A verified tarball: `bytes`, or for a large one `path` in the staging area, to be put into the store with `move`.
 * Discard it in any case; bytes stay valid for whoever goes on holding them.
 */
export type FetchedTarball = Download;

export interface Tarballs {
  get(upstream: Upstream, request: TarballRequest): Promise<FetchedTarball>;
  /** Ends every download. */
  close(): Promise<void>;
}

interface Flight {
  controller: Canceller;
  download: Promise<Download>;
  /** Callers that have not let go yet. */
  holders: number;
  isUnderWay: boolean;
}

/** Downloads tarballs, each once for all who ask while it is under way. */
export function createTarballs(tarballsDeps: Omit<DownloadDeps, "memory">): Tarballs {
  const deps: DownloadDeps = { ...tarballsDeps, memory: createByteBudget(MEMORY_BYTES_MAX) };
  const flights = new Map<string, Flight>();

  function start(key: string, upstream: Upstream, request: TarballRequest): Flight {
    const controller = createCanceller();
    const { name, version, facts } = request;
    const download = downloadTarball(deps, { upstream, name, version, facts }, controller).finally(() => {
      flight.isUnderWay = false;
      if (flights.get(key) === flight) flights.delete(key);
    });
    const flight: Flight = { controller, download, holders: 0, isUnderWay: true };
    flights.set(key, flight);
    // Callers that gave up do not hear of a failure, and need not.
    download.catch(() => undefined);
    return flight;
  }

  async function letGo(key: string, flight: Flight): Promise<void> {
    flight.holders -= 1;
    if (flight.holders > 0) return;
    if (flights.get(key) === flight) flights.delete(key);
    if (flight.isUnderWay) {
      flight.controller.abort(new DOMException("nobody waits for it any more", "AbortError"));
    }
    const download = await flight.download.catch(() => null);
    await download?.discard();
  }

  return {
    async get(upstream, request) {
      request.signal?.throwIfAborted();
      const key = `${upstream.id}\n${request.name}\n${request.version}`;
      const flight = flights.get(key) ?? start(key, upstream, request);
      if (request.facts instanceof Promise) request.facts.catch(() => undefined);
      flight.holders += 1;
      let released: Promise<void> | null = null;
      const discard = (): Promise<void> => (released ??= letGo(key, flight));
      try {
        return { ...(await unlessAborted(flight.download, request.signal)), discard };
      } catch (error) {
        await discard();
        throw error;
      }
    },
    async close() {
      const downloads = [...flights.values()];
      for (const { controller } of downloads) {
        controller.abort(new DOMException("the server stops", "AbortError"));
      }
      await Promise.allSettled(downloads.map(({ download }) => download));
    },
  };
}

/** The work's result, or the signal's reason as soon as it aborts. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
