import { sql, type Transaction } from "kysely";
import { holdLock, isPostgres, type AuditRow, type Database, type Schema } from "../db/index.ts";
import { CHAIN_START, hashOf } from "./chain.ts";

/** Gives events their hashes. */
export interface Sealer {
  /** Seals within a second. */
  wake(): void;
  /** Seals everything committed before the call. */
  seal(): Promise<void>;
  /** Stops, after sealing once more. */
  close(): Promise<void>;
}

/** The last event that is known to be sealed. */
interface Link {
  seq: number;
  hash: string;
}

/** Held by the one process that seals. */
const SEAL_LOCK = 7_164_205_312;
const SEAL_MS = 1_000;
const RETRY_MS = 5_000;
const CHUNK = 500;

/** Makes the sealer of one database; several processes may have one each. */
export function createSealer(db: Database, onError: (error: unknown) => void): Sealer {
  let last: Link | null = null;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();

  async function sealAll(): Promise<void> {
    let link = last ?? (await lastSealed(db));
    let isMore = true;
    while (isMore) {
      const from = link;
      const next = await db.write((trx) => sealChunk(trx, from));
      link = next.link;
      isMore = next.isMore;
    }
    last = link;
  }

  function seal(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const sealed = running.then(sealAll);
    running = sealed.catch(() => undefined);
    return sealed;
  }

  function wake(afterMs: number): void {
    timer ??= setTimeout(() => {
      seal().catch((error: unknown) => {
        onError(error);
        wake(RETRY_MS);
      });
    }, afterMs).unref();
  }

  return {
    wake: () => wake(SEAL_MS),
    seal,
    async close() {
      await seal().finally(() => {
        if (timer !== null) clearTimeout(timer);
      });
    },
  };
}

/** Seals once what is committed, for a process that keeps no trail open. */
export async function sealEvents(db: Database): Promise<void> {
  await createSealer(db, () => undefined).seal();
}

/** The last event that has a hash; what comes after it is not sealed yet. */
export async function lastSealed(db: Pick<Database, "read">): Promise<Link> {
  const row = await db.read
    .selectFrom("audit_events")
    .select(["seq", "hash"])
    .where("hash", "is not", null)
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined || row.hash === null
    ? { seq: 0, hash: CHAIN_START }
    : { seq: row.seq, hash: row.hash };
}

async function sealChunk(trx: Transaction<Schema>, from: Link): Promise<{ link: Link; isMore: boolean }> {
  await holdLock(trx, { key: SEAL_LOCK, mode: "alone" });
  const rows = await trx
    .selectFrom("audit_events")
    .selectAll()
    .where("seq", ">", from.seq)
    .orderBy("seq")
    .limit(CHUNK)
    .execute();
  const { link, sealed } = continueChain(from, rows);
  if (sealed.length > 0) await writeHashes(trx, sealed);
  return { link, isMore: rows.length === CHUNK };
}

/** Another process may have sealed some already. A gap before such a one is no work left over: it stays to be found. */
function continueChain(from: Link, rows: readonly AuditRow[]): { link: Link; sealed: Link[] } {
  let link = from;
  let sealed: Link[] = [];
  for (const row of rows) {
    if (row.hash === null) {
      link = { seq: row.seq, hash: hashOf(link.hash, row) };
      sealed.push(link);
    } else {
      link = { seq: row.seq, hash: row.hash };
      sealed = [];
    }
  }
  return { link, sealed };
}

// The hashes travel as one value, so that the statement is always the same.
async function writeHashes(trx: Transaction<Schema>, sealed: readonly Link[]): Promise<void> {
  const json = JSON.stringify(sealed);
  const source = isPostgres(trx)
    ? sql`(select * from json_to_recordset(${json}::json) as item(seq bigint, hash text)) as sealed`
    : sql`(select json_extract(value, '$.seq') as seq, json_extract(value, '$.hash') as hash from json_each(${json})) as sealed`;
  await sql`update audit_events set hash = sealed.hash from ${source} where audit_events.seq = sealed.seq`.execute(
    trx,
  );
}
