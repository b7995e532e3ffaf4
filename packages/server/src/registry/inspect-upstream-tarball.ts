import {
  EntrepotError,
  evidenceAsked,
  isEntrepotError,
  type PolicyContext,
  type RuleId,
  type TarballContent,
  type VersionFacts,
} from "@entrepot/core";
import { appendChange, systemActor, type ChangeLog } from "../changes/index.ts";
import type { BlobStore } from "../blobs/index.ts";
import type { Database } from "../db/index.ts";
import type { Evidence } from "../firewall/index.ts";
import { TARBALL_LIMITS, type ThreadPool } from "../threads/index.ts";
import type { BlobCache } from "./blob-cache.ts";
import { tarballContentOf } from "./tarball-content.ts";

const ACTOR = systemActor("firewall");

export interface InspectDeps {
  db: Database;
  blobs: Pick<BlobStore, "readBytes">;
  blobCache: Pick<BlobCache, "held">;
  changes: Pick<ChangeLog, "refresh">;
  evidence: Pick<Evidence, "recordContent">;
  threads: Pick<ThreadPool, "run">;
  now: () => number;
}

/** A verified tarball of an upstream: its bytes, or the file they are in. */
export type TarballPlace = { sizeBytes: number } & ({ bytes: Buffer } | { path: string });

/** The version whose tarball it is. */
interface InspectSubject {
  name: string;
  facts: VersionFacts;
  /** Which rules want to know what is in it; none where a person does. */
  rules: readonly RuleId[];
}

/** Tells whether a rule in force wants to know what is in a version's tarball, and nobody has looked yet. */
export function wantsContent(facts: VersionFacts, context: PolicyContext): boolean {
  if (!evidenceAsked(context).contents) return false;
  const promised = promisedIntegrity(facts);
  return context.contents.get(facts.version)?.some(({ integrity }) => integrity === promised) !== true;
}

/** Looks into a tarball and remembers what is in it. Throws `version-denied` if it cannot be read. */
export async function inspectUpstreamTarball(
  deps: InspectDeps,
  subject: InspectSubject,
  place: TarballPlace,
): Promise<TarballContent> {
  const { name, facts } = subject;
  const inspected = await inspect(deps, subject, place);
  const content = tarballContentOf(inspected, promisedIntegrity(facts));
  await deps.evidence.recordContent({ name, version: facts.version }, content);
  return content;
}

async function inspect(
  deps: InspectDeps,
  subject: InspectSubject,
  place: TarballPlace,
): Promise<Parameters<typeof tarballContentOf>[0]> {
  try {
    const limits = TARBALL_LIMITS;
    // A download has more members than the thread is to know of.
    const { sizeBytes } = place;
    const source = "path" in place ? { path: place.path } : { bytes: place.bytes };
    return await deps.threads.run("inspectTarball", { ...source, sizeBytes, limits });
  } catch (error) {
    if (!isEntrepotError(error, "tarball-invalid")) throw error;
    throw unreadable(subject, error.message, error);
  }
}

/** The bytes of a tarball that was kept, on its way to the store or in it; null if they are lost. */
export async function keptBytes(
  { blobCache, blobs }: InspectDeps,
  { digest, sizeBytes }: { digest: string; sizeBytes: number },
): Promise<TarballPlace | null> {
  const bytes = blobCache.held(digest)?.bytes ?? (await blobs.readBytes(digest, sizeBytes));
  return bytes?.length === sizeBytes ? { bytes, sizeBytes } : null;
}

function askedBy(rules: readonly RuleId[]): string {
  if (rules.length === 0) return "";
  const asking = rules.length === 1 ? `the rule ${rules[0]} asks` : `the rules ${rules.join(" and ")} ask`;
  return `, which ${asking} for in this registry`;
}

// What cannot be looked at cannot be found harmless.
function unreadable({ name, facts, rules }: InspectSubject, why: string, cause?: unknown): EntrepotError {
  const { version } = facts;
  return new EntrepotError("version-denied", {
    message: `${name}@${version} cannot be inspected${askedBy(rules)}: ${why}`,
    details: { rule: rules[0] ?? "default", reason: why, until: null, version },
    cause,
  });
}

/** Tells every process that a version is refused for what was found in it, though its document did not say so. */
export async function tellOfRefusedContent(
  deps: InspectDeps,
  place: { registry: { id: string; workspaceId: string }; name: string; version: string },
): Promise<void> {
  const { registry, name, version } = place;
  await deps.db.write((trx) =>
    appendChange(trx, {
      workspaceId: registry.workspaceId,
      registryId: null,
      packageName: name,
      kind: "tarball-refused",
      actor: ACTOR,
      at: deps.now(),
      detail: { version, registry: registry.id },
    }),
  );
  await deps.changes.refresh();
}

/** Names the tarball that was looked at, as the document promised it. */
function promisedIntegrity({ integrity, shasum }: VersionFacts): string | null {
  return integrity ?? (shasum === null ? null : `sha1-${Buffer.from(shasum, "hex").toString("base64")}`);
}
