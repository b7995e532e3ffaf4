import { EntrepotError, isEntrepotError, may } from "@entrepot/core";
import { adviseOn, type Advice } from "../../registry/index.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { readAuditBody, readBulkRequest, type AskedVersions } from "./audit-request.ts";

const MIB = 1024 ** 2;
const BULK_BYTES_MAX = 2 * MIB;

/** `POST /-/npm/v1/security/advisories/bulk`: the advisories on versions that somebody uses, by package. */
export async function auditInBulk(context: NpmContext): Promise<Answer> {
  return await describingFailures(async () => {
    const body = await readAuditBody(context, Math.min(BULK_BYTES_MAX, context.deps.limits.metadataBytesMax));
    const asked = readBulkRequest(body);
    const advice = await adviceFor(context, asked);
    return jsonAnswer(200, Object.fromEntries(advice.byName), sourceHeaders(context, advice));
  });
}

async function adviceFor({ deps, registry, principal }: NpmContext, asked: AskedVersions): Promise<Advice> {
  const policy = await deps.access.policy();
  const mayView = (packageName: string): boolean =>
    may({ principal, permission: "view", target: { registry, packageName } }, policy).allowed;
  return await adviseOn(deps, { registry, asked, mayView });
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

/** Adds the status to the errors of a request, where clients of the public registry's audits may look for it. */
async function describingFailures(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    const { code, message, details, status } = error;
    throw new EntrepotError(code, { message, details: { ...details, statusCode: status }, cause: error });
  }
}
