import type { PackageAdvisory } from "@entrepot/core";
import type { Change, ChangeLog } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import type { Log } from "../telemetry/index.ts";
import type { AdvisoryIndex } from "./advisory-index.ts";
import { newestEpoch, type Epoch } from "./epoch-rows.ts";
import type { IndexFiles } from "./index-files.ts";

/** How long to wait before another try to open an epoch that could not be opened. */
const RETRY_MS = 5_000;

/** What a change says of the epoch that it announces. */
export interface EpochNews {
  epoch: number;
  index: string;
  own: string | null;
}

/** An epoch that can be asked. */
export interface OpenEpoch {
  readonly id: number;
  of(name: string): readonly PackageAdvisory[];
  namesOf(id: string): string[];
  close(): void;
}

/** The epoch in force, as current as the change log. */
export interface CurrentEpoch {
  /** Null before the first. */
  get(): OpenEpoch | null;
  /** Null when `get` gives the newest; else resolves when it does, or when that failed and the last one stays. */
  ready(): Promise<void> | null;
  close(): Promise<void>;
}

export interface CurrentEpochDeps {
  db: Database;
  changes: Pick<ChangeLog, "subscribe">;
  files: IndexFiles;
  log: Pick<Log, "error">;
  /** Told when an epoch could be opened after all: what was judged meanwhile was judged by the one before. */
  onLate: () => Promise<void>;
}

/** Opens the newest epoch and follows the change log. */
export async function followEpochs(deps: CurrentEpochDeps): Promise<CurrentEpoch> {
  const follower = new EpochFollower(deps);
  const unsubscribe = deps.changes.subscribe((changes) => follower.take(changes));
  await follower.reload();
  return {
    get: () => follower.current,
    ready: () => follower.ready(),
    async close() {
      unsubscribe();
      await follower.close();
    },
  };
}

class EpochFollower {
  readonly #deps: CurrentEpochDeps;
  current: OpenEpoch | null = null;
  #loading: Promise<void> | null = null;
  #isWanted = false;
  #isClosed = false;
  #isLate = false;
  #retry: NodeJS.Timeout | null = null;

  constructor(deps: CurrentEpochDeps) {
    this.#deps = deps;
  }

  /** Where the file is at hand, as on the machine that made it, the new epoch is in force when this returns. */
  take(changes: readonly Change[]): void {
    const news = changes.findLast(({ kind }) => kind === "advisories-changed")?.detail as
      | (Partial<EpochNews> & Record<string, unknown>)
      | undefined;
    if (news?.epoch === undefined) return;
    if (this.#loading === null && this.#openNow(news as EpochNews)) return;
    void this.reload();
  }

  ready(): Promise<void> | null {
    return this.#loading;
  }

  /** Loads the newest epoch; never rejects: what is in force stays until that works. */
  reload(): Promise<void> {
    this.#isWanted = true;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      try {
        await this.#loadNewest();
        if (this.#isLate) await this.#deps.onLate();
        this.#isLate = false;
      } catch (error) {
        this.#deps.log.error("the newest advisories cannot be read", { error });
        this.#isLate = true;
        this.#retryLater();
      }
    }
  }

  async #loadNewest(): Promise<void> {
    const epoch = await newestEpoch(this.#deps.db.read);
    if (epoch === null || epoch.id === this.current?.id) return;
    const opened = await openEpoch(this.#deps.files, epoch);
    if (this.#isClosed) opened.close();
    else this.#switchTo(opened);
  }

  #openNow({ epoch, index, own }: EpochNews): boolean {
    if (epoch === this.current?.id) return true;
    const main = this.#deps.files.openNow(index);
    if (main === null) return false;
    const added = own === null ? null : this.#deps.files.openNow(own);
    if (own !== null && added === null) {
      main.close();
      return false;
    }
    this.#switchTo(combined(epoch, main, added));
    return true;
  }

  #switchTo(epoch: OpenEpoch): void {
    this.current?.close();
    this.current = epoch;
  }

  #retryLater(): void {
    if (this.#retry !== null || this.#isClosed) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void this.reload();
    }, RETRY_MS);
    this.#retry.unref();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#loading;
    this.current?.close();
    this.current = null;
  }
}

/** Opens an epoch of any age. Throws `storage-unavailable`. */
export async function openEpoch(files: IndexFiles, { id, index, own }: Epoch): Promise<OpenEpoch> {
  const main = await files.open(index);
  try {
    return combined(id, main, own === null ? null : await files.open(own));
  } catch (error) {
    main.close();
    throw error;
  }
}

/**
 * What was written here comes first, and takes the place of what a feed says under the same id. Not of what it says of
 * malware: that is lifted by two people together, and here writes one alone.
 */
function combined(id: number, main: AdvisoryIndex, own: AdvisoryIndex | null): OpenEpoch {
  if (own === null) {
    return {
      id,
      of: (name) => main.of(name),
      namesOf: (key) => main.namesOf(key),
      close: () => main.close(),
    };
  }
  return {
    id,
    of(name) {
      const added = own.of(name);
      if (added.length === 0) return main.of(name);
      const replaced = new Set(added.map((advisory) => advisory.id));
      const kept = main.of(name).filter(({ id: its, kind }) => kind === "malware" || !replaced.has(its));
      return [...added, ...kept];
    },
    namesOf: (key) => [...new Set([...own.namesOf(key), ...main.namesOf(key)])],
    close() {
      own.close();
      main.close();
    },
  };
}
