import type { Transaction } from "kysely";
import type { Schema } from "../db/index.ts";
import { leaveNotice } from "./notices.ts";

/** Something that whoever runs a workspace is to look at. `at` in milliseconds. */
export interface AdministratorNotice {
  workspaceId: string;
  kind: string;
  text: string;
  at: number;
}

/**
 * Leaves a notice for everybody who administers a workspace, in this transaction; not again for who has the very same
 * one. Gives how many there were.
 */
export async function tellAdministrators(
  trx: Transaction<Schema>,
  { workspaceId, kind, text, at }: AdministratorNotice,
): Promise<number> {
  const rows = await trx
    .selectFrom("users")
    .select("name")
    .where("workspace_id", "=", workspaceId)
    .where("role", "in", ["owner", "admin"])
    .where("disabled_at", "is", null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("notices")
            .select("notices.id")
            .whereRef("notices.user_name", "=", "users.name")
            .where("notices.workspace_id", "=", workspaceId)
            .where("notices.kind", "=", kind)
            .where("notices.text", "=", text),
        ),
      ),
    )
    .execute();
  for (const { name } of rows) await leaveNotice(trx, { workspaceId, userName: name, kind, text, at });
  return rows.length;
}
