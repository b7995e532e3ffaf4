import {
  EntrepotError,
  isEntrepotError,
  RULE_IDS,
  type RuleId,
  type ShadowAnswer,
  type ShadowRuleAnswer,
} from "@entrepot/core";
import { shadowReport, type JudgedBy, type ShadowReport, type ShadowRule } from "../../firewall/index.ts";
import type { HttpDeps } from "../context.ts";
import { apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf } from "./iso-of.ts";

const DAYS_DEFAULT = 14;
const DAYS_MAX = 365;
const DAY_MS = 86_400_000;
/** Entries of each list of a rule; the numbers beside them count all. */
const LISTED_MAX = 500;

type Context = ApiContext<unknown>;

async function answer(context: Context): Promise<ShadowAnswer> {
  const { deps, query } = context;
  const name = context.param("name");
  const registry = name === "" ? null : await registryOf(context, name);
  const days = daysOf(query("days"));
  const rule = ruleOf(query("rule"));
  const since = deps.now() - days * DAY_MS;
  await deps.decisions.flush();
  const report = await shadowReport(
    {
      db: deps.db,
      workspaceId: deps.workspaceId,
      judged: (registryId, packageName) => judged(deps, registryId, packageName),
    },
    { registryId: registry?.id ?? null, since, rule },
  );
  return shown(report, { registry: registry?.name ?? null, days, since: isoOf(since), rule });
}

/** What a package is judged by today, as far as it is known here. */
async function judged(deps: HttpDeps, registryId: string, name: string): Promise<JudgedBy | null> {
  const registry = (await deps.registries.snapshot()).byId.get(registryId);
  if (registry === undefined) return null;
  try {
    return await deps.verdicts.of(registry, name, { cachedOnly: true, withShadow: true });
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    if (error.code !== "package-not-found") {
      deps.log.warn("package not judged for a report", { error, packageName: name });
    }
    return null;
  }
}

function shown(
  report: ShadowReport,
  asked: Pick<ShadowAnswer, "registry" | "days" | "since" | "rule">,
): ShadowAnswer {
  const { rules, refused, ...rest } = report;
  return {
    ...asked,
    ...rest,
    rules: rules.map(shownRule),
    refused: refused
      .map(({ rule, versions, people, count }) => ({
        rule,
        versions: versions.size,
        people: people.size,
        refusals: count,
      }))
      .sort((one, other) => other.refusals - one.refusals),
  };
}

function shownRule({ rule, downloads, ...lists }: ShadowRule): ShadowRuleAnswer {
  const { versions, packages, people, projects } = lists;
  return {
    rule,
    downloads,
    counts: Object.fromEntries(Object.entries(lists).map(([side, list]) => [side, list.length])),
    versions: versions.slice(0, LISTED_MAX),
    packages: packages.slice(0, LISTED_MAX),
    people: people.slice(0, LISTED_MAX),
    projects: projects.slice(0, LISTED_MAX),
  };
}

function daysOf(text: string | undefined): number {
  if (text === undefined) return DAYS_DEFAULT;
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= DAYS_MAX) return days;
  throw invalid(`"days" is a whole number from 1 to ${DAYS_MAX}.`);
}

function ruleOf(text: string | undefined): RuleId | null {
  if (text === undefined) return null;
  const rule = RULE_IDS.find((known) => known === text);
  if (rule !== undefined) return rule;
  throw invalid(`There is no rule "${text}"; there are ${RULE_IDS.join(", ")}.`);
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}

/** What rules in shadow would have refused of what was served, in the whole workspace or in one registry. */
export const SHADOW_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "shadow-report",
    method: "GET",
    path: "/shadow",
    permission: "administer",
    body: NO_BODY,
    handler: answer,
  }),
  apiRoute({
    id: "registry-shadow-report",
    method: "GET",
    path: "/registries/:name/shadow",
    permission: "manage-registry",
    registryIn: "name",
    body: NO_BODY,
    handler: answer,
  }),
];
