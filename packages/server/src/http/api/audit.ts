import { EntrepotError, type AuditEventAnswer, type PageAnswer } from "@entrepot/core";
import { eventsInOrder, listEvents, shownEvent, type AuditFilter } from "../../audit/index.ts";
import type { AuditResult } from "../../changes/index.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { momentOf } from "./moment.ts";
import { NdjsonStream } from "./ndjson-stream.ts";
import { limitOf } from "./page.ts";
import { beforeOf } from "./seq-cursor.ts";

const RESULTS: readonly AuditResult[] = ["done", "refused", "failed"];

type Query = Pick<ApiContext<unknown>, "query">;

function filterOf(context: Query): AuditFilter {
  const given = {
    from: momentOf(context.query("from"), "from"),
    to: momentOf(context.query("to"), "to"),
    actor: context.query("actor"),
    kind: context.query("kind"),
    registry: context.query("registry")?.toLowerCase(),
    packageName: context.query("package"),
    result: resultOf(context.query("result")),
    credential: context.query("credential"),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as AuditFilter;
}

function resultOf(text: string | undefined): AuditResult | undefined {
  if (text === undefined) return undefined;
  const result = RESULTS.find((known) => known === text);
  if (result !== undefined) return result;
  throw invalid(`"result" is one of ${RESULTS.join(", ")}.`);
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}

async function list(context: ApiContext<unknown>): Promise<PageAnswer<AuditEventAnswer>> {
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

async function* shownPages(
  { deps }: ApiContext<unknown>,
  filter: AuditFilter,
): AsyncGenerator<AuditEventAnswer[]> {
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
