import type { ComplianceAnswer, ComplianceReasonAnswer } from "@entrepot/core";
import { lastCheckedAt } from "../../firewall/index.ts";
import { judgeCompliance, type SourcedReason } from "../../registry/index.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { shownOpinion } from "./explain.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";
import { packageOf, versionFrom } from "./package-of.ts";

async function show(context: ApiContext<unknown>): Promise<ComplianceAnswer> {
  const { registry, name, isManager } = await packageOf(context);
  const version = versionFrom(context.param("version"));
  const found = await judgeCompliance(context.deps, { registry, name, version });
  const { at, advisories, reasons, shadow, name: _, ...rest } = found;
  const analysedAt = await lastCheckedAt(context.deps, { registryId: registry.id, name });
  const shown = (reason: SourcedReason): ComplianceReasonAnswer => shownReason(reason, isManager);
  return {
    ...rest,
    package: name,
    at: isoOf(at),
    analysedAt: isoOrNull(analysedAt),
    advisories: { epoch: advisories.epoch, currentAt: isoOrNull(advisories.currentAt) },
    reasons: reasons.map(shown),
    shadow: shadow.map(shown),
  };
}

function shownReason(found: SourcedReason, isManager: boolean): ComplianceReasonAnswer {
  const { rule, mode, result, counts, source } = found;
  const { outcome, reason, reference, until } = found.opinion;
  const told = { outcome, reason, reference, until: isoOrNull(until) };
  return { ...shownOpinion(found, isManager), rule, mode, ...told, result, counts, source };
}

/** Whether a version is as policy wants it. */
export const COMPLIANCE_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "compliance",
    method: "GET",
    path: "/registries/:name/packages/:package/versions/:version/compliance",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: show,
  }),
];
