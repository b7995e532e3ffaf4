import type { VersionProof } from "@entrepot/core";
import { appendChange, systemActor, type ChangeLog } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import { tellAdministrators } from "./tell-administrators.ts";

const ACTOR = systemActor("firewall");

/** A tarball of an upstream's version. */
export interface ProvenVersion {
  upstreamId: string;
  name: string;
  version: string;
  /** As the upstream promised it; null if it promised none. */
  integrity: string | null;
}

/** What was verified, and by which trust root. */
export interface RecordedProof {
  proof: VersionProof;
  /** SHA-256, hexadecimal. */
  trustRoot: string;
}

/** What was verified of where versions of upstreams come from. */
export interface ProofRecords {
  /** By version, of these upstreams. */
  of(upstreamIds: readonly string[], name: string): Promise<ReadonlyMap<string, readonly VersionProof[]>>;
  find(subject: ProvenVersion): Promise<RecordedProof | null>;
  /**
   * Remembers what was verified. What may change a verdict is told to every process, and what was refuted to those
   * who administer the workspace too.
   */
  record(subject: ProvenVersion, recorded: RecordedProof): Promise<void>;
}

export interface ProofRecordsDeps {
  db: Database;
  changes: Pick<ChangeLog, "refresh">;
  workspaceId: string;
  now: () => number;
}

/** Opens the records. */
export function createProofRecords(deps: ProofRecordsDeps): ProofRecords {
  const { db } = deps;
  return {
    of: (upstreamIds, name) => load(db, upstreamIds, name),
    async find(subject) {
      const row = await db.read
        .selectFrom("version_proofs")
        .select(["proof", "trust_root"])
        .where((eb) => eb.and(keyOf(subject)))
        .executeTakeFirst();
      if (row === undefined) return null;
      return { proof: JSON.parse(row.proof) as VersionProof, trustRoot: row.trust_root };
    },
    record: (subject, recorded) => record(deps, subject, recorded),
  };
}

async function load(
  db: Pick<Database, "read">,
  upstreamIds: readonly string[],
  name: string,
): Promise<ReadonlyMap<string, readonly VersionProof[]>> {
  if (upstreamIds.length === 0) return new Map();
  const rows = await db.read
    .selectFrom("version_proofs")
    .select(["version", "proof"])
    .where("name", "=", name)
    .where("upstream_id", "in", [...upstreamIds])
    .orderBy("version")
    .orderBy("upstream_id")
    .orderBy("integrity")
    .execute();
  const found = new Map<string, VersionProof[]>();
  for (const { version, proof } of rows) {
    const seen = found.get(version) ?? [];
    seen.push(JSON.parse(proof) as VersionProof);
    found.set(version, seen);
  }
  return found;
}

async function record(
  deps: ProofRecordsDeps,
  subject: ProvenVersion,
  { proof, trustRoot }: RecordedProof,
): Promise<void> {
  const at = deps.now();
  const { name, version } = subject;
  const row = { proof: JSON.stringify(proof), trust_root: trustRoot, verified_at: at };
  const isNews = proof.refuted !== null || proof.build !== null;
  await deps.db.write(async (trx) => {
    const known = await trx
      .selectFrom("version_proofs")
      .select("proof")
      .where((eb) => eb.and(keyOf(subject)))
      .executeTakeFirst();
    await trx
      .insertInto("version_proofs")
      .values({ ...keyOf(subject), ...row })
      .onConflict((conflict) =>
        conflict.columns(["name", "version", "upstream_id", "integrity"]).doUpdateSet(row),
      )
      .execute();
    if (known?.proof === row.proof || (known === undefined && !isNews)) return;
    await appendChange(trx, {
      workspaceId: deps.workspaceId,
      registryId: null,
      packageName: name,
      kind: "proof-changed",
      actor: ACTOR,
      at,
      detail: {
        version,
        level: proof.level,
        refuted: proof.refuted,
        repository: proof.build?.repository ?? null,
      },
    });
    if (proof.refuted !== null) {
      await tellAdministrators(trx, {
        workspaceId: deps.workspaceId,
        kind: "proof-refuted",
        text: `What ${name}@${version} shows of its origin is not genuine: ${proof.refuted}.`,
        at,
      });
    }
  });
  await deps.changes.refresh();
}

function keyOf({ upstreamId, name, version, integrity }: ProvenVersion): {
  upstream_id: string;
  name: string;
  version: string;
  integrity: string;
} {
  return { upstream_id: upstreamId, name, version, integrity: integrity ?? "" };
}
