import { isJsonObject } from "../packument/abbreviated-fields.ts";
import { readDependencySpec } from "./dependency-spec.ts";
import {
  invalidLockfile,
  LockfileReading,
  shown,
  type ParsedLockfile,
  type WantedPackage,
} from "./lockfile.ts";

const LISTS: readonly (readonly [member: string, kind: WantedPackage["kind"]])[] = [
  ["dependencies", "dependency"],
  ["devDependencies", "dev"],
  ["optionalDependencies", "optional"],
  ["peerDependencies", "peer"],
];

/** Tells whether a JSON file can be a package.json. */
export function isManifest(file: Record<string, unknown>): boolean {
  return LISTS.some(([member]) => isJsonObject(file[member])) || typeof file["name"] === "string";
}

/** Reads what a package.json asks for, peers included, as npm installs them too. */
export function parseManifestRanges(file: Record<string, unknown>): ParsedLockfile {
  const reading = new LockfileReading("manifest", "manifest");
  const optionalPeers = optionalPeersOf(file["peerDependenciesMeta"]);
  const seen = new Set<string>();
  for (const [member, kind] of LISTS) {
    const list = file[member] ?? {};
    if (!isJsonObject(list)) throw invalidLockfile(`its "${member}" is not an object`);
    for (const [name, spec] of Object.entries(list)) {
      if (kind === "peer" && (optionalPeers.has(name) || seen.has(name))) continue;
      seen.add(name);
      readWanted(reading, { name, spec, kind });
    }
  }
  for (const member of overridesIn(file)) reading.problem(`its "${member}" is not applied`);
  return reading.finish();
}

function overridesIn(file: Record<string, unknown>): string[] {
  const found = ["overrides", "resolutions"].filter((member) => file[member] !== undefined);
  const { pnpm } = file;
  return isJsonObject(pnpm) && pnpm["overrides"] !== undefined ? [...found, "pnpm.overrides"] : found;
}

function readWanted(
  reading: LockfileReading,
  { name, spec, kind }: { name: string; spec: unknown; kind: WantedPackage["kind"] },
): void {
  if (typeof spec !== "string") return reading.problem(`the range of ${shown(name)} is not a text`);
  const read = readDependencySpec(name, spec);
  if (read.kind === "left-out") return reading.leaveOut(read.what);
  reading.want({ name: read.name, range: read.range, kind });
}

function optionalPeersOf(meta: unknown): ReadonlySet<string> {
  if (!isJsonObject(meta)) return new Set();
  const optional = Object.entries(meta).filter(
    ([, value]) => isJsonObject(value) && value["optional"] === true,
  );
  return new Set(optional.map(([name]) => name));
}
