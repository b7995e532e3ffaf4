import type { IncomingMessage } from "node:http";
import type { EntrepotError, Principal } from "@entrepot/core";
import { LOOK, type Asker, type Decided } from "../firewall/index.ts";
import { credentialOf } from "./actor.ts";
import type { HttpDeps } from "./context.ts";
import { nameOf } from "./require-user.ts";

/** Who sent a request, and when. */
interface Asking {
  principal: Principal;
  ip: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** What is wanted by routes whose method does not say it. */
const PURPOSES: ReadonlyMap<string | null, string> = new Map([
  ["get-tarball", "tarball"],
  ["pull-version", "tarball"],
  ["list-files", LOOK],
  ["show-file", LOOK],
  ["diff-versions", LOOK],
]);
const OK = 200;
const PARTIAL = 206;
const NOT_MODIFIED = 304;
/** Sent in part: the client left. How much it has nobody knows, so it counts as all of it. */
const CUT_SHORT = 499;

/**
 * Tells the decision log of an answer that was sent. A tarball counts when bytes of it went out: not for HEAD, nor when
 * the client has it; one that is read in parts counts once a minute. A packument that left versions out counts once a
 * minute for each who asks, and also when they have it already.
 */
export function recordSent(
  { decisions }: Pick<HttpDeps, "decisions">,
  request: IncomingMessage,
  sent: Asking & { decided: Decided; status: number },
): void {
  const { decided, status } = sent;
  if (request.method !== "GET") return;
  if (decided.outcome === "withheld") {
    if (status === OK || status === NOT_MODIFIED) {
      decisions.recordOncePerMinute(decided, askerOf(request, sent));
    }
    return;
  }
  if (status === OK || status === CUT_SHORT) decisions.record(decided, askerOf(request, sent));
  if (status === PARTIAL) decisions.recordOncePerMinute(decided, askerOf(request, sent));
}

/** Tells the decision log of a version whose files were shown; of the same to the same once a minute. */
export function recordLook(
  { decisions }: Pick<HttpDeps, "decisions">,
  request: IncomingMessage,
  look: Asking & { registry: { id: string; name: string }; name: string; version: string },
): void {
  if (request.method !== "GET") return;
  const { registry, name, version } = look;
  const about = { registryId: registry.id, registry: registry.name, name, version };
  const nothing = { rule: null, reason: null, until: null };
  decisions.recordOncePerMinute(
    { ...about, outcome: "served", purpose: LOOK, ...nothing },
    askerOf(request, look),
  );
}

/** Tells the decision log and the metrics of a version that policy refused. */
export function recordRefusal(
  { decisions, metrics }: Pick<HttpDeps, "decisions" | "metrics">,
  request: IncomingMessage,
  refused: Asking & {
    error: EntrepotError;
    registry: { id: string; name: string } | null;
    packageName: string | null;
    /** Id of the route. */
    route: string | null;
  },
): void {
  const { registry, packageName, error, route } = refused;
  metrics.counter("entrepot_refusals_total", { rule: String(error.details["rule"]) }).value += 1;
  const { rule, reason, until, version } = error.details;
  // Not every path spells the name where it can be found before the handler reads it.
  const name = textOf(error.details["package"]) ?? packageName;
  if (registry === null || name === null) return;
  const decided: Decided = {
    registryId: registry.id,
    registry: registry.name,
    name,
    version: String(version ?? "*"),
    outcome: "refused",
    purpose: purposeOf(request, route),
    rule: textOf(rule),
    reason: textOf(reason),
    until: typeof until === "number" ? until : null,
  };
  decisions.record(decided, askerOf(request, refused));
}

function askerOf({ headers }: IncomingMessage, { principal, ip, at }: Asking): Asker {
  return {
    principal: nameOf(principal) ?? "anonymous",
    credential: credentialOf(principal),
    address: ip,
    client: headers["user-agent"],
    project: headers["x-entrepot-project"] as string | undefined,
    at,
  };
}

function purposeOf({ method }: IncomingMessage, route: string | null): string {
  return PURPOSES.get(route) ?? (method === "GET" || method === "HEAD" ? "metadata" : "publish");
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
