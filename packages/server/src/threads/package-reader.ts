import { EntrepotError, isJsonObject, JsonScanner, recogniseLicence } from "@entrepot/core";
import type { Parser } from "tar/parse";
import type { ReadEntry } from "tar/read-entry";
import { SEARCHED_FILE_BYTES_MAX, SecretFinder } from "./secret-finder.ts";
import type { InspectedTarball, TarballLimits } from "./tasks.ts";

const FILE_TYPES: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile"]);
/** Below this an archive may be as compressible as it likes. */
const RATIO_FREE_BYTES = 8 * 1024 ** 2;
/** Complaints of the parser that do not spoil an archive. */
const HARMLESS_WARNINGS: ReadonlySet<string> = new Set(["TAR_ENTRY_INFO"]);
/** Licence texts in the top folder, as people name them. */
const LICENCE_FILE = /^(?:licen[cs]e|copying|unlicense)(?:[-.][a-z0-9.-]+)?$/i;
const LICENCE_BYTES_MAX = 128 * 1024;
const LICENCES_MAX = 5;
const README_FILE = /^readme(?:\.(?:md|markdown|mdown|txt))?$/i;
const README_BYTES_MAX = 1024 ** 2;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** Bounds of a tarball, and what is to be found out about it. */
export interface ReaderOptions extends TarballLimits {
  packedBytes: number;
  findSecrets: boolean;
  withReadme: boolean;
}

/** The error for a tarball that is not one; `what` completes "The tarball …". */
export function tarballInvalid(what: string, cause?: unknown): EntrepotError {
  return new EntrepotError("tarball-invalid", {
    message: `The tarball ${what}.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Reads a package's facts out of the bytes of its tar, as they are inflated. Keeps nothing but its
 * package.json. Folders do not count: as clients do, the first segment of each path is taken off.
 */
export class PackageReader {
  readonly #parser: Parser;
  readonly #limits: ReaderOptions;
  readonly #secrets = new SecretFinder();
  #bytes = 0;
  #entryCount = 0;
  #fileCount = 0;
  #unpackedSizeBytes = 0;
  #hasShrinkwrap = false;
  #hasBindingGyp = false;
  #packageJson: Buffer | null = null;
  readonly #licenceFiles = new Set<string>();
  #licenceTexts = 0;
  #readme: InspectedTarball["readme"] = null;
  #failure: EntrepotError | null = null;
  #hasEnded = false;

  constructor(parserClass: typeof Parser, limits: ReaderOptions) {
    this.#limits = limits;
    this.#parser = new parserClass({
      zstd: false,
      onReadEntry: (entry) => this.#read(entry),
      onwarn: (code, message) => {
        if (!HARMLESS_WARNINGS.has(code)) this.#fail(`is damaged: ${String(message)}`);
      },
    });
    this.#parser.on("ignoredEntry", () => this.#count());
    this.#parser.on("error", (error: Error) => this.#fail(`is damaged: ${error.message}`));
    this.#parser.on("end", () => {
      this.#hasEnded = true;
    });
  }

  /** @throws EntrepotError `tarball-invalid` as soon as a bound is passed or the archive proves damaged */
  write(chunk: Buffer): void {
    if (this.#bytes === 0 && chunk.subarray(0, 2).equals(GZIP_MAGIC)) this.#fail("is compressed twice");
    this.#bytes += chunk.length;
    const { unpackedBytesMax, compressionRatioMax, packedBytes } = this.#limits;
    if (this.#bytes > unpackedBytesMax) this.#fail(`unpacks to more than ${unpackedBytesMax} bytes`);
    if (this.#bytes > RATIO_FREE_BYTES && this.#bytes > packedBytes * compressionRatioMax) {
      this.#fail(`is compressed more than ${compressionRatioMax} times`);
    }
    this.#throwFailure();
    this.#parser.write(chunk);
    this.#throwFailure();
  }

  /** @throws EntrepotError `tarball-invalid` if the archive is cut off or has no proper package.json */
  finish(): InspectedTarball {
    this.#parser.end();
    if (!this.#hasEnded) this.#fail("is damaged: it ends inside an entry");
    this.#throwFailure();
    if (this.#packageJson === null) throw tarballInvalid("has no package.json in its top folder");
    return {
      packageJson: parsePackageJson(this.#packageJson),
      hasShrinkwrap: this.#hasShrinkwrap,
      hasBindingGyp: this.#hasBindingGyp,
      licenceFiles: [...this.#licenceFiles].sort(),
      fileCount: this.#fileCount,
      unpackedSizeBytes: this.#unpackedSizeBytes,
      secrets: this.#secrets.found,
      readme: this.#readme,
    };
  }

  #read(entry: ReadEntry): void {
    this.#count();
    if (!FILE_TYPES.has(entry.type)) {
      entry.resume();
      return;
    }
    this.#fileCount += 1;
    this.#unpackedSizeBytes += entry.size;
    if (!(entry.size >= 0 && this.#unpackedSizeBytes <= this.#limits.unpackedBytesMax)) {
      this.#fail(`has a file that says it has ${entry.size} bytes`);
    }
    const path = entry.path.slice(entry.path.indexOf("/") + 1);
    const isInFolder = path.length < entry.path.length;
    if (isInFolder && path === "npm-shrinkwrap.json") this.#hasShrinkwrap = true;
    if (isInFolder && path === "binding.gyp") this.#hasBindingGyp = true;
    const takers = this.#takersOf(path, { isInFolder, sizeBytes: entry.size });
    if (takers.length === 0) entry.resume();
    else collect(entry, takers, Math.max(SEARCHED_FILE_BYTES_MAX, this.#limits.packageJsonBytesMax));
  }

  /** What wants to have a file's content; all but the search for secrets want files of which all is kept. */
  #takersOf(path: string, { isInFolder, sizeBytes }: { isInFolder: boolean; sizeBytes: number }): Taker[] {
    const takers: Taker[] = [];
    if (isInFolder && path === "package.json" && this.#isShortPackageJson(sizeBytes)) {
      takers.push((content) => this.#keepPackageJson(content));
    }
    if (isInFolder && this.#isReadLicence(path, sizeBytes)) {
      takers.push((content) => this.#readLicence(content));
    }
    if (isInFolder && this.#isWantedReadme(path, sizeBytes)) {
      takers.push((content) => (this.#readme ??= { fileName: path, text: content.toString("utf8") }));
    }
    if (this.#limits.findSecrets && this.#secrets.isSearching()) {
      takers.push((content) => this.#secrets.search(path, content.subarray(0, SEARCHED_FILE_BYTES_MAX)));
    }
    return takers;
  }

  #isShortPackageJson(sizeBytes: number): boolean {
    const { packageJsonBytesMax } = this.#limits;
    if (sizeBytes <= packageJsonBytesMax) return true;
    this.#fail(`has a package.json of more than ${packageJsonBytesMax} bytes`);
    return false;
  }

  #keepPackageJson(content: Buffer): void {
    const isSecond = this.#packageJson !== null && !this.#packageJson.equals(content);
    if (isSecond) this.#fail("has several different package.json in its top folders");
    this.#packageJson = content;
  }

  #isReadLicence(path: string, sizeBytes: number): boolean {
    if (!LICENCE_FILE.test(path) || sizeBytes > LICENCE_BYTES_MAX) return false;
    this.#licenceTexts += 1;
    return this.#licenceTexts <= LICENCES_MAX;
  }

  #isWantedReadme(path: string, sizeBytes: number): boolean {
    return this.#limits.withReadme && README_FILE.test(path) && sizeBytes <= README_BYTES_MAX;
  }

  #readLicence(content: Buffer): void {
    for (const id of recogniseLicence(content.toString("utf8"))) this.#licenceFiles.add(id);
  }

  #count(): void {
    this.#entryCount += 1;
    if (this.#entryCount > this.#limits.entriesMax) {
      this.#fail(`has more than ${this.#limits.entriesMax} entries`);
    }
  }

  /** Noted first and thrown outside the parser's events, which must not be left half-way. */
  #fail(what: string): void {
    this.#failure ??= tarballInvalid(what);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}

type Taker = (content: Buffer) => void;

/** Gives the content of an entry to all who want it; of one that is larger than what is kept, the beginning. */
function collect(entry: ReadEntry, takers: readonly Taker[], keptBytesMax: number): void {
  const chunks: Buffer[] = [];
  let keptBytes = 0;
  entry.on("data", (chunk: Buffer) => {
    if (keptBytes >= keptBytesMax) return;
    keptBytes += chunk.length;
    // Parts of the parser's input, which the caller may use again: they are copied.
    chunks.push(Buffer.from(chunk));
  });
  entry.on("end", () => {
    const content = Buffer.concat(chunks);
    for (const take of takers) take(content);
  });
}

function parsePackageJson(bytes: Buffer): Record<string, unknown> {
  const hasMark = bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xefbbbf;
  const content = hasMark ? bytes.subarray(3) : bytes;
  const scanner = new JsonScanner(content, {
    code: "tarball-invalid",
    subject: "The tarball's package.json",
  });
  const end = scanner.skipSpace(scanner.skipValue(scanner.skipSpace(0), 0));
  if (end < content.length) scanner.fail("there is something after its end", end);
  const parsed: unknown = JSON.parse(content.toString("utf8"));
  if (!isJsonObject(parsed)) throw tarballInvalid("has a package.json that is not an object");
  return parsed;
}
