import type { Database } from "../../db/index.ts";
import { leaveNotice } from "../notices.ts";

/** Whoever can do something about it, and not more of them than that. */
const TOLD_MAX = 50;
const NAMED_MAX = 10;

/** What was found, as far as a notice names it. */
interface Told {
  registry: string;
  name: string;
  version: string;
  rule: string;
}

/** Leaves one notice about all that a check found, for everybody who administers the workspace. */
export async function tellOfFindings(
  { db, workspaceId, now }: { db: Database; workspaceId: string; now: () => number },
  found: readonly Told[],
): Promise<void> {
  if (found.length === 0) return;
  const users = await db.read
    .selectFrom("users")
    .select("name")
    .where("workspace_id", "=", workspaceId)
    .where("role", "in", ["owner", "admin"])
    .where("disabled_at", "is", null)
    .orderBy("name")
    .limit(TOLD_MAX)
    .execute();
  const named = found
    .slice(0, NAMED_MAX)
    .map(({ registry, name, version, rule }) => `${name}@${version} in ${registry} (${rule})`);
  const more = found.length > NAMED_MAX ? `, and ${found.length - NAMED_MAX} more` : "";
  const text = `Kept here and no longer as policy wants it: ${named.join(", ")}${more}. See: entrepot findings`;
  const at = now();
  await db.write(async (trx) => {
    for (const { name } of users) {
      await leaveNotice(trx, { workspaceId, userName: name, kind: "findings", text, at });
    }
  });
}
