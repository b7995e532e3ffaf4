import type { Verdict, VersionFacts } from "../policy/verdict.ts";
import type { Lift } from "./lift.ts";

/** A package as a registry shows it under policy. */
export interface PackageStanding {
  /** All versions, hidden ones too. */
  versions: readonly string[];
  /** As published, before policy moved any. */
  distTags: ReadonlyMap<string, string>;
  /** What packuments leave out. */
  hidden: ReadonlyMap<string, Verdict>;
  facts(version: string): Promise<VersionFacts | null>;
  /** What an exception has to lift; null if none may. */
  lift(version: string): Promise<Lift | null>;
}

/** A package that there is not, or of which nothing can be said. */
export interface UnknownPackage {
  /** For a person, without a full stop. */
  why: string;
  /** True if the registry would say the same to a client; false where it could not be asked. */
  isMissing: boolean;
}

/** Finds out how a package stands. Never throws for what concerns one package only. */
export type PackageLookup = (name: string) => Promise<PackageStanding | UnknownPackage>;

/** How long work may take, and who hears of it. */
export interface PreflightOptions {
  lookup: PackageLookup;
  /** Look-ups under way at once. */
  concurrency: number;
  /** Called between stretches of work, which may be many: whoever has other things to do does them meanwhile. */
  pause: () => Promise<void>;
  /** True when no more is to be begun. */
  isOver: () => boolean;
  /** Hears how much is done; the total can grow. */
  onProgress: (progress: { done: number; total: number }) => void;
}

/** True of a package that there is. */
export function isStanding(found: PackageStanding | UnknownPackage): found is PackageStanding {
  return "versions" in found;
}

/** Something that could not be looked at. */
export interface NotChecked {
  /** `name@version`, or `name@range`. */
  what: string;
  /** For a person, without a full stop. */
  why: string;
}

/** Why the rest of the work was not begun. */
export const OUT_OF_TIME = "there was no time left for it";

/** Does some work on every item, with a bound on how much of it is under way at once. */
export async function forEachLimited<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  async function run(): Promise<void> {
    while (next < items.length) {
      const item = items[next] as T;
      next += 1;
      await work(item);
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, run));
}
