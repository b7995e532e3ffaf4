import { EntrepotError } from "@entrepot/core";
import {
  eventsInOrder,
  listEvents,
  shownEvent,
  type AuditFilter,
  type ShownEvent,
} from "../../audit/index.ts";
import type { AuditResult } from "../../changes/index.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { NdjsonStream } from "./ndjson-stream.ts";
import { limitOf, type Page } from "./page.ts";

const RESULTS: readonly AuditResult[] = ["done", "refused", "failed"];
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
const CURSOR = /^[1-9]\d{0,14}$/;

type Query = Pick<ApiContext<unknown>, "query">;

function filterOf(context: Query): AuditFilter {
  const given = {
    from: momentOf(context, "from"),
    to: momentOf(context, "to"),
    actor: context.query("actor"),
    kind: context.query("kind"),
    registry: context.query("registry")?.toLowerCase(),
    packageName: context.query("package"),
    result: resultOf(context.query("result")),
    credential: context.query("credential"),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as AuditFilter;
}

function momentOf({ query }: Query, name: "from" | "to"): number | undefined {
  const text = query(name);
  if (text === undefined) return undefined;
  // A plus in a query stands for a space, and few people write it otherwise.
  const written = text.replace(" ", "+");
  const at = MOMENT.test(written) ? Date.parse(written) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw invalid(`"${name}" is a day or a moment of ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z.`);
}

function resultOf(text: string | undefined): AuditResult | undefined {
  if (text === undefined) return undefined;
  const result = RESULTS.find((known) => known === text);
  if (result !== undefined) return result;
  throw invalid(`"result" is one of ${RESULTS.join(", ")}.`);
}

function beforeOf(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  if (CURSOR.test(cursor)) return Number(cursor);
  throw invalid("This is not a cursor that a list gave out.");
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}

async function list(context: ApiContext<unknown>): Promise<Page<ShownEvent>> {
  const { rows, next } = await listEvents(context.deps, {
    filter: filterOf(context),
    before: beforeOf(context.query("cursor")),
    limit: limitOf(context.query("limit")),
  });
  return { items: rows.map(shownEvent), next: next === null ? null : String(next) };
}

async function exportAll(context: ApiContext<unknown>): Promise<NdjsonStream> {
  return new NdjsonStream(shownPages(context, filterOf(context)));
}

async function* shownPages({ deps }: ApiContext<unknown>, filter: AuditFilter): AsyncGenerator<ShownEvent[]> {
  for await (const rows of eventsInOrder(deps, filter)) yield rows.map(shownEvent);
}

/** The audit trail: the newest events first, page by page, or all of them in order. */
export const AUDIT_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-audit",
    method: "GET",
    path: "/audit",
    permission: "administer",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "export-audit",
    method: "GET",
    path: "/audit/export",
    permission: "administer",
    body: NO_BODY,
    handler: exportAll,
  }),
];
