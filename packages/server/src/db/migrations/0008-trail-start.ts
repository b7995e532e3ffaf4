import { sql, type Kysely } from "kysely";

/** Writes down which changes are older than the audit trail and have no event in it; a new database has none. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into settings (key, value)
    select 'audit-trail-after-change', cast(max(seq) as text) from changes having max(seq) is not null`.execute(
    db,
  );
}
