import { EntrepotError, normalizeVersion, sha512HexOf } from "@entrepot/core";
import type { InspectedTarball } from "../../threads/index.ts";
import type { PublishRequest } from "./publish-request.ts";

const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"] as const;

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
 * Checks that the manifest describes this tarball: a registry that shows other dependencies or scripts than
 * the tarball holds misleads everybody who decides by it. Throws `tarball-invalid`.
 */
export function checkManifestAgrees(request: PublishRequest, tarball: InspectedTarball): void {
  const { packageJson } = tarball;
  if (packageJson["name"] !== request.name.full) {
    throw disagrees(`is named "${String(packageJson["name"])}" instead of "${request.name.full}"`);
  }
  if (normalizeVersion(String(packageJson["version"])) !== request.version) {
    throw disagrees(`has version "${String(packageJson["version"])}" instead of "${request.version}"`);
  }
  if (packageJson["private"] === true) {
    throw new EntrepotError("permission-denied", {
      message: `${request.name.full} says "private": true in its package.json; remove it to publish.`,
    });
  }
  const inManifest = installedDependencies(request.manifest);
  const inTarball = installedDependencies(packageJson);
  for (const name of new Set([...inManifest.keys(), ...inTarball.keys()])) {
    if (inManifest.get(name) !== inTarball.get(name)) {
      throw disagrees(
        `depends on ${name} ${inTarball.get(name) ?? "not at all"}, the manifest says ${inManifest.get(name) ?? "not at all"}`,
      );
    }
  }
  checkScripts(request.manifest, tarball);
}

function checkScripts(manifest: Record<string, unknown>, tarball: InspectedTarball): void {
  const declared = scriptsOf(manifest);
  const actual = scriptsOf(tarball.packageJson);
  for (const script of INSTALL_SCRIPTS) {
    const isImplicitBuild = script === "install" && tarball.hasBindingGyp && !actual.has("install");
    if (!isImplicitBuild && declared.get(script) !== actual.get(script)) {
      throw disagrees(`has another "${script}" script than the manifest`);
    }
  }
}

function scriptsOf(manifest: Record<string, unknown>): Map<string, string> {
  return textEntries(manifest["scripts"]);
}

// Clients copy optional dependencies into `dependencies`, so the two are one set here.
function installedDependencies(manifest: Record<string, unknown>): Map<string, string> {
  return new Map([
    ...textEntries(manifest["dependencies"]),
    ...textEntries(manifest["optionalDependencies"]),
  ]);
}

function textEntries(value: unknown): Map<string, string> {
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function disagrees(how: string): EntrepotError {
  return new EntrepotError("tarball-invalid", {
    message: `The package.json inside the tarball ${how}; pack and publish again with an unchanged client.`,
  });
}
