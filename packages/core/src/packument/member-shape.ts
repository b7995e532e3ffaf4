import { ABBREVIATED_FIELDS, INSTALL_SCRIPTS } from "./abbreviated-fields.ts";
import { asciiBytes } from "./bytes.ts";

/** A member that the scan of a manifest notes down: its column, and what to note inside its value. */
export interface ShapeMember {
  key: string;
  bytes: Uint8Array;
  slot: number;
  inside: Shape | null;
}

const BUCKETS = 64;

/** The members of an object that matter, found by the bytes of their key. */
export class Shape {
  readonly #buckets: ShapeMember[][] = Array.from({ length: BUCKETS }, () => []);
  readonly #byKey: Map<string, ShapeMember> = new Map();

  constructor(members: readonly Omit<ShapeMember, "bytes">[]) {
    for (const member of members) {
      const complete = { ...member, bytes: asciiBytes(member.key) };
      this.#byKey.set(member.key, complete);
      this.#buckets[bucketOf(complete.bytes.length, complete.bytes[0] as number)]?.push(complete);
    }
  }

  /** The member whose key is exactly the bytes between `start` and `end`. */
  find(bytes: Uint8Array, start: number, end: number): ShapeMember | null {
    const bucket = this.#buckets[bucketOf(end - start, bytes[start] as number)] as ShapeMember[];
    for (const member of bucket) {
      if (isEqualAt(bytes, start, member.bytes) && member.bytes.length === end - start) return member;
    }
    return null;
  }

  /** The member of this name; for keys that are written with escapes. */
  findText(key: string): ShapeMember | null {
    return this.#byKey.get(key) ?? null;
  }
}

function bucketOf(length: number, firstByte: number): number {
  return (length * 7 + firstByte) & (BUCKETS - 1);
}

function isEqualAt(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[start + index] !== expected[index]) return false;
  }
  return true;
}

/**
 * Columns of a version's row: first what the abbreviated form keeps, then what the facts and the rewriting
 * need.
 */
export const SLOT = {
  name: 0,
  version: 1,
  deprecated: 2,
  dependencies: 3,
  bundleDependencies: 9,
  hasInstallScript: 18,
  dist: 19,
  bundledDependencies: 20,
  scripts: 21,
  license: 22,
  licenses: 23,
  publisher: 24,
  tarball: 25,
  integrity: 26,
  shasum: 27,
  signatures: 28,
  predicateType: 29,
  attestations: 30,
  provenance: 31,
  user: 32,
  preinstall: 33,
  install: 34,
  postinstall: 35,
  upstreamVersion: 36,
  trusted: 37,
  trustedPublisher: 38,
  approval: 39,
  approver: 40,
  attestationsUrl: 41,
} as const;

/** Number of columns in a row. */
export const SLOT_COUNT = 42;

const provenance = new Shape([leaf("predicateType", SLOT.predicateType)]);
const attestations = new Shape([
  leaf("url", SLOT.attestationsUrl),
  { key: "provenance", slot: SLOT.provenance, inside: provenance },
]);
const dist = new Shape([
  leaf("tarball", SLOT.tarball),
  leaf("integrity", SLOT.integrity),
  leaf("shasum", SLOT.shasum),
  leaf("signatures", SLOT.signatures),
  leaf("upstreamVersion", SLOT.upstreamVersion),
  { key: "attestations", slot: SLOT.attestations, inside: attestations },
]);
const scripts = new Shape(INSTALL_SCRIPTS.map((script, index) => leaf(script, SLOT.preinstall + index)));
const trusted = new Shape([leaf("id", SLOT.trustedPublisher)]);
const approval = new Shape([leaf("name", SLOT.approver)]);
const user = new Shape([
  leaf("name", SLOT.publisher),
  { key: "approver", slot: SLOT.approval, inside: approval },
  { key: "trustedPublisher", slot: SLOT.trusted, inside: trusted },
]);

/** The shape of a version's manifest. */
export const MANIFEST_SHAPE: Shape = new Shape([
  ...ABBREVIATED_FIELDS.map((field, slot) => ({ key: field, slot, inside: field === "dist" ? dist : null })),
  leaf("bundledDependencies", SLOT.bundledDependencies),
  leaf("license", SLOT.license),
  leaf("licenses", SLOT.licenses),
  { key: "scripts", slot: SLOT.scripts, inside: scripts },
  { key: "_npmUser", slot: SLOT.user, inside: user },
]);

function leaf(key: string, slot: number): Omit<ShapeMember, "bytes"> {
  return { key, slot, inside: null };
}
