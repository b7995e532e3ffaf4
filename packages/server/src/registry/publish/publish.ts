import { EntrepotError, factsOfManifest, sliceManifest } from "@entrepot/core";
import type { BlobStore } from "../../blobs/index.ts";
import { isForeignKeyViolation, type Database } from "../../db/index.ts";
import type { Gate } from "../../firewall/index.ts";
import type { InspectedTarball, TarballLimits, ThreadPool } from "../../threads/index.ts";
import { checkIntegrity, checkManifestAgrees } from "./check-tarball.ts";
import { insertVersion } from "./insert-version.ts";
import type { PreparedVersion } from "./prepared-version.ts";
import { personOf, type PublishInput } from "./publisher.ts";

export interface PublishDeps {
  db: Database;
  blobs: BlobStore;
  threads: Pick<ThreadPool, "run">;
  gate: Gate;
  tarballLimits: TarballLimits;
  now: () => number;
}

/**
 * Publishes one version: checks, then the tarball into the blob store, then one transaction that makes it
 * visible. The same bytes again from the same publisher are success, since clients retry whose answer was lost, and set
 * the tags that they bring; everything else under a version that exists is `version-exists`.
 */
export async function publish(deps: PublishDeps, input: PublishInput): Promise<{ rev: string }> {
  const { request } = input;
  checkIntegrity(request);
  const { content, sizeBytes } = request.tarball;
  const tarball = await deps.threads.run("inspectTarball", {
    ...content,
    sizeBytes,
    limits: deps.tarballLimits,
    findSecrets: true,
  });
  checkManifestAgrees(request, tarball);
  const prepared = prepareVersion(deps, input, tarball);
  const facts = { ...prepared.facts, secrets: tarball.secrets };
  await deps.gate.assertPublishable(facts, { registry: input.registry, name: request.name.full });
  await deps.blobs.put(prepared.digest, "path" in content ? { ...content, move: true } : content, {
    sizeBytes,
    durable: true,
  });
  try {
    return await deps.db.write((trx) => insertVersion(deps, trx, { ...input, prepared, now: deps.now() }));
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new EntrepotError("registry-not-found", {
      message: `The registry "${input.registry.name}" was deleted.`,
      cause: error,
    });
  }
}

function prepareVersion(deps: PublishDeps, input: PublishInput, tarball: InspectedTarball): PreparedVersion {
  const { request, publisher } = input;
  const integrity = `sha512-${request.tarball.sha512.toString("base64")}`;
  const shasum = request.tarball.sha1.toString("hex");
  const hasAttestations = request.bundles.length > 0;
  const manifest: Record<string, unknown> = {
    ...request.manifest,
    _id: `${request.name.full}@${request.version}`,
    _npmUser: personOf(publisher),
    _hasShrinkwrap: tarball.hasShrinkwrap,
    ...(hasInstallScript(request.manifest, tarball) ? { hasInstallScript: true } : {}),
    dist: {
      integrity,
      shasum,
      fileCount: tarball.fileCount,
      unpackedSize: tarball.unpackedSizeBytes,
      ...(hasAttestations ? { attestations: attestationsOf(input) } : {}),
    },
  };
  delete manifest["deprecated"];
  const facts = factsOfManifest(manifest, {
    version: request.version,
    origin: "local",
    publishedAt: new Date(deps.now()).toISOString(),
  });
  return {
    slices: sliceManifest(manifest),
    facts,
    digest: request.tarball.sha512.toString("hex"),
    integrity,
    shasum,
  };
}

function hasInstallScript(manifest: Record<string, unknown>, tarball: InspectedTarball): boolean {
  const scripts = manifest["scripts"];
  const names = typeof scripts === "object" && scripts !== null ? Object.keys(scripts) : [];
  return (
    tarball.hasBindingGyp || ["preinstall", "install", "postinstall"].some((name) => names.includes(name))
  );
}

// Clients ask for the path of this URL at the registry they use, whatever its host.
function attestationsOf({ request, registryUrl }: PublishInput): Record<string, unknown> {
  return {
    url: `${registryUrl}/-/npm/v1/attestations/${request.name.full}@${request.version}`,
    provenance: { predicateType: predicateTypeOf(request.bundles) },
  };
}

function predicateTypeOf(bundles: readonly unknown[]): string {
  for (const bundle of bundles) {
    const payload = (bundle as { dsseEnvelope?: { payload?: unknown } } | null)?.dsseEnvelope?.payload;
    if (typeof payload !== "string") continue;
    const match = /"predicateType"\s*:\s*"([^"]{1,200})"/.exec(
      Buffer.from(payload, "base64").toString("utf8"),
    );
    if (match?.[1] !== undefined) return match[1];
  }
  return "unknown";
}
