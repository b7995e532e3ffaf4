import { EntrepotError } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import { recordOf, type ExceptionRecord, type ExceptionState } from "./exception-record.ts";

/** Which exceptions and requests to list; what is left out does not matter. */
export interface ExceptionFilter {
  /** Registry whose exceptions, those of the workspace among them, are meant. */
  registryId?: string | undefined;
  /** Exact name: those that can concern it. */
  packageName?: string | undefined;
  state?: ExceptionState | undefined;
  owner?: string | undefined;
}

interface Wanted {
  workspaceId: string;
  filter: ExceptionFilter;
  /** What {@link cursorOf} gave for the last one seen; null for the newest. */
  cursor: string | null;
  limit: number;
}

const CURSOR = /^(\d{1,15})\.([0-9a-f-]{36})$/;

/** Lists exceptions and requests, the newest first, ended ones included. Throws `request-invalid` for a bad cursor. */
export async function listExceptions(
  deps: { db: Pick<Database, "read">; now: () => number },
  { workspaceId, filter, cursor, limit }: Wanted,
): Promise<ExceptionRecord[]> {
  const now = deps.now();
  const { registryId, packageName, state, owner } = filter;
  const after = cursor === null ? null : positionOf(cursor);
  // One that ended is kept as approved.
  const kept = state === "ended" ? "approved" : state;
  const rows = await deps.db.read
    .selectFrom("exceptions")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .$if(registryId !== undefined, (query) => query.where("registry_id", "in", ["", registryId ?? ""]))
    .$if(packageName !== undefined, (query) => query.where("packages", "in", coveringOf(packageName ?? "")))
    .$if(owner !== undefined, (query) => query.where("owner", "=", owner ?? ""))
    .$if(kept !== undefined, (query) => query.where("state", "=", kept ?? "approved"))
    .$if(state === "ended", (query) => query.where("expires_at", "<=", now))
    .$if(state === "approved", (query) =>
      query.where((on) => on.or([on("expires_at", "is", null), on("expires_at", ">", now)])),
    )
    .$if(after !== null, (query) =>
      query.where((on) =>
        on.or([
          on("created_at", "<", after?.at ?? 0),
          on.and([on("created_at", "=", after?.at ?? 0), on("id", ">", after?.id ?? "")]),
        ]),
      ),
    )
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map((row) => recordOf(row, now));
}

/** Finds one by its id; null when there is none. */
export async function findException(
  deps: { db: Pick<Database, "read">; now: () => number },
  { workspaceId, id }: { workspaceId: string; id: string },
): Promise<ExceptionRecord | null> {
  const row = await deps.db.read
    .selectFrom("exceptions")
    .selectAll()
    .where("id", "=", id)
    .where("workspace_id", "=", workspaceId)
    .executeTakeFirst();
  return row === undefined ? null : recordOf(row, deps.now());
}

/** Where a list goes on after this one. */
export function cursorOf({ createdAt, id }: ExceptionRecord): string {
  return `${createdAt}.${id}`;
}

function positionOf(cursor: string): { at: number; id: string } {
  const [, at, id] = CURSOR.exec(cursor) ?? [];
  if (at !== undefined && id !== undefined) return { at: Number(at), id };
  throw new EntrepotError("request-invalid", { message: "This is not a cursor that a list gave out." });
}

function coveringOf(name: string): string[] {
  const scope = name.startsWith("@") ? name.slice(0, name.indexOf("/") + 1) : "";
  return scope === "" ? [name] : [name, `${scope}*`];
}
