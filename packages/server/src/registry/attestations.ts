import {
  EntrepotError,
  isEntrepotError,
  normalizeVersion,
  parsePackageName,
  type VersionFacts,
} from "@entrepot/core";
import type { Database } from "../db/index.ts";
import { assertPasses, type Gate } from "../firewall/index.ts";
import type { NameOrigins } from "./name-origin.ts";
import { findVersion, type PackageRow } from "./package-rows.ts";
import type { Registry } from "./registry.ts";
import type { UpstreamAttestations } from "./upstream-attestations.ts";
import type { Verdicts } from "./verdicts.ts";

/** A version as the path of a request names it: not yet known to be there, or to be one. */
export interface AttestedVersion {
  name: string;
  version: string;
}

export interface AttestationDeps {
  db: Database;
  gate: Gate;
  origins: NameOrigins;
  verdicts: Pick<Verdicts, "verdictOn" | "of">;
  attestations: Pick<UpstreamAttestations, "of">;
}

/** Reads `<name>@<version>`. Throws `name-invalid`. */
export function parseAttestedVersion(spec: string): AttestedVersion {
  const at = spec.lastIndexOf("@");
  return { name: parsePackageName(spec.slice(0, Math.max(0, at))).full, version: spec.slice(at + 1) };
}

/**
 * The sigstore bundles that came with a publish, or that the upstream has, as JSON with a list of `attestations`. Throws
 * `version-not-found` when there are none, `version-denied` like every other way to the version, and upstream errors.
 */
export async function findAttestations(
  deps: AttestationDeps,
  registry: Registry,
  wanted: AttestedVersion,
): Promise<string> {
  const version = normalizeVersion(wanted.version);
  if (version === null) throw notFound(wanted);
  const origin = await deps.origins.of(registry, wanted.name);
  if (origin.kind === "claimed") throw notFound(wanted);
  const place = { registry, name: wanted.name, version };
  const found =
    origin.kind === "local" ? await ownOf(deps, place, origin.row) : await upstreamsOf(deps, place);
  if (found === null) throw notFound(wanted);
  return found;
}

interface Place extends AttestedVersion {
  registry: Registry;
}

async function ownOf(deps: AttestationDeps, place: Place, packageRow: PackageRow): Promise<string | null> {
  const { registry, name, version } = place;
  const row = await findVersion(deps.db.read, packageRow.id, version);
  if (row === null || row.removed_at !== null || row.attestations === null) return null;
  const facts = JSON.parse(row.facts) as VersionFacts;
  const context = await deps.gate.context({ registry, name, origin: "local", purpose: "metadata" });
  const source = { kind: "local", row: packageRow } as const;
  const { verdict } = await deps.verdicts.verdictOn(facts, context, { registry, name, source });
  assertPasses(verdict, { ...place, purpose: "metadata" });
  const bundles = JSON.parse(row.attestations) as unknown[];
  const predicateType = facts.attestations ?? "unknown";
  return JSON.stringify({ attestations: bundles.map((bundle) => ({ predicateType, bundle })) });
}

async function upstreamsOf(deps: AttestationDeps, place: Place): Promise<string | null> {
  const { registry, name, version } = place;
  const { upstream, hidden, facts: factsOf } = await packageOf(deps, place);
  const facts = await factsOf(version);
  if (facts === null || upstream === null) return null;
  const verdict = hidden.get(version);
  if (verdict !== undefined) assertPasses(verdict, { ...place, purpose: "metadata" });
  if (facts.attestations === null) return null;
  const cachedOnly = registry.frozenAt !== null;
  return await deps.attestations.of(upstream, { name, facts, cachedOnly });
}

async function packageOf(
  { verdicts }: AttestationDeps,
  { registry, name, version }: Place,
): ReturnType<Verdicts["of"]> {
  try {
    return await verdicts.of(registry, name);
  } catch (error) {
    if (isEntrepotError(error, "package-not-found")) throw notFound({ name, version });
    throw error;
  }
}

function notFound({ name, version }: AttestedVersion): EntrepotError {
  return new EntrepotError("version-not-found", {
    message: `There are no attestations of ${name}@${version} here.`,
  });
}
