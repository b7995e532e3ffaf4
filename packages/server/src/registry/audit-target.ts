import { EntrepotError } from "@entrepot/core";
import type { AuditTarget } from "../upstream/index.ts";
import type { Registry } from "./registry.ts";

type Forwarding = Pick<Registry, "name" | "audit" | "upstreams">;

/** Says that a registry forwards its audits to an upstream that is not, or no longer, one of its own; else null. */
export function lostAuditTarget({ audit, upstreams }: Forwarding): string | null {
  const { mode, upstream } = audit;
  if (mode !== "forward" || upstream === null || upstreams.some(({ name }) => name === upstream)) return null;
  return (
    `Audits are forwarded to the upstream "${upstream}", which is not one of this registry's; ` +
    "attach it, or set another auditUpstream or auditUrl."
  );
}

/** Where a registry that forwards its audits sends them. Throws `upstream-unavailable` when that is nowhere. */
export function auditTarget(registry: Forwarding): AuditTarget {
  const { upstream: name, url } = registry.audit;
  if (url !== null) return { url };
  const upstream = registry.upstreams.find((one) => one.name === name);
  if (upstream !== undefined) return { upstream };
  throw new EntrepotError("upstream-unavailable", {
    message: lostAuditTarget(registry) ?? `The registry ${registry.name} does not say where audits go.`,
  });
}
