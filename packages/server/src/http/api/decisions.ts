import { EntrepotError, type PageAnswer, type DecisionAnswer } from "@entrepot/core";
import { decisionsInOrder, listDecisions, shownDecision, type DecisionFilter } from "../../firewall/index.ts";
import { apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { momentOf } from "./moment.ts";
import { NdjsonStream } from "./ndjson-stream.ts";
import { limitOf } from "./page.ts";
import { beforeOf } from "./seq-cursor.ts";

const OUTCOMES = ["served", "refused", "withheld"] as const;

/** Processes write at the same time: what is younger may yet get company with a smaller number. */
const SETTLED_MS = 10_000;

type Context = ApiContext<unknown>;

async function filterOf(context: Context): Promise<DecisionFilter> {
  const { query } = context;
  const name = context.param("name");
  const given = {
    since: momentOf(query("since"), "since"),
    until: momentOf(query("until"), "until"),
    registryId: name === "" ? undefined : (await registryOf(context, name)).id,
    registry: query("registry")?.toLowerCase(),
    name: query("package"),
    version: query("version"),
    outcome: outcomeOf(query("outcome")),
    rule: query("rule"),
    principal: query("principal"),
    credential: query("credential"),
    project: query("project"),
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as DecisionFilter;
}

function outcomeOf(text: string | undefined): DecisionFilter["outcome"] {
  if (text === undefined) return undefined;
  const outcome = OUTCOMES.find((known) => known === text);
  if (outcome !== undefined) return outcome;
  throw new EntrepotError("request-invalid", { message: `"outcome" is one of ${OUTCOMES.join(", ")}.` });
}

async function list(context: Context): Promise<PageAnswer<DecisionAnswer>> {
  const wanted = {
    filter: await filterOf(context),
    before: beforeOf(context.query("cursor")),
    limit: limitOf(context.query("limit")),
  };
  // Who asks about what just happened finds it.
  await context.deps.decisions.flush();
  const { rows, next } = await listDecisions(context.deps, wanted);
  return { items: rows.map(shownDecision), next: next === null ? null : String(next) };
}

async function exportAll(context: Context): Promise<NdjsonStream> {
  const filter = await filterOf(context);
  const after = context.query("after");
  await context.deps.decisions.flush();
  if (after === undefined) return new NdjsonStream(shownPages(context, filter, 0));
  const settled = context.deps.now() - SETTLED_MS;
  const until = Math.min(filter.until ?? settled, settled);
  return new NdjsonStream(shownPages(context, { ...filter, until }, afterOf(after)));
}

function afterOf(text: string): number {
  return text === "0" ? 0 : (beforeOf(text) ?? 0);
}

async function* shownPages(
  { deps }: Context,
  filter: DecisionFilter,
  after: number,
): AsyncGenerator<DecisionAnswer[]> {
  for await (const rows of decisionsInOrder(deps, filter, after)) yield rows.map(shownDecision);
}

/** What was served to whom and what was refused, in the whole workspace or in one registry. */
export const DECISION_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-decisions",
    method: "GET",
    path: "/decisions",
    permission: "administer",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "export-decisions",
    method: "GET",
    path: "/decisions/export",
    permission: "administer",
    body: NO_BODY,
    handler: exportAll,
  }),
  apiRoute({
    id: "list-registry-decisions",
    method: "GET",
    path: "/registries/:name/decisions",
    permission: "manage-registry",
    registryIn: "name",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "export-registry-decisions",
    method: "GET",
    path: "/registries/:name/decisions/export",
    permission: "manage-registry",
    registryIn: "name",
    body: NO_BODY,
    handler: exportAll,
  }),
];
