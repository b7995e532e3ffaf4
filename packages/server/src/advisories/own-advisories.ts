import type { Transaction } from "kysely";
import { OWN_FEED, EntrepotError, parseOsvRecord, type Advisory } from "@entrepot/core";
import type { Actor } from "../changes/index.ts";
import type { Schema } from "../db/index.ts";
import { buildEpoch, loadOwnRecords, type BuildDeps } from "./build-epoch.ts";
import type { Epoch } from "./epoch-rows.ts";
import type { OwnRecord } from "./own-record.ts";

const RECORDS_MAX = 1000;

/** An advisory that was written here. Times are milliseconds since 1970. */
export interface OwnAdvisory {
  id: string;
  /** In OSV's format. */
  record: Record<string, unknown>;
  summary: string;
  kind: Advisory["kind"] | null;
  packages: readonly string[];
  createdBy: string;
  createdAt: number;
  updatedAt: number;
}

export async function listOwn({ db }: Pick<BuildDeps, "db">): Promise<OwnAdvisory[]> {
  const rows = await db.read.selectFrom("own_advisories").selectAll().orderBy("id").execute();
  return rows.map((row) => {
    const record = JSON.parse(row.record) as Record<string, unknown>;
    const parsed = parseOsvRecord(record, OWN_FEED);
    const known = "problem" in parsed ? null : parsed;
    return {
      id: row.id,
      record,
      summary: known?.advisory.summary ?? "",
      kind: known?.advisory.kind ?? null,
      packages: [...(known?.packages.keys() ?? [])],
      createdBy: row.created_by,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  });
}

/** Adds an advisory and makes an epoch with it. Throws `name-taken` and `request-invalid`. */
export async function addOwn(deps: BuildDeps, { id, json }: OwnRecord, actor: Actor): Promise<Epoch> {
  const now = deps.now();
  return await change(deps, actor, {
    alter(records) {
      if (records.has(id)) throw taken(id);
      if (records.size >= RECORDS_MAX) {
        throw new EntrepotError("request-invalid", {
          message: `Here may be ${RECORDS_MAX} advisories of one's own; for more, serve them as a feed.`,
        });
      }
      records.set(id, json);
    },
    async write(trx) {
      const values = { id, record: json, created_by: actor.name, created_at: now, updated_at: now };
      await trx.insertInto("own_advisories").values(values).execute();
    },
  });
}

/** Puts another text in the place of an advisory. Throws `not-found`. */
export async function replaceOwn(deps: BuildDeps, { id, json }: OwnRecord, actor: Actor): Promise<Epoch> {
  return await change(deps, actor, {
    alter(records) {
      if (!records.has(id)) throw noAdvisory(id);
      records.set(id, json);
    },
    async write(trx) {
      const values = { record: json, updated_at: deps.now() };
      await trx.updateTable("own_advisories").set(values).where("id", "=", id).execute();
    },
  });
}

/** Takes an advisory away. Throws `not-found`. */
export async function removeOwn(deps: BuildDeps, id: string, actor: Actor): Promise<Epoch> {
  return await change(deps, actor, {
    alter(records) {
      if (!records.delete(id)) throw noAdvisory(id);
    },
    async write(trx) {
      await trx.deleteFrom("own_advisories").where("id", "=", id).execute();
    },
  });
}

interface OwnChange {
  /** Changes what there is; throws what stands in the way. */
  alter(records: Map<string, string>): void;
  /** Does the same in the table. */
  write(trx: Transaction<Schema>): Promise<void>;
}

// Whoever comes between makes another epoch, and then all of it is done again.
async function change(deps: BuildDeps, actor: Actor, { alter, write }: OwnChange): Promise<Epoch> {
  return await buildEpoch(deps, {
    origin: "own",
    actor,
    rows: [],
    fresh: new Map(),
    async loadOwn() {
      const records = await loadOwnRecords(deps.db);
      alter(records);
      return records;
    },
    also: write,
  });
}

function taken(id: string): EntrepotError {
  return new EntrepotError("name-taken", { message: `There is an advisory ${id} already.` });
}

function noAdvisory(id: string): EntrepotError {
  return new EntrepotError("not-found", { message: `There is no advisory ${id} that was written here.` });
}
