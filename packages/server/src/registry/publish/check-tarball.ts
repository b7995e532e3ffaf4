import { EntrepotError, cleanVersion, gitSource, sha512HexOf } from "@entrepot/core";
import type { InspectedTarball } from "../../threads/index.ts";
import { installedManifest, type InstalledManifest } from "./installed-manifest.ts";
import type { PublishRequest } from "./publish-request.ts";

const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"] as const;
/** What clients write into a manifest when they see that the package brings something to compile. */
const IMPLICIT_BUILD = "node-gyp rebuild";

/** Checks the bytes against the integrity that the manifest promises. Throws `integrity-mismatch`. */
export function checkIntegrity(request: PublishRequest): void {
  const dist = request.manifest["dist"];
  if (typeof dist !== "object" || dist === null) return;
  const { integrity, shasum } = dist as Record<string, unknown>;
  const actual = request.tarball.sha512.toString("hex");
  if (typeof integrity === "string") {
    const promised = sha512HexOf(integrity);
    if (promised !== null && promised !== actual) throw mismatch("sha512", promised, actual);
  }
  const sha1 = request.tarball.sha1.toString("hex");
  if (typeof shasum === "string" && shasum.toLowerCase() !== sha1) throw mismatch("sha1", shasum, sha1);
}

function mismatch(algorithm: string, promised: string, actual: string): EntrepotError {
  return new EntrepotError("integrity-mismatch", {
    message: `The tarball's ${algorithm} is ${actual.slice(0, 16)}…, the manifest promises ${promised.slice(0, 16)}…; publish again.`,
    details: { algorithm, promised, actual },
  });
}

/**
 * Checks that the manifest describes this tarball, as far as it decides about an installation: a registry that shows
 * other dependencies or scripts than the tarball holds misleads everybody who decides by it. Throws `tarball-invalid`.
 */
export function checkManifestAgrees(request: PublishRequest, tarball: InspectedTarball): void {
  const { packageJson } = tarball;
  if (String(packageJson["name"]).trim() !== request.name.full) {
    throw disagrees(`is named "${String(packageJson["name"])}" instead of "${request.name.full}"`);
  }
  if (cleanVersion(String(packageJson["version"])) !== request.version) {
    throw disagrees(`has version "${String(packageJson["version"])}" instead of "${request.version}"`);
  }
  if (packageJson["private"] === true) {
    throw new EntrepotError("permission-denied", {
      message: `${request.name.full} says "private": true in its package.json; remove it to publish.`,
    });
  }
  const declared = installedManifest(request.manifest);
  const actual = installedManifest(packageJson);
  checkDependencies(declared, actual, { member: "dependencies", verb: "depends on" });
  checkDependencies(declared, actual, { member: "peerDependencies", verb: "wants as its peer" });
  checkScripts(declared.scripts, actual.scripts);
}

function checkDependencies(
  declared: InstalledManifest,
  actual: InstalledManifest,
  { member, verb }: { member: "dependencies" | "peerDependencies"; verb: string },
): void {
  for (const name of new Set([...declared[member].keys(), ...actual[member].keys()])) {
    const [inManifest, inTarball] = [declared[member].get(name), actual[member].get(name)];
    if (isSameRange(inManifest, inTarball)) continue;
    throw disagrees(
      `${verb} ${name} ${inTarball ?? "not at all"}, the manifest says ${inManifest ?? "not at all"}`,
    );
  }
}

function isSameRange(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const source = gitSource(one);
  return one.trim() === other.trim() || (source !== null && source === gitSource(other));
}

function checkScripts(declared: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): void {
  for (const script of INSTALL_SCRIPTS) {
    const isImplicitBuild =
      script === "install" && !actual.has(script) && declared.get(script) === IMPLICIT_BUILD;
    if (!isImplicitBuild && declared.get(script) !== actual.get(script)) {
      throw disagrees(`has another "${script}" script than the manifest`);
    }
  }
}

function disagrees(how: string): EntrepotError {
  return new EntrepotError("tarball-invalid", {
    message: `The package.json inside the tarball ${how}; pack and publish again with an unchanged client.`,
  });
}
