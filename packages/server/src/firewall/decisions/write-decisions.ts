import { sql, type Insertable, type Transaction } from "kysely";
import { columnList, jsonRows, withoutNul, type Schema } from "../../db/index.ts";
import { countDecisions } from "./count-decisions.ts";
import type { WaitingDecision } from "./decision.ts";
import { projectOf } from "./project-of.ts";

const TEXT_CHARS_MAX = 300;
const CLIENT_CHARS_MAX = 200;

/** Characters that are written in two halves. */
const HALVES = /[\ud800-\udfff]/;

/** Columns of the table and their types on PostgreSQL. */
const COLUMNS = {
  workspace_id: "text",
  at: "bigint",
  registry_id: "text",
  registry: "text",
  name: "text",
  version: "text",
  outcome: "text",
  purpose: "text",
  rule: "text",
  reason: "text",
  until: "bigint",
  principal: "text",
  credential: "text",
  address: "text",
  client: "text",
  project: "text",
  count: "bigint",
} as const;

type DecisionRow = Required<Omit<Insertable<Schema["decisions"]>, "seq" | "told_at">>;

/** Appends decisions to the log. They travel as one value, so that it is the same statement whatever their number. */
export async function appendDecisions(
  trx: Transaction<Schema>,
  { workspaceId, decisions }: { workspaceId: string; decisions: readonly WaitingDecision[] },
): Promise<void> {
  const rows = decisions.map((decision) => rowOf(workspaceId, decision));
  await sql`insert into decisions (${columnList(COLUMNS)}) ${jsonRows(trx, COLUMNS, rows)}`.execute(trx);
  await countDecisions(trx, { workspaceId, decisions });
}

function rowOf(workspaceId: string, { decided, asker, count }: WaitingDecision): DecisionRow {
  return {
    workspace_id: workspaceId,
    at: asker.at,
    registry_id: decided.registryId,
    registry: decided.registry,
    name: decided.name,
    version: decided.version,
    outcome: decided.outcome,
    purpose: decided.purpose,
    rule: decided.rule,
    reason: decided.reason === null ? null : cut(decided.reason, TEXT_CHARS_MAX),
    until: decided.until,
    principal: cut(asker.principal, TEXT_CHARS_MAX),
    credential: asker.credential,
    address: cut(asker.address, TEXT_CHARS_MAX),
    client: cut(asker.client ?? "", CLIENT_CHARS_MAX),
    project: projectOf(asker),
    count,
  };
}

// PostgreSQL takes neither NUL nor half a character, and cutting can leave half of one.
function cut(text: string, charsMax: number): string {
  const short = text.length > charsMax ? text.slice(0, charsMax) : text;
  return withoutNul(HALVES.test(short) ? Buffer.from(short).toString() : short);
}
