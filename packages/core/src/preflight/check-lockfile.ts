import { compareIntegrity, parseIntegrity } from "../integrity.ts";
import type { LockedPackage } from "../lockfiles/lockfile.ts";
import { isDownloadable, type Verdict } from "../policy/verdict.ts";
import type { Lift } from "./lift.ts";
import {
  forEachLimited,
  isStanding,
  OUT_OF_TIME,
  type NotChecked,
  type PackageStanding,
  type PreflightOptions,
} from "./package-standing.ts";

/** A pinned version that a client would not get. */
export interface RefusedPin {
  name: string;
  version: string;
  verdict: Verdict;
  /** What an exception has to lift; null if none may. */
  lift: Lift | null;
}

/** What comes of installing what a lockfile pins. */
export interface LockfileCheck {
  /** Distinct versions that were looked at. */
  checked: number;
  /** Would be refused. */
  refused: RefusedPin[];
  /** Left out of packuments, but still given to who pinned them. */
  hidden: { name: string; version: string; verdict: Verdict }[];
  /** Versions that the registry does not have. */
  missing: { name: string; version: string; why: string }[];
  /** Versions whose bytes are not those that were pinned: clients refuse them. */
  changed: { name: string; version: string; pinned: string; promised: string }[];
  notChecked: NotChecked[];
}

interface Pin {
  version: string;
  integrity: string | null;
}

/**
 * Judges every version that a lockfile pins, each package once. Bundled entries are not among `packages`.
 */
export async function checkLockfile(
  packages: readonly LockedPackage[],
  options: PreflightOptions,
): Promise<LockfileCheck> {
  const check: LockfileCheck = {
    checked: 0,
    refused: [],
    hidden: [],
    missing: [],
    changed: [],
    notChecked: [],
  };
  const pins = [...pinsByName(packages)];
  let done = 0;
  await forEachLimited(pins, options.concurrency, async ([name, versions]) => {
    await checkPackage(check, { name, pins: [...versions.values()] }, options);
    done += 1;
    options.onProgress({ done, total: pins.length });
  });
  return sorted(check);
}

function pinsByName(packages: readonly LockedPackage[]): Map<string, Map<string, Pin>> {
  const byName = new Map<string, Map<string, Pin>>();
  for (const { name, version, integrity } of packages) {
    const versions = byName.get(name) ?? new Map<string, Pin>();
    byName.set(name, versions);
    const known = versions.get(version);
    if (known === undefined || known.integrity === null) versions.set(version, { version, integrity });
  }
  return byName;
}

async function checkPackage(
  check: LockfileCheck,
  { name, pins }: { name: string; pins: readonly Pin[] },
  { lookup, isOver }: PreflightOptions,
): Promise<void> {
  const found = isOver() ? { why: OUT_OF_TIME, isMissing: false } : await lookup(name);
  for (const pin of pins) {
    const { version } = pin;
    if (isStanding(found)) {
      check.checked += 1;
      await checkPin(check, { name, pin }, found);
    } else if (found.isMissing) {
      check.checked += 1;
      check.missing.push({ name, version, why: found.why });
    } else check.notChecked.push({ what: `${name}@${version}`, why: found.why });
  }
}

async function checkPin(
  check: LockfileCheck,
  { name, pin }: { name: string; pin: Pin },
  standing: PackageStanding,
): Promise<void> {
  const { version } = pin;
  if (!standing.versions.includes(version)) {
    check.missing.push({ name, version, why: "the package has no such version" });
    return;
  }
  const verdict = standing.hidden.get(version);
  if (verdict !== undefined && !isDownloadable(verdict)) {
    check.refused.push({ name, version, verdict, lift: await standing.lift(version) });
    return;
  }
  if (verdict !== undefined) check.hidden.push({ name, version, verdict });
  const promised = pin.integrity === null ? null : ((await standing.facts(version))?.integrity ?? null);
  if (pin.integrity !== null && promised !== null && areDifferent(pin.integrity, promised)) {
    check.changed.push({ name, version, pinned: pin.integrity, promised });
  }
}

function areDifferent(pinned: string, promised: string): boolean {
  const hashes = parseIntegrity(promised).map(({ algorithm, hex }) => [algorithm, hex]);
  return compareIntegrity(pinned, Object.fromEntries(hashes) as Record<string, string>) === "mismatch";
}

// Look-ups end in any order; a report has one.
function sorted(check: LockfileCheck): LockfileCheck {
  const byName = (one: { name: string; version: string }, other: { name: string; version: string }): number =>
    one.name === other.name ? compare(one.version, other.version) : compare(one.name, other.name);
  return {
    checked: check.checked,
    refused: check.refused.toSorted(byName),
    hidden: check.hidden.toSorted(byName),
    missing: check.missing.toSorted(byName),
    changed: check.changed.toSorted(byName),
    notChecked: check.notChecked.toSorted((one, other) => compare(one.what, other.what)),
  };
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
