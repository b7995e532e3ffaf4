import type { IncomingMessage } from "node:http";
import { isEntrepotError, type EntrepotError, type Principal } from "@entrepot/core";
import { clientName, type Actor } from "../changes/index.ts";
import { actorFrom, userAgentOf } from "./actor.ts";
import type { HttpDeps } from "./context.ts";

/** What was asked of which, as far as it is known. */
export interface RefusedRequest {
  principal: Principal;
  ip: string;
  /** Id of the route; null where none matched. */
  route: string | null;
  /** Whether the route takes a password, or what stands in its place. */
  isSignIn: boolean;
  registry: { id: string | null; name: string } | null;
  packageName: string | null;
}

const REFUSALS_PER_MINUTE = 60;
const READING: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "OPTIONS"]);
/** What, beside a wrong credential, those who compare passwords refuse and record. */
const RECORDED: ReadonlySet<unknown> = new Set(["password-must-change", "token-permission"]);

/** Records in the audit trail that a request which is no read was answered 401 or 403; any other error it leaves. */
export function auditRefusal(
  { audit }: Pick<HttpDeps, "audit">,
  request: Pick<IncomingMessage, "method" | "headers">,
  { error, ...refused }: RefusedRequest & { error: unknown },
): void {
  if (READING.has(request.method) || !isEntrepotError(error)) return;
  if ((error.status !== 401 && error.status !== 403) || (refused.isSignIn && isFailedSignIn(error))) return;
  audit.recordAtMost(
    { perMinute: REFUSALS_PER_MINUTE },
    {
      kind: "request-refused",
      actor: whoAsked(request, refused),
      registryId: refused.registry?.id ?? null,
      registry: refused.registry?.name ?? null,
      packageName: refused.packageName,
      result: "refused",
      detail: { code: error.code, route: refused.route, method: request.method },
    },
  );
}

// Who tries passwords is recorded where they are compared; what was refused before, such as another site, is not.
function isFailedSignIn({ code, details }: EntrepotError): boolean {
  return code === "credential-invalid" || (code === "permission-denied" && RECORDED.has(details["code"]));
}

function whoAsked(
  request: Pick<IncomingMessage, "headers">,
  { principal, ip }: Pick<RefusedRequest, "principal" | "ip">,
): Actor {
  const userAgent = userAgentOf(request);
  if (principal.kind !== "anonymous") return actorFrom(principal, { address: ip, userAgent });
  return { name: "anonymous", credential: null, address: ip, client: clientName(userAgent) };
}
