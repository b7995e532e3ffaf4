import { EntrepotError, isEntrepotError, may } from "@entrepot/core";
import { adviseOn, type Advice } from "../../registry/index.ts";
import { jsonBytesAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { askedIn, jsonOfEach, reportOn, takeAuditBody, type AuditBody } from "./audit-body.ts";

/** `POST /-/npm/v1/security/advisories/bulk`: the issues of versions that somebody uses, by package. */
export async function auditInBulk(context: NpmContext): Promise<Answer> {
  return await describingFailures(async () => {
    const advice = await adviceOn(context, await takeAuditBody(context, "bulk"));
    const json = await jsonOfEach(advice.byName, (found) => found.map(({ issue }) => issue));
    return jsonBytesAnswer(200, json, sourceHeaders(context, advice));
  });
}

/** `POST /-/npm/v1/security/audits` and `…/quick`: a report on a dependency tree, the same for both. */
export async function auditTree(context: NpmContext): Promise<Answer> {
  return await describingFailures(async () => {
    const body = await takeAuditBody(context, "tree");
    const advice = await adviceOn(context, body);
    const found = { issues: advice.byName, source: sourceOf(advice) };
    const report = await reportOn(context.deps.threads, body, found);
    return jsonBytesAnswer(200, report, sourceHeaders(context, advice));
  });
}

async function adviceOn({ deps, registry, principal }: NpmContext, body: AuditBody): Promise<Advice> {
  const policy = await deps.access.policy();
  const mayView = (packageName: string): boolean =>
    may({ principal, permission: "view", target: { registry, packageName } }, policy).allowed;
  return await adviseOn(deps, { registry, asked: () => askedIn(deps.threads, body), mayView });
}

/** Names where the answer comes from; for who runs `npm audit` also in a line that npm prints. */
function sourceHeaders({ request, registry }: NpmContext, advice: Advice): string[] {
  const source = sourceOf(advice);
  const headers = ["entrepot-audit-source", source];
  if (request.headers["npm-command"] !== "audit") return headers;
  return [...headers, "npm-notice", `Audits of the registry ${registry.name} are answered from ${source}.`];
}

function sourceOf(advice: Advice): string {
  if (advice.source === "forward") return advice.to;
  const { currentAt } = advice;
  const age = currentAt === null ? "" : ` as of ${new Date(currentAt).toISOString()}`;
  return `this server's own advisories${age}`;
}

/** Adds the status to what is wrong with a request, where clients of the public registry's audits may look for it. */
async function describingFailures(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    const { code, message, details, status } = error;
    throw new EntrepotError(code, { message, details: { ...details, statusCode: status }, cause: error });
  }
}
