import { EntrepotError } from "@entrepot/core";
import type { Transaction } from "kysely";
import type { Schema } from "../db/index.ts";
import type { NewJob } from "./job.ts";

const PAYLOAD_CHARACTERS_MAX = 1_000_000;
/** A waiting job may be claimed between the insert that met it and the look for it. */
const INSERT_ATTEMPTS_MAX = 5;

/** A job ready to be written. */
export interface JobInsert {
  id: string;
  now: number;
  job: NewJob;
}

/** Which job now stands for the request, and whether it was made for it. */
export interface Enqueued {
  id: string;
  isNew: boolean;
}

/** Writes the job, or joins the waiting one with the same key. Throws `request-invalid` for a giant payload. */
export async function insertJob(trx: Transaction<Schema>, { id, now, job }: JobInsert): Promise<Enqueued> {
  const payload = JSON.stringify(job.payload ?? null);
  if (payload.length > PAYLOAD_CHARACTERS_MAX) {
    throw new EntrepotError("request-invalid", {
      message: `A job's payload may have ${PAYLOAD_CHARACTERS_MAX} characters; this one has ${payload.length}.`,
    });
  }
  const runAt = job.runAt ?? now;
  const row = {
    id,
    payload,
    kind: job.kind,
    state: "waiting" as const,
    dedupe_key: job.dedupeKey ?? null,
    run_at: runAt,
    attempts: 0,
    attempts_max: 0,
    counts: "{}",
    created_at: now,
  };
  for (let attempt = 1; attempt <= INSERT_ATTEMPTS_MAX; attempt++) {
    const inserted = await trx
      .insertInto("jobs")
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    if (inserted !== undefined) return { id, isNew: true };
    const joined = await joinWaiting(trx, { id, runAt, dedupeKey: row.dedupe_key });
    if (joined !== null) return { id: joined, isNew: false };
  }
  throw new EntrepotError("storage-unavailable", {
    message: "The job could not be queued; others took its place.",
  });
}

async function joinWaiting(
  trx: Transaction<Schema>,
  job: { id: string; runAt: number; dedupeKey: string | null },
): Promise<string | null> {
  const sameId = await trx.selectFrom("jobs").select("id").where("id", "=", job.id).executeTakeFirst();
  if (sameId !== undefined) return sameId.id;
  const moved = await trx
    .updateTable("jobs")
    .set((eb) => ({
      run_at: eb.case().when("run_at", ">", job.runAt).then(job.runAt).else(eb.ref("run_at")).end(),
    }))
    .where("dedupe_key", "=", job.dedupeKey)
    .where("state", "=", "waiting")
    .returning("id")
    .executeTakeFirst();
  return moved?.id ?? null;
}
