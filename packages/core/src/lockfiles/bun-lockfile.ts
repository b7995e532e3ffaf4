import { isJsonObject } from "../packument/abbreviated-fields.ts";
import { readDependencySpec } from "./dependency-spec.ts";
import { invalidLockfile, LockfileReading, shown, textOr, type ParsedLockfile } from "./lockfile.ts";

/** Tells whether a JSON file is bun's: its entries are lists. */
export function isBunLockfile(file: Record<string, unknown>): boolean {
  const packages = file["packages"];
  if (typeof file["lockfileVersion"] !== "number" || !isJsonObject(file["workspaces"])) return false;
  return !isJsonObject(packages) || Object.values(packages).every(Array.isArray);
}

/** Reads bun.lock. */
export function parseBunLockfile(file: Record<string, unknown>): ParsedLockfile {
  const reading = new LockfileReading("bun", `bun-${Number(file["lockfileVersion"])}`);
  const packages = file["packages"] ?? {};
  if (!isJsonObject(packages)) throw invalidLockfile('its "packages" is not an object');
  for (const [place, entry] of Object.entries(packages)) {
    const first: unknown = Array.isArray(entry) ? entry[0] : null;
    if (typeof first !== "string") reading.problem(`the entry ${shown(place)} does not start with a name`);
    else readEntry(reading, first, entry as unknown[]);
  }
  return reading.finish();
}

// `name@1.0.0`, registry or tarball, what the manifest says, integrity. What no registry has looks otherwise.
function readEntry(reading: LockfileReading, pinned: string, entry: readonly unknown[]): void {
  const at = pinned.indexOf("@", 1);
  const version = at === -1 ? "" : pinned.slice(at + 1);
  if (version.startsWith("root:")) return reading.leaveOut("workspace");
  const spec = readDependencySpec(pinned, version);
  if (spec.kind === "left-out") return reading.leaveOut(spec.what);
  const [, resolved, manifest, integrity] = entry;
  reading.add({
    name: at === -1 ? pinned : pinned.slice(0, at),
    version,
    resolved: /^https?:/u.test(textOr(resolved, "")) ? resolved : null,
    integrity,
    isBundled: isJsonObject(manifest) && manifest["bundled"] === true,
  });
}
