import type { Selectable, Transaction } from "kysely";
import { appendChange, type Actor } from "../changes/index.ts";
import type { Schema } from "../db/index.ts";

type UserRow = Selectable<Schema["users"]>;

/** What a change of a user was. */
export interface UserChangeRecord {
  actor: Actor;
  at: number;
  what: string;
  /** From {@link valuesOf}. */
  values: Record<string, unknown>;
}

/** What the trail tells of a change: everything but secrets, from what to what; all of a new user. */
export function valuesOf(before: UserRow | null, after: UserRow): Record<string, unknown> {
  const now = told(after);
  if (before === null) return now;
  const then = told(before);
  const changed = Object.keys(now).filter((key) => now[key] !== then[key]);
  return Object.fromEntries(changed.map((key) => [key, { from: then[key], to: now[key] }]));
}

function told(row: UserRow): Record<string, unknown> {
  return { role: row.role, email: row.email, disabled: row.disabled_at !== null };
}

/** Logs a change of a user, in the transaction that makes it. */
export async function appendUserChange(
  trx: Transaction<Schema>,
  row: UserRow,
  { actor, at, what, values }: UserChangeRecord,
): Promise<void> {
  await appendChange(trx, {
    workspaceId: row.workspace_id,
    registryId: null,
    packageName: null,
    kind: "user-changed",
    actor,
    at,
    detail: { userId: row.id, name: row.name, what, ...values },
  });
}
