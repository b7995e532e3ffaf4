import { EntrepotError } from "../errors.ts";
import { parsePackageName } from "../names.ts";
import { normalizeVersion } from "../versions.ts";

/** Longest text that is read, in characters; the largest lockfiles in the field have about ten million. */
export const LOCKFILE_CHARS_MAX: number = 32 * 1024 ** 2;
/** Most entries of one file. */
export const LOCKFILE_ENTRIES_MAX = 200_000;
/** Deepest nesting of what is in a file. */
export const LOCKFILE_DEPTH_MAX = 100;
const PROBLEMS_MAX = 50;
const SHOWN_CHARS_MAX = 80;

/** What made a file, with its own number for the layout, as in `pnpm-9.0` or `berry-8`. */
export type LockfileKind = "npm" | "pnpm" | "yarn" | "berry" | "bun" | "manifest";

/** One version that a lockfile pins and that comes from a registry. */
export interface LockedPackage {
  /** The real name, where the entry stands under an alias. */
  name: string;
  /** Strict semver without build metadata. */
  version: string;
  /** URL of the tarball; null where the file leaves it to the registry in use. */
  resolved: string | null;
  /** As the file spells it; null where it has none that a registry would promise too. */
  integrity: string | null;
  /** Null where the format does not say. */
  isDev: boolean | null;
  isOptional: boolean | null;
  /** True for what lies inside another package's tarball and is never downloaded on its own. */
  isBundled: boolean;
}

/** A dependency that a manifest asks for. */
export interface WantedPackage {
  /** The real name, where it is asked for under an alias. */
  name: string;
  /** A range, an exact version or a tag. */
  range: string;
  kind: "dependency" | "dev" | "optional" | "peer";
}

/** Why an entry is not a registry's. */
export type LeftOutKind = "git" | "tarball" | "workspace" | "link" | "patch" | "other";

/** What a lockfile or a manifest says. */
export interface ParsedLockfile {
  kind: LockfileKind;
  /** Kind and layout: `npm-v3`, `pnpm-9.0`, `yarn-v1`, `berry-8`, `bun-1`, `manifest`. */
  format: string;
  /** In the order of the file; the same name and version can occur more than once. */
  packages: LockedPackage[];
  /** What a manifest asks for; empty for lockfiles. */
  wanted: WantedPackage[];
  /** How many entries are not a registry's, by what they are. */
  leftOut: Partial<Record<LeftOutKind, number>>;
  /** Entries that could not be understood, a line for each; of very many only the first. */
  problems: string[];
}

/** An entry as a format has it, before its name and its version are checked. */
export interface RawEntry {
  name: string;
  version: string;
  resolved?: unknown;
  integrity?: unknown;
  isDev?: boolean | null;
  isOptional?: boolean | null;
  isBundled?: boolean;
}

/** Collects what a parser finds, under the bounds of all of them. */
export class LockfileReading {
  readonly #kind: LockfileKind;
  readonly #format: string;
  readonly #packages: LockedPackage[] = [];
  readonly #wanted: WantedPackage[] = [];
  readonly #leftOut: Map<LeftOutKind, number> = new Map();
  readonly #problems: string[] = [];
  #moreProblems = 0;
  #entries = 0;

  constructor(kind: LockfileKind, format: string) {
    this.#kind = kind;
    this.#format = format;
  }

  /** Takes an entry that comes from a registry, or notes what is wrong with it. */
  add(entry: RawEntry): void {
    this.#count();
    const name = this.#nameOf(entry.name);
    if (name === null) return;
    const version = normalizeVersion(entry.version);
    if (version === null) {
      this.problem(`${shown(name)} has ${shown(entry.version)} where a version should be`);
      return;
    }
    this.#packages.push({
      name,
      version,
      resolved: textOr(entry.resolved, null),
      integrity: textOr(entry.integrity, null),
      isDev: entry.isDev ?? null,
      isOptional: entry.isOptional ?? null,
      isBundled: entry.isBundled === true,
    });
  }

  /** Takes a dependency of a manifest. */
  want(wanted: WantedPackage): void {
    this.#count();
    const name = this.#nameOf(wanted.name);
    if (name !== null) this.#wanted.push({ ...wanted, name });
  }

  /** Notes an entry that no registry has. */
  leaveOut(kind: LeftOutKind): void {
    this.#count();
    this.#leftOut.set(kind, (this.#leftOut.get(kind) ?? 0) + 1);
  }

  /** Notes something that could not be understood. */
  problem(text: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(text);
    else this.#moreProblems += 1;
  }

  finish(): ParsedLockfile {
    const more = this.#moreProblems;
    return {
      kind: this.#kind,
      format: this.#format,
      packages: this.#packages,
      wanted: this.#wanted,
      leftOut: Object.fromEntries(this.#leftOut),
      problems: more === 0 ? this.#problems : [...this.#problems, `and ${more} more like these`],
    };
  }

  #nameOf(name: string): string | null {
    try {
      return parsePackageName(name).full;
    } catch {
      this.problem(`${shown(name)} is not a package name`);
      return null;
    }
  }

  #count(): void {
    this.#entries += 1;
    if (this.#entries <= LOCKFILE_ENTRIES_MAX) return;
    throw invalidLockfile(`it has more than ${LOCKFILE_ENTRIES_MAX} entries`);
  }
}

/** A text of the file, short and on one line, for messages. */
export function shown(text: string): string {
  const short = text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
  return JSON.stringify(short);
}

/** The value if it is a text that says something. */
export function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === "string" && value !== "" ? value : otherwise;
}

/** The error of a file that cannot be read: `why` completes "The lockfile cannot be read: …". */
export function invalidLockfile(why: string, cause?: unknown): EntrepotError {
  return new EntrepotError("request-invalid", { message: `The lockfile cannot be read: ${why}.`, cause });
}
