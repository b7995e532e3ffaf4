import type { ChangeKind } from "../changes/index.ts";
import type { Database } from "../db/index.ts";

/** Changes that say which packages have to be looked at; of more it is cheaper to look at everything. */
const CHANGES_MAX = 2_000;
const SETTING = "checked-until:";
/** Names that the last run could not judge, as JSON. */
const FAILED_SETTING = "checks-failed:";
/** Of more the rest waits for the night. */
const FAILED_MAX = 1_000;

/** Changes after which other versions may be refused; without a package they concern all of them. */
const JUDGING: readonly ChangeKind[] = [
  "status-changed",
  "policy-changed",
  "exception-changed",
  "integrity-changed",
  "proof-changed",
];

/** What has to be looked at. */
export interface ChecksDue {
  /** Everything; the rest does not matter then. */
  all: boolean;
  /** What advisories speak of otherwise than when it was last looked at. */
  advised: boolean;
  names: readonly string[];
  /** The last change that this takes in. */
  seq: number;
}

interface DueDeps {
  db: Database;
  workspaceId: string;
}

/** What changed since the last run that was recorded, and what that could not judge; everything if there was none. */
export async function checksDue({ db, workspaceId }: DueDeps): Promise<ChecksDue> {
  const until = await readSetting(db, SETTING + workspaceId);
  const failed = await readSetting(db, FAILED_SETTING + workspaceId);
  const { newest } = await db.read
    .selectFrom("changes")
    .select((eb) => eb.fn.max("seq").as("newest"))
    .executeTakeFirstOrThrow();
  const seq = Number(newest ?? 0);
  const due: ChecksDue = { all: true, advised: true, names: [], seq };
  if (until === null) return due;
  const rows = await db.read
    .selectFrom("changes")
    .select(["kind", "package"])
    .distinct()
    .where("seq", ">", Number(until))
    .where("seq", "<=", seq)
    // Advisories are those of the whole server.
    .where((eb) =>
      eb.or([
        eb("kind", "=", "advisories-changed"),
        eb.and([eb("workspace_id", "=", workspaceId), eb("kind", "in", [...JUDGING])]),
      ]),
    )
    .limit(CHANGES_MAX)
    .execute();
  const judging = rows.filter(({ kind }) => kind !== "advisories-changed");
  const names = judging.flatMap((row) => (row.package === null ? [] : [row.package]));
  return {
    all: rows.length === CHANGES_MAX || names.length < judging.length,
    advised: judging.length < rows.length,
    names: [...new Set([...names, ...(JSON.parse(failed ?? "[]") as string[])])],
    seq,
  };
}

async function readSetting(db: Database, key: string): Promise<string | null> {
  const row = await db.read.selectFrom("settings").select("value").where("key", "=", key).executeTakeFirst();
  return row?.value ?? null;
}

/** Remembers that everything up to a change was looked at, but for the names that could not be judged. */
export async function noteChecked(
  { db, workspaceId }: DueDeps,
  { seq, failed }: Pick<ChecksDue, "seq"> & { failed: readonly string[] },
): Promise<void> {
  const values = [
    { key: SETTING + workspaceId, value: String(seq) },
    { key: FAILED_SETTING + workspaceId, value: JSON.stringify(failed.slice(0, FAILED_MAX)) },
  ];
  await db.write(async (trx) => {
    for (const { key, value } of values) {
      await trx
        .insertInto("settings")
        .values({ key, value })
        .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
        .execute();
    }
  });
}
