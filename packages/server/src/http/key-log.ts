import type { Principal } from "@entrepot/core";
import type { AuditTrail } from "../audit/index.ts";
import { clientName } from "../changes/index.ts";
import { scrub } from "../telemetry/index.ts";
import { nameOf } from "./require-user.ts";

/** A request that was answered, as far as a key's log tells of it. */
export interface UsedKey {
  principal: Principal;
  method: string;
  /** Path and query. */
  path: string;
  status: number;
  address: string;
  userAgent: string | undefined;
  /** As they went over the wire, where they are text and may be kept. */
  bodies?: { request?: string | undefined; response?: string | undefined };
}

const PATH_CHARS_MAX = 500;
const BODY_CHARS_MAX = 4000;

/** Records a request in the audit trail when the log of its key wants that; secrets are taken out of it. */
export function recordUse(audit: Pick<AuditTrail, "record">, used: UsedKey): void {
  const { principal, bodies = {} } = used;
  if (principal.kind === "anonymous" || principal.log === undefined) return;
  const { name, level } = principal.log;
  const keeps = (what: "request" | "response"): boolean => level === what || level === "both";
  const kept = {
    ...(keeps("request") ? textOf("request", bodies.request) : {}),
    ...(keeps("response") ? textOf("response", bodies.response) : {}),
  };
  audit.record({
    kind: "key-used",
    actor: {
      name: nameOf(principal) ?? "",
      credential: principal.tokenId,
      address: used.address,
      client: clientName(used.userAgent),
    },
    registryId: null,
    registry: null,
    packageName: null,
    result: used.status < 400 ? "done" : "refused",
    detail: {
      key: name,
      method: used.method,
      path: scrub(used.path).slice(0, PATH_CHARS_MAX),
      status: used.status,
      ...kept,
    },
  });
}

function textOf(what: string, text: string | undefined): Record<string, string> {
  if (text === undefined || text === "") return {};
  return { [what]: scrub(text).slice(0, BODY_CHARS_MAX) };
}
