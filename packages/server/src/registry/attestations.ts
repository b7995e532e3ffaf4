import { EntrepotError, normalizeVersion, parsePackageName, type VersionFacts } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import { assertPasses, type Gate } from "../firewall/index.ts";
import type { NameOrigins } from "./name-origin.ts";
import { findVersion } from "./package-rows.ts";
import type { Registry } from "./registry.ts";
import type { Verdicts } from "./verdicts.ts";

/** One attestation as clients expect it. */
export interface Attestation {
  predicateType: string;
  bundle: unknown;
}

/** A version as the path of a request names it: not yet known to be there, or to be one. */
export interface AttestedVersion {
  name: string;
  version: string;
}

/** Reads `<name>@<version>`. Throws `name-invalid`. */
export function parseAttestedVersion(spec: string): AttestedVersion {
  const at = spec.lastIndexOf("@");
  return { name: parsePackageName(spec.slice(0, Math.max(0, at))).full, version: spec.slice(at + 1) };
}

/**
 * The sigstore bundles that came with a publish. Throws `version-not-found` when there are
 * none and `version-denied` like every other way to the version.
 */
export async function findAttestations(
  deps: { db: Database; gate: Gate; origins: NameOrigins; verdicts: Pick<Verdicts, "verdictOn"> },
  registry: Registry,
  wanted: AttestedVersion,
): Promise<Attestation[]> {
  const { name } = wanted;
  const version = normalizeVersion(wanted.version);
  const origin = await deps.origins.of(registry, name);
  if (origin.kind !== "local" || version === null) throw notFound(wanted);
  const row = await findVersion(deps.db.read, origin.row.id, version);
  if (row === null || row.removed_at !== null || row.attestations === null) throw notFound(wanted);
  const facts = JSON.parse(row.facts) as VersionFacts;
  const context = await deps.gate.context({ registry, name, origin: "local", purpose: "metadata" });
  const place = { registry, name, source: { kind: "local", row: origin.row } } as const;
  const { verdict } = await deps.verdicts.verdictOn(facts, context, place);
  assertPasses(verdict, { registry, name, version, purpose: "metadata" });
  const bundles = JSON.parse(row.attestations) as unknown[];
  return bundles.map((bundle) => ({ predicateType: facts.attestations ?? "unknown", bundle }));
}

function notFound({ name, version }: AttestedVersion): EntrepotError {
  return new EntrepotError("version-not-found", {
    message: `There are no attestations of ${name}@${version} here.`,
  });
}
