import { isJsonObject } from "../packument/abbreviated-fields.ts";
import { readDependencySpec } from "./dependency-spec.ts";
import { invalidLockfile, LockfileReading, shown, type ParsedLockfile } from "./lockfile.ts";

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

// `name@1.0.0`, the tarball unless it is where it should be, what the manifest says, integrity; older files lack some.
function readEntry(reading: LockfileReading, pinned: string, entry: readonly unknown[]): void {
  const at = pinned.indexOf("@", 1);
  const version = at === -1 ? "" : pinned.slice(at + 1);
  if (version.startsWith("root:")) return reading.leaveOut("workspace");
  const spec = readDependencySpec(pinned, version);
  if (spec.kind === "left-out") return reading.leaveOut(spec.what);
  const [, ...more] = entry;
  const texts = more.filter((item) => typeof item === "string");
  const manifest = more.find(isJsonObject);
  reading.add({
    name: at === -1 ? pinned : pinned.slice(0, at),
    version,
    resolved: texts.find((text) => /^https?:/u.test(text)),
    integrity: texts.find((text) => /^sha\d+-/u.test(text)),
    isBundled: manifest?.["bundled"] === true,
  });
}
