import { z } from "zod";
import { EntrepotError } from "@entrepot/core";
import { listDisagreements } from "../../firewall/index.ts";
import { actorOf, apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf } from "./iso-of.ts";
import { wholeList } from "./page.ts";

const acceptBody = z.strictObject({
  upstream: z.string().max(100),
  package: z.string().max(300),
  version: z.string().max(256),
  /** The new content's, as the list shows it: so that nobody accepts what changed again meanwhile. */
  integrity: z.string().max(2000),
  reason: z.string().min(1).max(500),
});

async function list({ deps }: ApiContext<unknown>): Promise<unknown> {
  const { upstreams, byId } = await deps.registries.snapshot();
  const nameById = new Map([...upstreams.values()].map(({ id, name }) => [id, name]));
  const disagreements = await listDisagreements(deps.db, [...byId.keys()]);
  const changes = await deps.evidence.listChanges([...nameById.keys()]);
  const changed = changes.map(({ upstreamId, name, seenAt, ...change }) => ({
    kind: "changed",
    upstream: nameById.get(upstreamId) ?? null,
    package: name,
    ...change,
    seenAt: isoOf(seenAt),
  }));
  const disagreeing = disagreements.map((item) => ({
    kind: "disagrees",
    registry: byId.get(item.registryId)?.name ?? null,
    upstream: nameById.get(item.otherUpstreamId) ?? null,
    served: nameById.get(item.servedUpstreamId) ?? null,
    package: item.name,
    version: item.version,
    was: item.servedIntegrity,
    is: item.otherIntegrity,
    seenAt: isoOf(item.seenAt),
  }));
  return wholeList([...changed, ...disagreeing]);
}

async function accept(context: ApiContext<z.output<typeof acceptBody>>): Promise<unknown> {
  const { deps, body } = context;
  const { upstreams } = await deps.registries.snapshot();
  const upstream = [...upstreams.values()].find(({ name }) => name === body.upstream);
  if (upstream === undefined) {
    throw new EntrepotError("not-found", { message: `There is no upstream "${body.upstream}".` });
  }
  const { package: name, version, integrity, reason } = body;
  const { actor } = actorOf(context);
  await deps.evidence.acceptChange({ upstreamId: upstream.id, name, version, integrity }, { actor, reason });
  return { upstream: upstream.name, package: name, version, integrity, accepted: true };
}

/** Versions whose content an upstream changed, and taking its word for it; and those that upstreams disagree about. */
export const INTEGRITY_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-integrity-changes",
    method: "GET",
    path: "/integrity-changes",
    permission: "administer",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "accept-integrity-change",
    method: "POST",
    path: "/integrity-changes/accept",
    permission: "administer",
    body: acceptBody,
    handler: accept,
  }),
];
