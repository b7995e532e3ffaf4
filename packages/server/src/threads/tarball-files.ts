import { createHash } from "node:crypto";
import type { Parser } from "tar/parse";
import type { ReadEntry } from "tar/read-entry";
import { tarballInvalid } from "./package-reader.ts";
import type { PackageFile, TarballLimits } from "./tasks.ts";
import { walkTarball, type TarballSource } from "./walk-tarball.ts";

const FILE_TYPES: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile"]);
/** Files that are told apart; of a package with more the rest is only counted. */
const FILES_MAX = 5_000;
const PATH_CHARS_MAX = 1_000;

/** What is wanted of a tarball's files. */
export interface FilesWish {
  limits: TarballLimits;
  /** True to know which have the same content. */
  withHashes: boolean;
  /** Paths whose content is wanted, each up to so many bytes. */
  contents: ReadonlySet<string>;
  contentBytesMax: number;
}

/** A tarball's files, sorted by path. */
export interface FilesFound {
  files: (PackageFile & { hash: string })[];
  /** All of them, also those beyond the list. */
  fileCount: number;
  unpackedSizeBytes: number;
  contents: Map<string, Buffer>;
}

/** Lists the files of a tarball by their paths in the package, and reads some. Throws `tarball-invalid`. */
export async function filesIn(source: TarballSource, wish: FilesWish): Promise<FilesFound> {
  return await walkTarball(source, (parserClass) => new FilesReader(parserClass, wish));
}

class FilesReader {
  readonly #parser: Parser;
  readonly #wish: FilesWish;
  readonly #files = new Map<string, PackageFile & { hash: string }>();
  readonly #contents = new Map<string, Buffer>();
  #fileCount = 0;
  #entryCount = 0;
  #bytes = 0;
  #unpackedSizeBytes = 0;
  #failure: Error | null = null;

  constructor(parserClass: typeof Parser, wish: FilesWish) {
    this.#wish = wish;
    this.#parser = new parserClass({ zstd: false, onReadEntry: (entry) => this.#read(entry) });
    this.#parser.on("error", (error: Error) => {
      this.#failure ??= tarballInvalid(`is damaged: ${error.message}`);
    });
  }

  write(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const { unpackedBytesMax } = this.#wish.limits;
    if (this.#bytes > unpackedBytesMax) {
      this.#failure ??= tarballInvalid(`unpacks to more than ${unpackedBytesMax} bytes`);
    }
    if (this.#failure !== null) throw this.#failure;
    this.#parser.write(chunk);
  }

  finish(): FilesFound {
    this.#parser.end();
    if (this.#failure !== null) throw this.#failure;
    const files = [...this.#files.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
    return {
      files,
      fileCount: this.#fileCount,
      unpackedSizeBytes: this.#unpackedSizeBytes,
      contents: this.#contents,
    };
  }

  #read(entry: ReadEntry): void {
    this.#entryCount += 1;
    if (this.#entryCount > this.#wish.limits.entriesMax) {
      this.#failure ??= tarballInvalid(`has more than ${this.#wish.limits.entriesMax} entries`);
    }
    if (!FILE_TYPES.has(entry.type) || this.#failure !== null) return entry.resume();
    // As clients do: the first segment of each path is taken off.
    const path = entry.path.slice(entry.path.indexOf("/") + 1);
    this.#fileCount += 1;
    this.#unpackedSizeBytes += entry.size;
    const isListed = path.length <= PATH_CHARS_MAX && (this.#files.size < FILES_MAX || this.#files.has(path));
    if (!isListed) return entry.resume();
    const file = { path, sizeBytes: entry.size, hash: "" };
    this.#files.set(path, file);
    this.#collect(entry, file);
  }

  #collect(entry: ReadEntry, file: PackageFile & { hash: string }): void {
    const { withHashes, contents, contentBytesMax } = this.#wish;
    const hash = withHashes ? createHash("sha256") : null;
    const isWanted = contents.has(file.path);
    if (hash === null && !isWanted) return entry.resume();
    const chunks: Buffer[] = [];
    let kept = 0;
    entry.on("data", (chunk: Buffer) => {
      hash?.update(chunk);
      if (!isWanted || kept >= contentBytesMax) return;
      kept += chunk.length;
      // Parts of the parser's input, which the caller may use again: they are copied.
      chunks.push(Buffer.from(chunk));
    });
    entry.on("end", () => {
      file.hash = hash?.digest("base64") ?? "";
      if (isWanted) this.#contents.set(file.path, Buffer.concat(chunks).subarray(0, contentBytesMax));
    });
  }
}
