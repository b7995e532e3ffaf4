import { z } from "zod";
import {
  EntrepotError,
  isEntrepotError,
  parsePackageName,
  type PageAnswer,
  type FindingAnswer,
  type ShownFindingAnswer,
} from "@entrepot/core";
import {
  closeFinding,
  findFinding,
  findingCursor,
  listFindings,
  type Finding,
  type FindingFilter,
} from "../../firewall/index.ts";
import { checkPackage, reviewContent, type PackageCheck } from "../../registry/index.ts";
import { requireUser } from "../require-user.ts";
import { apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";
import { limitOf, pageOf } from "./page.ts";

type Context = ApiContext<unknown>;

const CHECK_JOB = "check-packages";
const closeBody = z.strictObject({ note: z.string().trim().min(1).max(1000) });

function choiceOf<T extends string>(context: Context, name: string, choices: readonly T[]): T | undefined {
  const text = context.query(name);
  if (text === undefined) return undefined;
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw new EntrepotError("request-invalid", { message: `"${name}" is one of ${choices.join(", ")}.` });
}

async function filterOf(context: Context): Promise<FindingFilter> {
  const registry = context.param("name");
  const state = choiceOf(context, "state", ["open", "closed", "all"]) ?? "open";
  const given = {
    registryId: registry === "" ? undefined : (await registryOf(context, registry)).id,
    state: state === "all" ? undefined : state,
    mode: choiceOf(context, "mode", ["enforce", "shadow"]),
    rule: context.query("rule"),
    name: context.query("package"),
    version: context.query("version"),
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as FindingFilter;
}

async function list(context: Context): Promise<PageAnswer<FindingAnswer>> {
  const limit = limitOf(context.query("limit"));
  const wanted = { filter: await filterOf(context), after: context.query("cursor"), limit: limit + 1 };
  // Who asks about what was just refused finds it.
  await context.deps.decisions.flush();
  const page = pageOf(await listFindings(context.deps, wanted), limit, findingCursor);
  const { byId } = await context.deps.registries.snapshot();
  return {
    ...page,
    items: page.items.map((finding) => shown(finding, byId.get(finding.registryId)?.name ?? null)),
  };
}

function shown(
  { registryId: _id, name, openedAt, closedAt, ...rest }: Finding,
  registry: string | null,
): FindingAnswer {
  return { registry, package: name, ...rest, openedAt: isoOf(openedAt), closedAt: isoOrNull(closedAt) };
}

async function findingOf(context: Context): Promise<{ finding: Finding; registry: string }> {
  const registry = await registryOf(context, context.param("name"));
  const finding = await findFinding(context.deps, { registryId: registry.id, id: context.param("id") });
  return { finding, registry: registry.name };
}

async function show(context: Context): Promise<ShownFindingAnswer> {
  const { finding, registry } = await findingOf(context);
  return { ...shown(finding, registry), ...(await scriptsOf(context, finding)) };
}

// Who is to decide on scripts has to read them, and a version that is refused was not looked into.
async function scriptsOf(
  context: Context,
  finding: Finding,
): Promise<Pick<ShownFindingAnswer, "scripts" | "runsNodeGyp" | "scriptsProblem">> {
  const { name, version } = finding;
  if (finding.rule !== "install-script") return {};
  const registry = await registryOf(context, context.param("name"));
  try {
    const content = await reviewContent(context.deps, { registry, name, version });
    if (content === null) return { scripts: null };
    const { installScripts: scripts, runsNodeGyp } = content;
    return { scripts, runsNodeGyp };
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    return { scripts: null, scriptsProblem: error.message };
  }
}

async function closeByHand(context: ApiContext<z.output<typeof closeBody>>): Promise<unknown> {
  const { finding, registry } = await findingOf(context);
  const { name: by } = requireUser(context.principal);
  if (finding.state === "closed") {
    throw new EntrepotError("request-invalid", { message: "This finding is closed already." });
  }
  await closeFinding(context.deps, finding, { by, note: context.body.note });
  return shown(await findFinding(context.deps, finding), registry);
}

async function reanalysePackage(context: Context): Promise<unknown> {
  const registry = await registryOf(context, context.param("name"));
  const name = parsePackageName(context.param("package")).full;
  const check = await checkPackage(context.deps, { registry, name });
  if (check === null) {
    throw new EntrepotError("package-not-found", {
      message: `The registry ${registry.name} keeps no version of ${name}, and knows nothing else of it.`,
    });
  }
  return { registry: registry.name, package: name, ...shownCheck(check) };
}

function shownCheck({ checkedAt, checkedBefore, versions, opened, closed }: PackageCheck): object {
  return {
    analysedAt: isoOf(checkedAt),
    analysedBefore: isoOrNull(checkedBefore),
    versions,
    opened: opened.map(({ version, rule }) => ({ version, rule })),
    closed,
  };
}

/** What somebody has to look at, and looking anew. */
export const FINDING_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-findings",
    method: "GET",
    path: "/findings",
    permission: "administer",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "list-registry-findings",
    method: "GET",
    path: "/registries/:name/findings",
    permission: "manage-registry",
    registryIn: "name",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "show-finding",
    method: "GET",
    path: "/registries/:name/findings/:id",
    permission: "manage-registry",
    registryIn: "name",
    body: NO_BODY,
    handler: show,
  }),
  apiRoute({
    id: "close-finding",
    method: "POST",
    path: "/registries/:name/findings/:id/close",
    permission: "manage-registry",
    registryIn: "name",
    body: closeBody,
    handler: closeByHand,
  }),
  apiRoute({
    id: "reanalyse-package",
    method: "POST",
    path: "/registries/:name/packages/:package/reanalyse",
    permission: "manage-registry",
    registryIn: "name",
    packageIn: "package",
    body: NO_BODY,
    handler: reanalysePackage,
  }),
  apiRoute({
    id: "reanalyse-registry",
    method: "POST",
    path: "/registries/:name/reanalyse",
    permission: "manage-registry",
    registryIn: "name",
    body: NO_BODY,
    status: 202,
    async handler(context) {
      const { id: registryId } = await registryOf(context, context.param("name"));
      const payload = { registryId };
      return await context.deps.jobs.enqueue({
        kind: CHECK_JOB,
        payload,
        dedupeKey: `${CHECK_JOB}:${registryId}`,
      });
    },
  }),
];
